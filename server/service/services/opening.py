"""Opening attempts, one channel at a time for a recipient: by rule for the doors, by hand for any lawful channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import InsertOne, UpdateOne
from pymongo.client_session import ClientSession

from server.addresses.models import ContactPoint
from server.core import events
from server.core.errors import DomainError
from server.core.ids import new_id
from server.law import channels as law
from server.law.channels import Verdict
from server.law.refusals import LawRefused
from server.service import errors, machines
from server.service.actor import SYSTEM, Actor
from server.service.intake_changes import CHANNEL_NAMES
from server.service.models import Attempt
from server.service.services import attempts, ledger, store
from server.service.services.store import Edit
from server.service.timeline import step

BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request to open an attempt: which recipient, through which channel, by which rule."""

    task_id: str
    recipient_id: str
    channel: str
    rule: str
    text: str  # the rule in Chinese, for the timeline


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person asks for. `confirmed`: the law wants a second thought here, and it was given, for `reason`.

    `contact_point_id`: another address or number of the party than the recipient's own.
    """

    task_id: str
    recipient_id: str
    channel: str
    reason: str
    contact_point_id: str | None = None
    confirmed: bool = False


def open_attempts(*, court: str, wanted: Iterable[Wanted], actor: Actor, now: datetime) -> list[Attempt | DomainError]:
    """Locks each recipient for its channel and opens an attempt; the answers are in the order asked.

    A recipient that is locked, served, or whose task is not in progress gets a DomainError instead. The lock names the
    attempt, so when this process dies between the two writes `free_orphaned_locks` frees it.
    """
    asked = list(wanted)
    made = [
        Attempt(
            id=new_id(),
            court=court,
            task_id=one.task_id,
            recipient_id=one.recipient_id,
            channel=one.channel,
            rule=one.rule,
            opened_by=actor.id,
            opened_by_name=actor.name,
            state=machines.ATTEMPT.start,
            opened_at=now,
        )
        for one in asked
    ]
    if not asked:
        return []
    locks = [_lock(court, one, attempt, actor, now) for one, attempt in zip(asked, made, strict=True)]
    store.tasks().bulk_write(locks, ordered=False)
    held = _locks_held(court, asked)
    won = [attempt for attempt in made if held.get((attempt.task_id, attempt.recipient_id)) == attempt.id]
    if won:
        store.attempts().bulk_write([InsertOne(attempt.to_mongo().to_dict()) for attempt in won], ordered=False)
        events.announce(events.Event(new_id(), "task.updated", court, now, {"count": len(won)}))
    return [
        attempt if held.get((one.task_id, one.recipient_id)) == attempt.id else _refusal(held, one)
        for one, attempt in zip(asked, made, strict=True)
    ]


def _lock(court: str, one: Wanted, attempt: Attempt, actor: Actor, now: datetime) -> UpdateOne:
    lock = {"channel": one.channel, "rule": one.rule, "attempt_id": attempt.id, "at": now}
    free = {"id": one.recipient_id, "lock": None, "state": {"$in": machines.sources(machines.RECIPIENT, "open")}}
    told = {"recipients": {one.recipient_id: "open"}}
    line = step("attempt.opened", one.text, actor=actor, now=now, recipient_id=one.recipient_id, change=told)
    return UpdateOne(
        {"_id": one.task_id, "court": court, "state": "in_progress", "recipients": {"$elemMatch": free}},
        {
            "$set": {
                "recipients.$.lock": lock,
                "recipients.$.state": "in_progress",
                "updated_at": now,
            },
            "$push": {"steps": line},
            "$inc": {"version": 1},
        },
    )


def _locks_held(court: str, asked: Sequence[Wanted]) -> dict[tuple[str, str], str | None]:
    """(task, recipient) → id of the attempt whose lock is held, None when free."""
    found = store.tasks().find(
        {"_id": {"$in": [one.task_id for one in asked]}, "court": court},
        {"recipients.id": 1, "recipients.lock": 1},
    )
    return {
        (task["_id"], recipient["id"]): (recipient.get("lock") or {}).get("attempt_id")
        for task in found
        for recipient in task.get("recipients", ())
    }


def _refusal(held: dict[tuple[str, str], str | None], one: Wanted) -> DomainError:
    holder = held.get((one.task_id, one.recipient_id))
    return errors.recipient_locked(one.rule) if holder else errors.recipient_closed()


def open_by_hand(*, court: str, asked: ByHand, actor: Actor, now: datetime) -> Attempt:
    """Opens an attempt through the channel a person chose, if the law lets it.

    Raises `attempt.reason_required`, `attempt.channel_barred` and `attempt.needs_confirmation` (422, with `article`),
    `attempt.notice_locked`, `attempt.place_unknown`, `contact_point.not_found`, `recipient.locked`,
    `recipient.closed`, `state.refused`, `task.not_found`, `recipient.not_found`, and the law's own refusals.
    """
    if not asked.reason.strip():
        raise errors.attempt_reason_required()
    verdict = judged(court=court, asked=asked, now=now)
    attempt = Attempt(
        id=new_id(),
        court=court,
        task_id=asked.task_id,
        recipient_id=asked.recipient_id,
        channel=asked.channel,
        rule=BY_HAND,
        contact_point_id=asked.contact_point_id,
        reason=asked.reason.strip(),
        lawful={
            "verdict": verdict.verdict,
            "article": verdict.article,
            "text": verdict.text_zh,
            "confirmed": verdict.verdict == law.CONFIRM,
        },
        opened_by=actor.id,
        opened_by_name=actor.name,
        state=machines.ATTEMPT.start,
        opened_at=now,
    )
    opening = _Opening(attempt, verdict, actor, now)
    store.rewrite(court=court, task_id=asked.task_id, now=now, change=opening.change, beside=opening.insert)
    return attempt


def judged(*, court: str, asked: ByHand, now: datetime) -> Verdict:
    """The law's word on this channel now. Raises it when it bars, or wants a confirmation that was not given."""
    try:
        course = ledger.course_of(court=court, task_id=asked.task_id, recipient_id=asked.recipient_id, now=now)
        _check_place(court, course.recipient, asked)
        book = ledger.ledger_of(course) if asked.channel == "notice" else None
        situation = replace(course.situation, exhausted=book.complete) if book else course.situation
        verdict = law.channels(course.documents, situation, rules=course.rules).of(asked.channel)
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused
    if verdict.verdict == law.BARRED:
        raise errors.channel_barred(verdict.text_zh, verdict.article, verdict.document)
    if book is not None and not (book.unlocked and course.recipient.get("notice_approval")):
        raise errors.notice_locked()
    # An announcement was confirmed by the judge who approved it.
    if verdict.verdict == law.CONFIRM and book is None and not asked.confirmed:
        raise errors.needs_confirmation(verdict.text_zh, verdict.article, verdict.document)
    return verdict


def _check_place(court: str, recipient: Any, asked: ByHand) -> None:
    """The place is the party's own, and for a visit it can be found."""
    place = recipient
    if asked.contact_point_id not in (None, recipient["contact_point_id"]):
        where = {"_id": asked.contact_point_id, "court": court, "party_id": recipient["party_id"]}
        place = ContactPoint._get_collection().find_one(where, {"point": 1})
        if place is None:
            raise errors.contact_point_not_found()
    if asked.channel == "direct" and not place.get("point"):
        raise errors.place_unknown()


class _Opening:
    """The lock and the attempt, in one transaction; may be tried again."""

    def __init__(self, attempt: Attempt, verdict: Verdict, actor: Actor, now: datetime) -> None:
        self.attempt, self.verdict, self.actor, self.now = attempt, verdict, actor, now

    def change(self, task: dict[str, Any]) -> Edit:
        one = self.attempt
        place = store.place_of(task, one.recipient_id)
        held = task["recipients"][place]
        if task["state"] != "in_progress" or held["state"] in ("served", "withdrawn"):
            raise errors.recipient_closed()
        if held.get("lock"):
            raise errors.recipient_locked(held["lock"]["rule"])
        state = machines.next_state(machines.RECIPIENT, held["state"], "open")
        lock = {"channel": one.channel, "rule": one.rule, "attempt_id": one.id, "at": self.now}
        text = f"开始{CHANNEL_NAMES[one.channel]}：{one.reason}"
        if self.verdict.verdict == law.CONFIRM:
            text += f"（已确认：{self.verdict.text_zh}，{self.verdict.article}）"
        told = {"recipients": {one.recipient_id: "open"}}
        line = step("attempt.opened", text, actor=self.actor, now=self.now, recipient_id=one.recipient_id, change=told)
        return Edit(values={f"recipients.{place}.lock": lock, f"recipients.{place}.state": state}, steps=[line])

    def insert(self, _task: dict[str, Any], session: ClientSession) -> None:
        store.attempts().insert_one(self.attempt.to_mongo().to_dict(), session=session)


def free_orphaned_locks(*, now: datetime, older_than: timedelta = timedelta(minutes=2)) -> int:
    """Frees recipients whose lock names an attempt that was never written, or was withdrawn: a process died between."""
    waiting = store.tasks().find(
        {"state": "in_progress", "recipients.lock.at": {"$lt": now - older_than}},
        {"court": 1, "recipients.id": 1, "recipients.lock": 1},
    )
    locks = [
        (task["court"], task["_id"], recipient["id"], recipient["lock"]["attempt_id"])
        for task in waiting
        for recipient in task["recipients"]
        if recipient.get("lock")
    ]
    found = store.attempts().find({"_id": {"$in": [lock[3] for lock in locks]}}, {"state": 1, "text": 1})
    known = {one["_id"]: one for one in found}
    freed = 0
    for court, task_id, recipient_id, attempt_id in locks:
        attempt = known.get(attempt_id, {"state": "withdrawn"})
        if attempt["state"] == "withdrawn":
            gone = {"_id": attempt_id, "task_id": task_id, "recipient_id": recipient_id}
            attempts.free(court, gone, attempt.get("text") or "系统释放未完成的锁定", SYSTEM, now)
            freed += 1
    return freed
