"""现场复看: a reviewer looks while the server is still at the door. Asked once, answered once, or it expires.

It does not replace the review and changes nothing of the visit; it only says in time what the review would miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from server.core import events
from server.core.ids import new_id
from server.custody import look_errors as errors
from server.custody.models import SecondLook
from server.custody.services import checking
from server.field import errors as field_errors
from server.field.digest import digest_of
from server.field.services import guard
from server.field.services.outcome import Entry
from server.law.outcomes import EVIDENCE_KINDS, OUTCOMES, label_zh
from server.service.actor import Actor

LIVES = timedelta(minutes=15)
STATE_LABELS = {"asked": "待答复", "fine": "未见缺漏", "more": "需要补充", "expired": "已过期"}
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What the server asks: the outcome about to be entered, what there is so far (client ids), a word of their own."""

    client_id: str
    code: str
    note: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Looks as shown (`shown`), oldest first where they wait, else newest first."""

    items: list[dict[str, Any]]
    total: int
    page: int
    page_size: int


def ask(*, court: str, visit_id: str, actor: Actor, request: Request, now: datetime) -> tuple[dict[str, Any], bool]:
    """(the look, whether it had been asked before). A new one replaces what this server still waits for here.

    Raises `visit.not_found`, `visit.not_yours`, `visit.withdrawn`, `outcome.unknown`, `client_id.reused`, and
    `look.too_late` when the outcome is in.
    """
    digest = digest_of({"code": request.code, "note": request.note, "items": list(request.items), "by": actor.id})
    before = _collection().find_one({"court": court, "visit_id": visit_id, "client_id": request.client_id})
    if before is not None:
        return _same(before, digest), True
    visit = guard.find(court=court, visit_id=visit_id)
    guard.check_mine(visit, actor.id)
    if visit["state"] == "ended" and guard.review_of(visit)["state"] != "sent_back":
        raise errors.look_too_late(visit["state"])
    entry = Entry(client_id="", code=request.code, happened_at=now, evidence=request.items)
    checked = checking.check(court=court, visit_id=visit_id, actor=actor, entry=entry)
    document = _document(court, visit, actor, request, digest, checked, now)
    try:
        _collection().insert_one(document)
    except DuplicateKeyError:
        twin = _collection().find_one({"court": court, "visit_id": visit_id, "client_id": request.client_id})
        return _same(twin, digest), True
    _replace_older(document, now)
    events.relay(SecondLook, document["_id"])
    return shown(document), False


def answer(
    *, court: str, look_id: str, decision: str, reason: str | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Says `fine`, or `more` with what is still wanted. Answering the same again answers the same.

    Raises `look.not_found`, `look.reason_required`, `review.own_visit`, `look.not_open` (answered, or too old).
    """
    why = (reason or "").strip()
    if decision == "more" and not why:
        raise errors.look_reason_required()
    found = _collection().find_one({"_id": look_id, "court": court})
    if found is None:
        raise errors.look_not_found()
    visit = guard.find(court=court, visit_id=found["visit_id"])
    steps = visit.get("progress") or ()
    if actor.id == found["server_id"] or guard.is_mine(visit, actor.id) or any(one["by"] == actor.id for one in steps):
        raise field_errors.review_own_visit()
    done = _collection().find_one_and_update(
        {"_id": look_id, "court": court, "state": "asked", "asked_at": {"$gt": now - LIVES}},
        {
            "$set": {"state": decision, "answered_at": now, "by": actor.id, "by_name": actor.name, "reason": why},
            "$push": {"outbox": _news("look.answered", found, now, state=decision)},
            "$inc": {"version": 1},
        },
        return_document=ReturnDocument.AFTER,
    )
    if done is None:
        return _answered_before(court, look_id, decision, why, actor)
    events.relay(SecondLook, look_id)
    return shown(done)


def list_looks(*, court: str, state: str, page: int, page_size: int) -> Page:
    """The court's looks in one state; what waits comes oldest first."""
    where = {"court": court, "state": state}
    order = 1 if state == "asked" else -1
    found = _collection().find(where).sort([("asked_at", order), ("_id", order)])
    items = [shown(one) for one in found.skip((page - 1) * page_size).limit(page_size)]
    return Page(items, _collection().count_documents(where), page, page_size)


def of_visit(*, court: str, visit_id: str, actor: Actor) -> list[dict[str, Any]]:
    """Every look of a visit, newest first, for the server who has it. Raises what `ask` says about the visit."""
    guard.check_mine(guard.find(court=court, visit_id=visit_id), actor.id)
    found = _collection().find({"court": court, "visit_id": visit_id}).sort([("asked_at", -1), ("_id", -1)])
    return [shown(one) for one in found.limit(100)]


def expire_of_visit(*, court: str, visit_id: str, before: datetime, now: datetime) -> int:
    """Ends what still waits for a visit whose outcome came at `before`; how many that were."""
    return _expire({"court": court, "visit_id": visit_id, "asked_at": {"$lte": before}}, "outcome", now)


def expire_old(*, now: datetime) -> int:
    """Ends what nobody answered in time; how many that were."""
    return _expire({"asked_at": {"$lte": now - LIVES}}, "time", now)


def shown(look: Mapping[str, Any]) -> dict[str, Any]:
    """As both ends see it."""
    return {
        "look_id": look["_id"],
        "visit_id": look["visit_id"],
        "server_id": look["server_id"],
        "server_name": look["server_name"],
        "client_id": look["client_id"],
        "code": look["code"],
        "label": label_zh(look["code"]),
        "note": look.get("note") or "",
        "items": list(look.get("items") or ()),
        "missing": [dict(one) for one in look.get("missing") or ()],
        "state": look["state"],
        "state_label": STATE_LABELS[look["state"]],
        "asked_at": look["asked_at"],
        "expires_at": look["asked_at"] + LIVES,
        "answered_at": look.get("answered_at"),
        "by_name": look.get("by_name"),
        "reason": look.get("reason") or None,
        "version": look.get("version", 1),
    }


def _collection() -> Any:
    return SecondLook._get_collection()


def _same(before: Mapping[str, Any], digest: str) -> dict[str, Any]:
    if before["digest"] != digest:
        raise field_errors.client_id_reused()
    return shown(before)


def _document(
    court: str,
    visit: Mapping[str, Any],
    actor: Actor,
    request: Request,
    digest: str,
    checked: checking.Checked,
    now: datetime,
) -> dict[str, Any]:
    look: dict[str, Any] = {
        "_id": new_id(),
        "court": court,
        "date": visit["date"],
        "visit_id": visit["_id"],
        "server_id": actor.id,
        "server_name": actor.name,
        "client_id": request.client_id,
        "digest": digest,
        "code": request.code,
        "note": request.note,
        "items": list(request.items),
        "missing": _to_look_at(request.code, checked),
        "state": "asked",
        "asked_at": now,
        "version": 1,
    }
    return look | {"outbox": [_news("look.asked", look, now, code=request.code)]}


def _to_look_at(code: str, checked: checking.Checked) -> list[dict[str, Any]]:
    """What the law still wants, without what is only typed in (names, reasons): that comes with the outcome itself."""
    typed = {need.code for need in OUTCOMES[code].needs if all(one.what not in EVIDENCE_KINDS for one in need.any_of)}
    return ([checked.bar] if checked.bar else []) + [one for one in checked.missing if one["code"] not in typed]


def _news(name: str, look: Mapping[str, Any], now: datetime, **data: Any) -> dict[str, Any]:
    return events.event(
        name,
        court=look["court"],
        now=now,
        look_id=look["_id"],
        visit_id=look["visit_id"],
        server_id=look["server_id"],
        date=look["date"],
        **data,
    )


def _replace_older(look: Mapping[str, Any], now: datetime) -> None:
    """Of two questions about one door only the newer one is looked at."""
    older = {"court": look["court"], "visit_id": look["visit_id"], "server_id": look["server_id"]}
    _expire({**older, "_id": {"$ne": look["_id"]}, "asked_at": {"$lt": look["asked_at"]}}, "asked again", now)


def _expire(where: Mapping[str, Any], why: str, now: datetime) -> int:
    expired = 0
    for found in list(_collection().find({**where, "state": "asked"}).limit(_BATCH)):
        done = _collection().update_one(
            {"_id": found["_id"], "state": "asked"},
            {
                "$set": {"state": "expired", "answered_at": now},
                "$push": {"outbox": _news("look.expired", found, now, why=why)},
                "$inc": {"version": 1},
            },
        )
        if done.modified_count:
            events.relay(SecondLook, found["_id"])
            expired += 1
    return expired


def _answered_before(court: str, look_id: str, decision: str, reason: str, actor: Actor) -> dict[str, Any]:
    found = _collection().find_one({"_id": look_id, "court": court})
    if found is None:
        raise errors.look_not_found()
    if (found["state"], found.get("by"), found.get("reason") or "") == (decision, actor.id, reason):
        return shown(found)
    state = "expired" if found["state"] == "asked" else found["state"]
    raise errors.look_not_open(state, found.get("by_name"))
