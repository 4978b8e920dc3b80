"""Whose visit it is, and what to tell somebody who no longer has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.accounts.models import Person
from server.core.errors import DomainError
from server.dispatch.models import Visit
from server.field import errors, rules

_TAKEN_OVER = ("assigned", "published", "claimed", "reassigned")


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a step or outcome: where the visit stands now; `repeated` when it had been recorded before."""

    visit_id: str
    state: str
    version: int
    repeated: bool
    review: dict[str, Any]


def visits() -> Any:
    return Visit._get_collection()


def mine(person_id: str) -> dict[str, Any]:
    """The filter for visits a person has, as lead or as second of a crew."""
    return {"$or": [{"server_id": person_id}, {"second_server_id": person_id}]}


def is_mine(visit: dict[str, Any], person_id: str) -> bool:
    return person_id in (visit.get("server_id"), visit.get("second_server_id"))


def check_time(at: datetime, *, now: datetime) -> None:
    """Raises `time.in_future` or `time.too_old`."""
    refusal = rules.time_refusal(at, now=now)
    if refusal is not None:
        raise errors.position_refused(refusal.code, refusal.title)


def check_fix(fix: rules.RawFix | None, *, now: datetime) -> dict[str, Any] | None:
    """The position as it is stored, or None without one. Raises `position.*` or `time.*`."""
    if fix is None:
        return None
    refusal = rules.fix_refusal(fix, now=now)
    if refusal is not None:
        raise errors.position_refused(refusal.code, refusal.title)
    return rules.fix_document(fix)


def find(*, court: str, visit_id: str) -> dict[str, Any]:
    """What decides whether a phone may write. Raises `visit.not_found`, also for another court's visit."""
    found = visits().find_one(
        {"_id": visit_id, "court": court},
        {
            "state": 1, "version": 1, "date": 1, "server_id": 1, "second_server_id": 1, "task_id": 1, "changes": 1,
            "recipient_id": 1, "party_id": 1,
            "progress.client_id": 1, "progress.digest": 1, "progress.by": 1, "review": 1, "outcome.code": 1,
            "outcome.happened_at": 1, "documents.name": 1, "recipient_kind": 1, "case_kind": 1, "attempt_id": 1,
        },
    )  # fmt: skip
    if found is None:
        raise errors.visit_not_found()
    return dict(found)


def recipient_of(visit: dict[str, Any]) -> str:
    """The recipient this visit is for."""
    return str(visit["recipient_id"])


def check_mine(visit: dict[str, Any], person_id: str) -> None:
    """Raises `visit.not_yours` (it was, and went elsewhere), `visit.withdrawn`, or `visit.not_found` (it never was)."""
    if not is_mine(visit, person_id):
        raise refusal_of_stranger(visit, person_id)
    if visit["state"] == "withdrawn":
        raise errors.visit_withdrawn()


def refusal_of_stranger(visit: dict[str, Any], person_id: str) -> DomainError:
    """What somebody is told who does not have this visit: what happened if they once had it, else nothing at all."""
    changes = visit.get("changes") or []
    lost = next((one for one in reversed(changes) if one.get("from_server") == person_id), None)
    if lost is None:
        return errors.visit_not_found()
    what = "reassigned" if lost["what"] in _TAKEN_OVER and lost.get("to_server") else lost["what"]
    to_name = name_of(visit.get("server_id") or lost.get("to_server"))
    return errors.not_yours(
        what=what, to_name=to_name, at=lost["at"], by_name=lost["by_name"], reason=lost.get("reason")
    )


def repeat_of(visit: dict[str, Any], *, client_id: str, digest: str, person_id: str) -> Written | None:
    """The first answer again, when this client id was recorded before. Raises `client_id.reused`."""
    before = next((one for one in visit.get("progress") or () if one["client_id"] == client_id), None)
    if before is None:
        return None
    if before["digest"] != digest or before["by"] != person_id:
        raise errors.client_id_reused()
    return written_of(visit, repeated=True)


def written_of(visit: dict[str, Any], *, repeated: bool) -> Written:
    return Written(visit["_id"], visit["state"], visit["version"], repeated, review_of(visit))


def review_of(visit: dict[str, Any]) -> dict[str, Any]:
    """The review as a phone sees it: state, reason, round."""
    review = visit.get("review") or {}
    return {
        "state": review.get("state", "none"),
        "reason": review.get("reason"),
        "round": review.get("round", 0),
    }


def name_of(person_id: str | None) -> str | None:
    if person_id is None:
        return None
    found = Person._get_collection().find_one({"_id": person_id}, {"name": 1})
    return found["name"] if found else None
