"""Bringing in what a phone could not send: its export is announced and landed as if the phone had sent it.

Every item ends in the place it would have had (same visit, same client id, same chain of envelopes), or is answered
with the reason. Nothing depends on the order or the number of times an export is brought in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO

from evidence.errors import EvidenceError
from evidence.rescue import Rescue, RescueItem, RescuePoint, open_rescue
from evidence.stores.protocol import Store
from server.accounts.models import Person
from server.core.errors import DomainError
from server.custody import look_errors
from server.custody.models import Announced
from server.custody.services import announcing, landing
from server.custody.services.announcing import MOST_ITEMS, Answer, NewItem
from server.field import errors as field_errors
from server.field.models import EvidenceItem
from server.field.rules import RawFix
from server.law.outcomes import EVIDENCE_KINDS
from server.service.actor import Actor

STATE_LABELS = {"held": "已收妥", "already_held": "此前已收妥", "refused": "不符合要求", "not_taken": "未收下"}
_AWAY = 500  # from this status on it is our fault, and the whole import is to be tried again


@dataclass(frozen=True, slots=True)
class Rescued:
    """What became of one item: `held`, `already_held`, `refused` (kept, not as evidence), `not_taken` (see `problem`).

    `capture`: the verdict on its envelope (sealed, doubt, broken, unsealed), None when nothing is held.
    """

    client_id: str
    visit_id: str
    kind: str
    state: str
    evidence_id: str | None = None
    problem: dict[str, Any] | None = None
    late: bool = False
    capture: str | None = None

    def document(self) -> dict[str, Any]:
        """As the office is answered."""
        problem = self.problem
        return {
            "client_id": self.client_id,
            "visit_id": self.visit_id,
            "kind": self.kind,
            "label": EVIDENCE_KINDS.get(self.kind, self.kind or "无法辨认"),
            "state": self.state,
            "state_label": STATE_LABELS[self.state],
            "evidence_id": self.evidence_id,
            "problem": {"code": problem["code"], "title": problem["title"]} if problem else None,
            "late": self.late,
            "capture": self.capture,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """One answer per item of the export, in its order. `strange`: entries of the file that belong to no item."""

    server_id: str
    server_name: str
    staff_no: str
    made_at: datetime
    strange: int
    items: list[Rescued]

    def counts(self) -> dict[str, int]:
        found = Counter(one.state for one in self.items)
        return {"total": len(self.items)} | {state: found[state] for state in STATE_LABELS}


def bring_in(*, court: str, actor: Actor, stream: BinaryIO, store: Store, now: datetime) -> Report:
    """Brings in an export (format "songda-rescue/1"); `actor` is who carries it, the items are the phone's owner's.

    Raises `rescue.not_an_export`, `rescue.other_schema`, `rescue.too_many_items`, `rescue.doubled`,
    `rescue.other_court`, `rescue.unknown_person`; and what makes every item fail alike (`evidence.store_unavailable`).
    """
    try:
        with open_rescue(stream) as export:
            if export.court != court:
                raise look_errors.rescue_other_court(export.court)
            owner = _owner(court, export.staff_no)
            items = _bring_in(court, owner, actor, export, store, now)
            return Report(owner.id, owner.name, export.staff_no, export.made_at, export.strange, items)
    except EvidenceError as error:
        raise field_errors.of_evidence(error) from error


def _owner(court: str, staff_no: str) -> Actor:
    found = Person._get_collection().find_one({"court": court, "staff_no": staff_no}, {"name": 1})
    if found is None:
        raise look_errors.rescue_unknown_person(staff_no)
    return Actor(found["_id"], found["name"])


def _bring_in(court: str, owner: Actor, actor: Actor, export: Rescue, store: Store, now: datetime) -> list[Rescued]:
    held = _held(court, owner.id, export.items)
    wanted = [one for one in export.items if one.problem is None and _key(one) not in held]
    answers = _announced(court, owner, wanted, now)
    done: list[Rescued] = []
    for item in export.items:
        if item.problem is not None:
            done.append(_not_taken(item, field_errors.of_evidence(item.problem).as_problem()))
        elif _key(item) in held:
            done.append(Rescued(item.client_id, item.visit_id, item.kind, "already_held", held[_key(item)]))
        else:
            done.append(_land(court, actor, export, item, answers[(item.visit_id, item.client_id)], store, now))
    return _with_verdicts(court, done)


def _key(item: RescueItem) -> tuple[str, str]:
    return item.client_id, item.sha256


def _held(court: str, owner_id: str, items: Iterable[RescueItem]) -> dict[tuple[str, str], str]:
    """What this person sent already, by client id and hash: also what was given its visit after it was captured."""
    client_ids = [one.client_id for one in items if one.problem is None]
    found = EvidenceItem._get_collection().find(
        {"court": court, "server_id": owner_id, "client_id": {"$in": client_ids}}, {"client_id": 1, "sha256": 1}
    )
    return {(one["client_id"], one["sha256"]): one["_id"] for one in found}


def _announced(court: str, owner: Actor, items: Sequence[RescueItem], now: datetime) -> dict[tuple[str, str], Answer]:
    """Announced as the phone would have done; an envelope nobody can read is left out rather than losing the item."""
    answers: dict[tuple[str, str], Answer] = {}
    for first in range(0, len(items), MOST_ITEMS):
        part = [_new(one) for one in items[first : first + MOST_ITEMS]]
        answers |= _say(court, owner, part, now)
        bare = [replace(one, envelope=None) for one in part if _spoilt(answers[(one.visit_id, one.client_id)])]
        if bare:
            answers |= _say(court, owner, bare, now)
    return answers


def _say(court: str, owner: Actor, items: Sequence[NewItem], now: datetime) -> dict[tuple[str, str], Answer]:
    given = announcing.announce(court=court, actor=owner, date=None, items=items, source="rescue", now=now)
    return {(item.visit_id, item.client_id): answer for item, answer in zip(items, given, strict=True)}


def _spoilt(answer: Answer) -> bool:
    """Refused for its envelope, or because it was entered without this one: the item itself may be good."""
    code = str((answer.problem or {}).get("code", ""))
    return answer.announced_id is None and (code.startswith("envelope.") or code == "client_id.reused")


def _new(item: RescueItem) -> NewItem:
    return NewItem(
        client_id=item.client_id,
        kind=item.kind,
        sha256=item.sha256,
        size=item.size,
        captured_at=item.captured_at,
        visit_id=item.visit_id,
        fix=_fix(item.fix) if item.fix else None,
        envelope=item.envelope,
    )


def _fix(point: RescuePoint) -> RawFix:
    return RawFix(
        lng=point.lng,
        lat=point.lat,
        datum=point.datum,
        accuracy_m=point.accuracy_m,
        provider=point.provider,
        at=point.at,
    )


def _land(
    court: str, actor: Actor, export: Rescue, item: RescueItem, answer: Answer, store: Store, now: datetime
) -> Rescued:
    if answer.announced_id is None:
        return _not_taken(item, answer.problem or {})
    if answer.state == "refused":
        return Rescued(item.client_id, item.visit_id, item.kind, "refused", problem=answer.problem)
    try:
        with export.bytes_of(item) as stream:
            _mark_source(court, answer.announced_id)
            landed = landing.land(
                court=court, announced_id=answer.announced_id, actor=actor, stream=stream, store=store, now=now
            )
    except EvidenceError as error:
        return _not_taken(item, field_errors.of_evidence(error).as_problem())
    except DomainError as error:
        if error.status >= _AWAY:
            raise
        return _not_taken(item, error.as_problem())
    state = "already_held" if landed.state == "held" and landed.repeated else landed.state
    return Rescued(item.client_id, item.visit_id, item.kind, state, landed.evidence_id, landed.problem)


def _mark_source(court: str, announced_id: str) -> None:
    """What the phone had announced itself comes another way now, and its manifest will say so."""
    where = {"_id": announced_id, "court": court, "state": {"$in": ["announced", "withdrawn"]}}
    Announced._get_collection().update_one(where, {"$set": {"source": "rescue"}})


def _not_taken(item: RescueItem, problem: dict[str, Any]) -> Rescued:
    return Rescued(item.client_id, item.visit_id, item.kind, "not_taken", problem=problem)


def _with_verdicts(court: str, items: Sequence[Rescued]) -> list[Rescued]:
    """Verdicts are read at the end: each new neighbour in a chain may have changed one."""
    ids = [one.evidence_id for one in items if one.evidence_id]
    found = EvidenceItem._get_collection().find(
        {"_id": {"$in": ids}, "court": court}, {"capture.verdict": 1, "late.state": 1, "visit_id": 1}
    )
    known = {one["_id"]: one for one in found}
    return [_with_verdict(one, known.get(one.evidence_id or "", {})) for one in items]


def _with_verdict(one: Rescued, found: dict[str, Any]) -> Rescued:
    return replace(
        one,
        visit_id=found.get("visit_id", one.visit_id),
        late=(found.get("late") or {}).get("state") == "waiting",
        capture=(found.get("capture") or {}).get("verdict"),
    )
