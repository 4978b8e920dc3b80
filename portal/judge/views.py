"""What the judge's pages show of one task: the matrix, every effect in words with its evidence, the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.core.permissions import Principal
from server.dispatch import services as dispatch
from server.field import services as field_services
from server.law.effects.findings import CONFIRMERS, JUDGE, NONE, STATES
from server.law.exhaustion import STATES as LEDGER_STATES
from server.law.exhaustion import Ledger
from server.law.outcomes import EVIDENCE_KINDS
from server.law.proof import KINDS as PROOF_KINDS
from server.law.refusals import LawRefused
from server.law.terms import WAYS
from server.service.diligence import Proposal
from server.service.services import attempts_of, exhibits_of, ledger, proposals
from server.service.services.ledger import Course

Raw = Mapping[str, Any]
CONFIDENCE = {"high": "依据充分", "medium": "须核对", "low": "依据薄弱，须审查"}
WHAT = {"confirm": "确认", "reject": "不予认定", "set": "另行认定"}
ACTING = {"specialist": "送达专员", "court_staff": "审判人员、书记员", "judge": "承办法官"}
KINDS = {**EVIDENCE_KINDS, **PROOF_KINDS}
# What a judge may find instead of the proposal; an announcement takes effect by running only.
FINDABLE = {code: STATES[code] for code in ("served", "deemed", "presumed", NONE)}


@dataclass(frozen=True, slots=True)
class Material:
    """One exhibit or item of evidence that can be opened: `source` names the page that opens it."""

    id: str
    label: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One document for one recipient. `word` is what counts now, `tag` its colour; `may`: what this person may do."""

    id: str
    version: int
    document: str
    word: str
    tag: str
    day: str
    raw: Raw
    may: frozenset[str]
    findings: Sequence[Raw] = ()
    decisions: Sequence[Raw] = ()


@dataclass(frozen=True, slots=True)
class RecipientCard:
    """One recipient with all that is known of their service; `ledger` is None where it could not be drawn up.

    `confirmable`: what this person may confirm in one go. `next_way`: what the machine proposes after a failure.
    """

    recipient: Raw
    effects: Sequence[EffectLine] = ()
    confirmable: Sequence[EffectLine] = ()
    materials: Sequence[Material] = ()
    next_way: Proposal | None = None
    ledger: Ledger | None = None
    ledger_problem: str = ""
    approval: Raw | None = None
    may_approve: bool = False
    may_revoke: bool = False
    by_document: Mapping[str, EffectLine] = field(default_factory=dict)


def cards_of(*, task: Any, principal: Principal, now: datetime) -> list[RecipientCard]:
    """Every recipient of a task of the judge's or clerk's own. `task`: a `ServiceTask`."""
    materials = _materials(principal.court, task.id)
    return [_card(task, one, principal, materials, now) for one in task.recipients]


def _card(
    task: Any, recipient: Any, principal: Principal, materials: Mapping[str, list[Material]], now: datetime
) -> RecipientCard:
    raw = recipient.to_mongo().to_dict()
    judge = is_judge(principal, task.judge_id)
    try:
        course = ledger.course_of(court=principal.court, task_id=task.id, recipient_id=recipient.id, now=now)
        found = ledger.ledger_of(course)
        way = proposals.of_course(course, now=now) if raw["state"] == "failed" else None
    except LawRefused as refused:
        return RecipientCard(raw, ledger_problem=f"不能列出台账：{refused.title}")
    effects = [_line(one, course, principal, judge=judge) for one in course.effects if _counts(one, course)]
    approval = raw.get("notice_approval")
    published = any(one["channel"] == "notice" and one["state"] != "withdrawn" for one in course.attempts)
    return RecipientCard(
        recipient=raw,
        effects=effects,
        confirmable=[one for one in effects if "confirm" in one.may],
        materials=[item for one in course.attempts for item in materials.get(one["_id"], ())],
        next_way=way,
        ledger=found if raw["state"] not in ("served", "withdrawn") else None,
        approval=approval,
        may_approve=judge and found.unlocked and not approval and task.state == "in_progress",
        may_revoke=bool(judge and approval and not published),
        by_document={one.document: one for one in effects},
    )


def _counts(effect: Raw, course: Course) -> bool:
    return bool(effect.get("live", True)) and effect["document"] in course.documents


def is_judge(principal: Principal, judge_id: str | None) -> bool:
    """Whether this person decides in the case as its judge."""
    return "effects.decide" in principal.permissions and principal.person_id == judge_id


def _line(effect: Raw, course: Course, principal: Principal, *, judge: bool) -> EffectLine:
    decisions = list(effect.get("decisions") or ())
    counts = decisions[-1] if effect["status"] == "confirmed" and decisions else effect
    return EffectLine(
        effect["_id"],
        effect["version"],
        effect["document"],
        _word(effect, counts),
        effect["status"],
        "" if effect["status"] == "rejected" else counts.get("served_on") or "",
        effect,
        _may(effect, principal, judge=judge),
        [_finding(one, course) for one in effect.get("findings") or ()],
        list(reversed(decisions)),
    )


def _word(effect: Raw, counts: Raw) -> str:
    if effect["status"] == "rejected":
        return "不予认定"
    if effect["status"] == "proposed":
        return f"待确认：{STATES[effect['state']]}"
    return STATES[counts.get("state") or NONE]


def _may(effect: Raw, principal: Principal, *, judge: bool) -> frozenset[str]:
    """confirm, reject, set: the buttons this person gets; the service asks again when one is pressed."""
    if "effects.confirm" not in principal.permissions:
        return frozenset()
    found: set[str] = {"set"} if judge and effect["status"] != "none" else set()
    if effect["status"] == "proposed" and (judge or JUDGE not in (effect.get("confirm_by") or ())):
        found |= {"confirm", "reject"}
    if effect["status"] == "confirmed" and judge:
        found.add("reject")
    return frozenset(found)


def _finding(one: Raw, course: Course) -> dict[str, Any]:
    attempt = next((held for held in course.attempts if held["_id"] == one["attempt_id"]), {})
    at = attempt.get("happened_at") or attempt.get("opened_at")
    return {**one, "way": WAYS[one["channel"]], "word": STATES[one["state"]], "at": at}


def _materials(court: str, task_id: str) -> dict[str, list[Material]]:
    """Attempt id → what can be opened of it: exhibits, and what was taken at the door."""
    found: dict[str, list[Material]] = {}
    visits = dispatch.visits_of_task(court=court, task_id=task_id)
    for visit in visits:
        for item in field_services.visit_evidence(court=court, visit=visit):
            label = KINDS.get(item.kind, item.kind)
            found.setdefault(visit["attempt_id"], []).append(Material(item.id, label, "evidence", item.captured_at))
    attempt_ids = [one.id for one in attempts_of(court=court, task_id=task_id)]
    for one in exhibits_of(court=court, attempt_ids=attempt_ids):
        label = KINDS.get(one["kind"], one["kind"])
        found.setdefault(one["attempt_id"], []).append(Material(one["_id"], label, "exhibit", one["received_at"]))
    return found


def words() -> dict[str, Mapping[str, str]]:
    """The closed lists the templates need."""
    return {
        "confirmers": CONFIRMERS,
        "confidence": CONFIDENCE,
        "what": WHAT,
        "acting": ACTING,
        "findable": FINDABLE,
        "effect_states": STATES,
        "ledger_states": LEDGER_STATES,
    }
