"""The court's word on what a machine proposed: confirmed, refused, or found otherwise by the judge.

Leaving, a return, reading, an announcement end somebody's right to be heard: they count only once court staff, or the
judge, have said so. Decisions are added, never changed. What no attempt supports cannot be decided into being.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pymongo import ReturnDocument

from server.core import events
from server.core.clock import court_day
from server.core.errors import DomainError
from server.core.ids import new_id
from server.law.documents import document_class
from server.law.effects.findings import COURT_STAFF, DEEMED, JUDGE, NONE, PRESUMED, RUNNING, SERVED, SPECIALIST, STATES
from server.law.refusals import LawRefused
from server.service import errors, machines
from server.service.actor import Actor
from server.service.models import Effect
from server.service.services import judging, standing, store

Raw = Mapping[str, Any]
# Who may speak where this one was asked for: whoever is asked, and those above.
_SPEAKS_FOR = {SPECIALIST: (COURT_STAFF, JUDGE), COURT_STAFF: (COURT_STAFF, JUDGE), JUDGE: (JUDGE,)}
_STATUS = {"confirm": "confirmed", "reject": "rejected"}
_DONE = {"confirm": "确认", "reject": "不予认定", "set": "另行认定"}
# On what a judge may rest another state: results by what they can show at all. Absence is on no list.
_SIGNED = ("signed_", "mail_signed", "e_sent")
_DEEMED = (
    "refused_",
    "mail_returned",
    "mail_signed",
    "moved",
    "no_such_person",
    "address_unclear",
    "organisation_gone",
)
_GROUNDS: Mapping[str, tuple[str, ...]] = {
    SERVED: _SIGNED,
    DEEMED: (*_DEEMED, "notice_published"),
    PRESUMED: ("e_sent", "call_told"),
    RUNNING: ("notice_published",),
}
# Findings nobody decides away: an unlawful way, nobody met, documents taken back, the unapproved announcement.
_NO_GROUND = frozenset({"barred", "absent", "mediation_to_judge", "law_refused", "unapproved", "technical"})
_FIRM = "mediation"


@dataclass(frozen=True, slots=True)
class Word:
    """A decision as it is given: confirm | reject | set; with `set` the state found and its day."""

    what: str
    acting_as: str
    reason: str = ""
    state: str | None = None
    served_on: str | None = None


def get_effect(*, court: str, effect_id: str) -> dict[str, Any]:
    """The raw effect. Raises `effect.not_found`."""
    found = judging.effects().find_one({"_id": effect_id, "court": court}, {"outbox": 0})
    if found is None:
        raise errors.effect_not_found()
    return dict(found)


def list_effects(
    *, within: Raw, status: str | None = None, task_id: str | None = None, page: int = 1, page_size: int = 50
) -> tuple[list[dict[str, Any]], int]:
    """Raw effects within reach (`core.objects.within`), latest change first, and how many there are in all."""
    where = {"$and": [dict(within), {"live": True}]}
    # Every status by name, so that the index by status and time serves the unfiltered list too.
    where["$and"].append({"status": status or {"$in": list(machines.EFFECT.states)}})
    where["$and"] += [{"task_id": task_id}] if task_id else []
    total = judging.effects().count_documents(where)
    found = judging.effects().find(where, {"inputs": 0, "rules": 0, "outbox": 0, "decisions": 0})
    found = found.sort([("updated_at", -1), ("_id", 1)]).skip((page - 1) * page_size).limit(page_size)
    return list(found), int(total)


def decide(
    *,
    court: str,
    effect_id: str,
    what: str,
    acting_as: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    state: str | None = None,
    served_on: str | None = None,
    version: int | None = None,
) -> dict[str, Any]:
    """Decides; the raw effect as it is afterwards. The same decision again answers the same.

    Whether `actor` is court staff of this court the caller has asked (permission `effects.confirm`); that a judge is
    the judge of this case is asked here. Raises `effect.not_found`, `effect.changed` (not what was seen at `version`),
    `effect.reason_required`, `effect.judge_only`, `effect.nothing_proposed`, `effect.barred` (a 调解书 that was not
    signed for, nobody met, an unlawful way), `effect.bad_decision` (impossible state or day),
    `recipient.closed` (withdrawn), `state.refused`.
    """
    word = Word(what, acting_as, (reason or "").strip(), state, served_on)
    row = get_effect(court=court, effect_id=effect_id)
    if what == "reject" and _for_the_judge(row):
        word = replace(word, what="set", state=NONE, served_on=None)
    if _said_before(row, word):
        _settle(row, word, actor, now)
        return row
    if version is not None and row["version"] != version:
        raise errors.effect_changed()
    _check(row, word, actor, now)
    done = _write(row, word, actor, now)
    if done is None:
        raise errors.effect_changed()
    events.relay(Effect, effect_id)
    _settle(done, word, actor, now)
    return done


def _said_before(row: Raw, word: Word) -> bool:
    """The last decision came to exactly this, and nothing was proposed since."""
    decisions = row.get("decisions") or []
    if not decisions or row["status"] not in ("confirmed", "rejected"):
        return False
    last = decisions[-1]
    found = (last["state"], last.get("served_on"))
    if word.what == "set":
        return last["what"] == "set" and found == (word.state, word.served_on)
    if word.what == "confirm":
        return row["status"] == "confirmed" and found == (row["state"], row.get("served_on"))
    return word.what == "reject" and row["status"] == "rejected"


def _check(row: Raw, word: Word, actor: Actor, now: datetime) -> None:
    if word.what not in _DONE or word.acting_as not in (COURT_STAFF, JUDGE):
        raise errors.effect_bad_decision("没有这种决定")
    if word.what != "confirm" and not word.reason:
        raise errors.effect_reason_required()
    if not row["live"]:
        raise errors.recipient_closed()
    _check_who(row, word, actor)
    if word.what == "set":
        _check_set(row, word, now)
        return
    machines.next_state(machines.EFFECT, row["status"], word.what)
    if word.what == "confirm":
        _check_confirmable(row)


def _check_who(row: Raw, word: Word, actor: Actor) -> None:
    """Whoever the proposal asks for; undoing what was confirmed, and finding otherwise, is the judge's alone."""
    judges_own = word.what == "set" or row["status"] == "confirmed"
    asked = [JUDGE] if judges_own else row["confirm_by"]
    if any(word.acting_as not in _SPEAKS_FOR[one] for one in asked):
        raise errors.effect_judge_only()
    if word.acting_as == JUDGE and row.get("judge_id") and row["judge_id"] != actor.id:
        raise errors.effect_judge_only()


def _check_confirmable(row: Raw) -> None:
    if row["state"] == NONE:
        raise errors.effect_nothing_proposed()
    if _is_mediation(row) and row["state"] != SERVED:
        raise _mediation()


def _check_set(row: Raw, word: Word, now: datetime) -> None:
    if word.state == NONE:
        if word.served_on:
            raise errors.effect_bad_decision("未发生送达效力的，没有送达日期")
        if row["status"] not in ("proposed", "confirmed") and not _for_the_judge(row):
            raise errors.effect_nothing_proposed()
        return
    if word.state is None or word.state not in _GROUNDS:
        raise errors.effect_bad_decision("没有这种送达效力")
    _check_day(word, now)
    if _is_mediation(row) and (word.state != SERVED or row["state"] != SERVED):
        raise _mediation()
    if _ground(row, word.state) is None:
        raise errors.effect_barred(
            f"没有可以据以认定{STATES[word.state]}的送达行为；不在、无人应门或者违法的方式不能认定送达",
            "民事诉讼法第八十七条、第八十九条",
        )


def _for_the_judge(row: Raw) -> bool:
    """No effect by the machine's lights, but something put to the judge: a call that was told, unclaimed mail."""
    return row["status"] == "none" and row["state"] == NONE and bool(row.get("proposals"))


def _check_day(word: Word, now: datetime) -> None:
    if word.state == RUNNING:
        if word.served_on:
            raise errors.effect_bad_decision("公告期内没有送达日期")
        return
    try:
        day = date.fromisoformat(word.served_on or "")
    except ValueError as error:
        raise errors.effect_bad_decision("应写明送达日期") from error
    if day > court_day(now):
        raise errors.effect_bad_decision("送达日期不能晚于今天")


def _ground(row: Raw, state: str) -> str | None:
    """The attempt a judge may rest this state on: the proposal's own first, then any the law does not rule out."""
    open_to_judge = [
        one["attempt_id"]
        for one in row.get("findings") or ()
        if one.get("proposal") or not _NO_GROUND.intersection(one["flags"])
    ]
    results = store.attempts().find({"_id": {"$in": open_to_judge}, "court": row["court"]}, {"outcome": 1})
    fits = [one["_id"] for one in results if (one.get("outcome") or "").startswith(_GROUNDS[state])]
    return row["attempt_id"] if row.get("attempt_id") in fits else next(iter(fits), None)


def _put_to_the_judge(row: Raw) -> str | None:
    return next((one["attempt_id"] for one in row.get("findings") or () if one.get("proposal")), None)


def _is_mediation(row: Raw) -> bool:
    try:
        return document_class(row["document"]) == _FIRM
    except LawRefused:
        return False


def _mediation() -> DomainError:
    return errors.effect_barred(
        "调解书未经当事人本人或者其指定的代收人签收，不能认定送达", "民诉法解释第一百三十三条、民事诉讼法第一百零二条"
    )


def _write(row: Raw, word: Word, actor: Actor, now: datetime) -> dict[str, Any] | None:
    """One guarded update; None when somebody else was first."""
    decision: dict[str, Any] = {
        "id": new_id(),
        "at": now,
        "by": actor.id,
        "by_name": actor.name,
        "acting_as": word.acting_as,
        "what": word.what,
        "reason": word.reason,
        **judging.decided_on(row),
    }
    status = _STATUS.get(word.what, "confirmed")
    if word.what == "set":
        decision |= {"state": word.state, "served_on": word.served_on}
        if word.state == NONE:
            status = "rejected"
            decision["attempt_id"] = row.get("attempt_id") or _put_to_the_judge(row)
        else:
            decision["attempt_id"] = _ground(row, str(word.state))
    news = judging.news_of("effect.decided", row, now, what=word.what, state=decision["state"], status=status)
    found = judging.effects().find_one_and_update(
        {"_id": row["_id"], "version": row["version"]},
        {
            "$set": {"status": status, "updated_at": now},
            "$push": {"decisions": decision, "outbox": news},
            "$inc": {"version": 1},
        },
        {"outbox": 0},
        return_document=ReturnDocument.AFTER,
    )
    return dict(found) if found else None


def _settle(row: Raw, word: Word, actor: Actor, now: datetime) -> None:
    last = row["decisions"][-1]
    day = f" {last['served_on']}" if last.get("served_on") else ""
    why = f"；理由：{last['reason']}" if last.get("reason") else ""
    text = f"《{row['document']}》{_DONE[word.what]}：{STATES[last['state']]}{day}{why}"
    standing.settle_recipient(
        court=row["court"],
        task_id=row["task_id"],
        recipient_id=row["recipient_id"],
        attempt_id=None,
        actor=actor,
        now=now,
        text=text,
    )
