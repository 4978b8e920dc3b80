"""Rules of service of a court (E18): drafted by one, approved by another, never below the statute, never changed after.

Every question of eligibility, effect and diligence asks `rules_in_force`; its version goes into every answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from server.core import events
from server.core.clock import court_day
from server.core.ids import new_id
from server.law import rulesets
from server.law.disputed import DISPUTED
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, THRESHOLDS, RuleSet
from server.service import errors
from server.service.actor import Actor
from server.service.models import CourtRules

_KEPT_S = 2.0
_kept: dict[str, tuple[float, list[RuleSet]]] = {}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is drafted: ISO day from which it applies, and only what differs from the national defaults."""

    dated: str
    thresholds: Mapping[str, int]
    readings: Mapping[str, str]
    note: str = ""


def _rules() -> Any:
    return CourtRules._get_collection()


def rules_in_force(court: str, on: date) -> RuleSet:
    """The approved set of the court that applies on the day of law `on`; the national one when there is none.

    Kept for two seconds in each process, so a set approved elsewhere applies at most that much later.
    """
    now = time.monotonic()
    held = _kept.get(court)
    if held is None or held[0] < now:
        found = [rule_set_of(one) for one in _rules().find({"court": court, "state": "approved"})]
        held = _kept[court] = (now + _KEPT_S, found)
    return rulesets.in_force(held[1], court=court, on=on)


def forget() -> None:
    """What is kept is read again: a set has just been approved here, or the database is another one."""
    _kept.clear()


def rule_set_of(found: Mapping[str, Any]) -> RuleSet:
    """The rule set of a raw `CourtRules`."""
    approved_at = found.get("approved_at")
    return RuleSet(
        version=found["version"],
        court=found["court"],
        dated=date.fromisoformat(found["dated"]),
        drafted_by=found["drafted_by"],
        approved_by=found.get("approved_by") or "",
        approved_on=court_day(approved_at) if approved_at else None,
        thresholds=dict(found.get("thresholds") or {}),
        readings=dict(found.get("readings") or {}),
    )


def list_rule_sets(*, court: str) -> list[dict[str, Any]]:
    """Every set of the court, newest first (raw)."""
    return list(_rules().find({"court": court}, {"outbox": 0}).sort([("drafted_at", -1), ("_id", -1)]).limit(500))


def get_rule_set(*, court: str, rule_set_id: str) -> dict[str, Any]:
    """Raises `rules.not_found`."""
    found = _rules().find_one({"_id": rule_set_id, "court": court}, {"outbox": 0})
    if found is None:
        raise errors.rule_set_not_found()
    return dict(found)


def faults_of(found: Mapping[str, Any]) -> list[str]:
    """Chinese sentences: what keeps the set from being approved."""
    return rulesets.faults(rule_set_of(found))


def draft_rules(*, court: str, draft: Draft, actor: Actor, now: datetime) -> dict[str, Any]:
    """A new draft under the next free version (`day-number`). Raises `rules.bad_day`, `law.bad_input`."""
    _check_draft(draft)
    number = _rules().count_documents({"court": court}) + 1
    while True:
        document = {
            "_id": new_id(),
            "court": court,
            "version": f"{court}-{draft.dated}-{number}",
            **_content(draft),
            "state": "draft",
            "drafted_by": actor.id,
            "drafted_by_name": actor.name,
            "drafted_at": now,
            "editors": [actor.id],
            "outbox": [],
            "edits": 0,
        }
        try:
            _rules().insert_one(document)
            return get_rule_set(court=court, rule_set_id=document["_id"])
        except DuplicateKeyError:
            number += 1


def edit_draft(*, court: str, rule_set_id: str, draft: Draft, edits: int | None, actor: Actor) -> dict[str, Any]:
    """The draft says this now. Whoever edits it may not approve it.

    Raises `rules.not_found`, `rules.not_draft`, `rules.changed` (edited since `edits`), `rules.bad_day`.
    """
    _check_draft(draft)
    change = {"$set": _content(draft), "$addToSet": {"editors": actor.id}, "$inc": {"edits": 1}}
    return _move(court, rule_set_id, change, edits)


def approve_rules(*, court: str, rule_set_id: str, edits: int | None, actor: Actor, now: datetime) -> dict[str, Any]:
    """Signs the draft off: from its day on it is the court's law of thresholds. Approving it again changes nothing.

    Raises `law.below_statute`, `law.own_approval` (by whoever drafted or edited it), `rules.backdated`, and what
    `edit_draft` raises.
    """
    found = get_rule_set(court=court, rule_set_id=rule_set_id)
    if found["state"] == "approved" and found.get("approved_by") == actor.id:
        return found
    if found["state"] != "draft":
        raise errors.rules_not_draft()
    _check_approval(found, actor, court_day(now))
    change = {
        "state": "approved",
        "approved_by": actor.id,
        "approved_by_name": actor.name,
        "approved_at": now,
    }
    news = events.event("rules.approved", court=court, now=now, rule_set_id=rule_set_id, version=found["version"])
    seen = found["edits"] if edits is None else edits
    done = _move(court, rule_set_id, {"$set": change, "$push": {"outbox": news}}, seen)
    forget()
    events.relay(CourtRules, rule_set_id)
    return done


def drop_draft(*, court: str, rule_set_id: str, edits: int | None = None) -> dict[str, Any]:
    """The draft is given up. Raises `rules.not_found`, `rules.not_draft`, `rules.changed`."""
    found = get_rule_set(court=court, rule_set_id=rule_set_id)
    return found if found["state"] == "dropped" else _move(court, rule_set_id, {"$set": {"state": "dropped"}}, edits)


def defaults() -> dict[str, Any]:
    """The national set: every threshold with its limits and source, every disputed point with all its readings."""
    return {
        "version": NATIONAL.version,
        "thresholds": [
            {
                "code": one.code,
                "label": one.label_zh,
                "unit": one.unit,
                "default": one.default,
                "source": one.source,
                "at_least": one.at_least,
                "at_most": one.at_most,
                "binding": one.binding,
            }
            for one in THRESHOLDS.values()
        ],
        "disputed": [
            {
                "code": one.code,
                "question": one.question_zh,
                "default": one.default,
                "readings": [{"code": read.code, "text": read.text_zh, "source": read.source} for read in one.readings],
            }
            for one in DISPUTED.values()
        ],
    }


def _content(draft: Draft) -> dict[str, Any]:
    return {
        "dated": draft.dated,
        "note": draft.note,
        "thresholds": dict(draft.thresholds),
        "readings": dict(draft.readings),
    }


def _check_draft(draft: Draft) -> None:
    """A draft may be wrong in law (`faults` says so), but not nonsense."""
    try:
        date.fromisoformat(draft.dated)
    except ValueError as error:
        raise errors.rules_bad_day() from error
    unknown = sorted({*draft.thresholds} - {*THRESHOLDS}) + sorted({*draft.readings} - {*DISPUTED})
    if unknown:
        raise errors.law_refused(
            LawRefused(code="law.unknown_word", title=f"没有这项标准或者争议点：{'、'.join(unknown)}", rule="E18")
        )


def _check_approval(found: Mapping[str, Any], actor: Actor, today: date) -> None:
    """Checked on what is then approved: the write holds only for the same `edits`."""
    try:
        if actor.id in (found.get("editors") or ()):
            raise LawRefused(code="law.own_approval", title="规则应由起草人以外的人员批准", rule="E18")
        rulesets.approve(rule_set_of(found), by=actor.id, on=today)
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused
    if date.fromisoformat(found["dated"]) < today:
        raise errors.rules_backdated()


def _move(court: str, rule_set_id: str, change: dict[str, Any], edits: int | None) -> dict[str, Any]:
    where: dict[str, Any] = {"_id": rule_set_id, "court": court, "state": "draft"}
    if edits is not None:
        where["edits"] = edits
    found = _rules().find_one_and_update(where, change, {"outbox": 0}, return_document=ReturnDocument.AFTER)
    if found is None:
        state = get_rule_set(court=court, rule_set_id=rule_set_id)["state"]
        raise errors.rules_changed() if state == "draft" else errors.rules_not_draft()
    return dict(found)
