"""The exhaustion ledger of one recipient: what was tried, what was excused, what is open; and the judge's approval.

An announcement needs both: a ledger with nothing open, and the judge of the case saying why (CPL art. 95).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.addresses.models import ContactPoint
from server.core.clock import court_day
from server.law import exhaustion
from server.law.attempts import Attempt as LawAttempt
from server.law.diligence import Contact, Try
from server.law.exhaustion import ASKED, Excuse, Ledger
from server.law.refusals import LawRefused
from server.law.rulesets import RuleSet
from server.law.situation import Situation
from server.service import diligence, errors, facts
from server.service.actor import Actor
from server.service.models import Effect, Exhibit, LedgerExcuse
from server.service.services import rule_sets, store
from server.service.services.store import Edit
from server.service.timeline import step
from server.service.todo_rules import accepted_at

_TASK_FIELDS = {"outbox": 0}


@dataclass(frozen=True, slots=True)
class Course:
    """One recipient with everything that was done, raw and as the law asks for it."""

    task: Mapping[str, Any]
    recipient: Mapping[str, Any]
    attempts: Sequence[Mapping[str, Any]]
    effects: Sequence[Mapping[str, Any]]
    contacts: list[Contact]
    tries: list[Try]
    situation: Situation
    rules: RuleSet
    materials: frozenset[str]  # ids of every exhibit and item of evidence of the task

    @property
    def documents(self) -> list[str]:
        return list(self.recipient.get("documents") or [one["name"] for one in self.task["documents"]])


def course_of(*, court: str, task_id: str, recipient_id: str, now: datetime) -> Course:
    """Raises `task.not_found`, `recipient.not_found`; LawRefused where what is stored contradicts itself."""
    task = store.tasks().find_one({"_id": task_id, "court": court}, _TASK_FIELDS)
    if task is None:
        raise errors.task_not_found()
    recipient = task["recipients"][store.place_of(task, recipient_id)]
    attempts = list(store.attempts().find({"court": court, "task_id": task_id}).sort("opened_at", 1))
    effects = list(Effect._get_collection().find({"court": court, "task_id": task_id, "recipient_id": recipient_id}))
    exhibits = list(Exhibit._get_collection().find({"court": court, "task_id": task_id}, {"attempt_id": 1, "kind": 1}))
    mine = [one for one in attempts if one["recipient_id"] == recipient_id]
    situation = facts.situation_of(task, recipient, attempts=_readable(task, mine, exhibits))
    points = ContactPoint._get_collection().find({"court": court, "party_id": recipient["party_id"]})
    contacts = diligence.contacts_of(recipient, points, e_address=bool(situation.e_address))
    held = {one["_id"]: [x["_id"] for x in exhibits if x["attempt_id"] == one["_id"]] for one in mine}
    began = accepted_at(task)
    tries = diligence.tries_of(recipient, mine, effects, held, contacts, accepted_at=began, now=now)
    taken = {item for one in attempts for item in (one.get("facts") or {}).get("evidence") or ()}
    return Course(
        task,
        recipient,
        mine,
        effects,
        contacts,
        tries,
        situation,
        rule_sets.rules_in_force(court, court_day(now)),
        frozenset({one["_id"] for one in exhibits} | taken),
    )


def _readable(
    task: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], exhibits: Sequence[Mapping[str, Any]]
) -> list[LawAttempt]:
    """The closed attempts as the law reads them; one it cannot read makes nothing true of the recipient."""
    found = []
    for one in attempts:
        if one["state"] != "closed":
            continue
        with contextlib.suppress(LawRefused):
            theirs = [held for held in exhibits if held["attempt_id"] == one["_id"]]
            found.append(facts.law_attempt(one, theirs, divorce=facts.is_divorce(task)))
    return found


def excuses_of(course: Course) -> list[Mapping[str, Any]]:
    """The excuses entered for a recipient, oldest first."""
    where = {"court": course.task["court"], "task_id": course.task["_id"], "recipient_id": course.recipient["id"]}
    return list(LedgerExcuse._get_collection().find(where).sort("at", 1))


def ledger_of(course: Course) -> Ledger:
    """The ledger as it stands. Raises LawRefused for a document the law does not know."""
    known = {one.id for one in course.contacts} | set(ASKED)
    excuses = [
        Excuse(one["what"], one["reason"], tuple(one["evidence"])) for one in excuses_of(course) if one["what"] in known
    ]
    return exhaustion.ledger(
        course.documents, course.contacts, course.tries, excuses, course.situation, rules=course.rules
    )


def ledger(*, court: str, task_id: str, recipient_id: str, now: datetime) -> Ledger:
    """The ledger of one recipient. Raises as `course_of`."""
    return ledger_of(course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=now))


def unlocked(*, court: str, task_id: str, recipient_id: str, now: datetime) -> bool:
    """Whether an announcement may be opened: nothing is open, the law allows it, and the judge has approved it."""
    course = course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=now)
    return bool(course.recipient.get("notice_approval")) and ledger_of(course).unlocked


def proof(*, court: str, task_id: str, recipient_id: str, now: datetime) -> tuple[str, ...]:
    """The one page for the file, line by line (原因和经过)."""
    course = course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=now)
    return exhaustion.one_page(
        ledger_of(course),
        case_number=course.task["case_number"],
        recipient=course.recipient["name"],
        documents=course.documents,
    )


def excuse(
    *,
    court: str,
    task_id: str,
    recipient_id: str,
    what: str,
    reason: str,
    evidence: Sequence[str],
    actor: Actor,
    now: datetime,
) -> Ledger:
    """Why an address, number or channel is not tried, with evidence; entering it again replaces the former words.

    `what`: id of a contact of the ledger, or a channel; `evidence`: ids of materials of this task. Raises
    `ledger.bad_excuse` without a reason or evidence, and for another task's.
    """
    course = course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=now)
    labels = {one.what: one.label_zh for one in ledger_of(course).lines}
    if what not in labels:
        raise errors.bad_excuse("台账中没有这个地址或者方式")
    if not reason.strip() or not evidence:
        raise errors.bad_excuse("未尝试的地址或者方式应当说明理由并附证据")
    if not set(evidence) <= course.materials:
        raise errors.bad_excuse("所附证据不是本任务的材料")
    key = {"court": court, "task_id": task_id, "recipient_id": recipient_id, "what": what}
    said = {"reason": reason.strip(), "evidence": list(evidence), "at": now, "by": actor.id, "by_name": actor.name}
    made = LedgerExcuse(**key, **said).to_mongo().to_dict()
    fresh = {name: one for name, one in made.items() if name not in said}
    LedgerExcuse._get_collection().update_one(key, {"$set": said, "$setOnInsert": fresh}, upsert=True)
    _tell(course, f"穷尽送达台账：{labels[what]}未尝试，理由：{reason.strip()}", "ledger.excused", actor, now)
    return ledger(court=court, task_id=task_id, recipient_id=recipient_id, now=now)


def approve_notice(
    *, court: str, task_id: str, recipient_id: str, reason: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The judge of the case approves announcement for a recipient; what the ledger then said is kept with it.

    Raises `notice.not_the_judge`, `notice.reason_required`, `ledger.open` (with the open lines), `ledger.barred`.
    """
    course = course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=now)
    _as_judge(course, reason, actor)
    found = ledger_of(course)
    if not found.complete:
        raise errors.ledger_open([one.label_zh for one in found.open])
    if not found.unlocked:
        raise errors.ledger_barred(found.text_zh, found.article)
    approval = {
        "by": actor.id,
        "by_name": actor.name,
        "at": now,
        "reason": reason.strip(),
        "article": found.article,
        "rule_version": found.rule_version,
        "lines": [f"{one.label_zh}：{exhaustion.STATES[one.state]}。{one.text_zh}" for one in found.lines],
    }
    _set_approval(course, approval, f"批准公告送达：{reason.strip()}", actor, now)
    return approval


def revoke_notice(*, court: str, task_id: str, recipient_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """The judge takes an approval back while no announcement runs. Raises as `approve_notice`, `notice.running`."""
    course = course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=now)
    _as_judge(course, reason, actor)
    if any(one["channel"] == "notice" and one["state"] != "withdrawn" for one in course.attempts):
        raise errors.notice_running()
    _set_approval(course, None, f"撤回公告送达的批准：{reason.strip()}", actor, now)


def _as_judge(course: Course, reason: str, actor: Actor) -> None:
    if course.task.get("judge_id") != actor.id:
        raise errors.not_the_judge()
    if not reason.strip():
        raise errors.notice_reason_required()


def _set_approval(course: Course, approval: dict[str, Any] | None, text: str, actor: Actor, now: datetime) -> None:
    recipient_id = course.recipient["id"]

    def change(task: dict[str, Any]) -> Edit | None:
        place = store.place_of(task, recipient_id)
        path = f"recipients.{place}.notice_approval"
        edit = Edit()
        if approval is None:
            if not task["recipients"][place].get("notice_approval"):
                return None
            edit.gone += [path, f"recipients.{place}.situation.exhausted"]
        else:
            # The law of effect asks for it when the announcement is judged.
            edit.values |= {path: approval, f"recipients.{place}.situation.exhausted": True}
        what = "notice.approved" if approval else "notice.revoked"
        edit.steps.append(step(what, text, actor=actor, now=now, recipient_id=recipient_id))
        return edit

    store.rewrite(court=course.task["court"], task_id=course.task["_id"], now=now, change=change)


def _tell(course: Course, text: str, what: str, actor: Actor, now: datetime) -> None:
    recipient_id = course.recipient["id"]

    def change(_task: dict[str, Any]) -> Edit:
        return Edit(steps=[step(what, text, actor=actor, now=now, recipient_id=recipient_id)])

    store.rewrite(court=course.task["court"], task_id=course.task["_id"], now=now, change=change)
