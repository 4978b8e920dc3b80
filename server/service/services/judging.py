"""What closed attempts have brought about: the law is asked per document, its proposal kept, the recipient settled.

A machine proposes. Only a plain signature, which the specialist who accepted the result has just confirmed, counts at
once; everything else waits for court staff or the judge (`deciding`). Everything here may run twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from server.core import events
from server.core.clock import court_day
from server.core.errors import DomainError
from server.core.events import Event
from server.core.ids import new_id
from server.law.documents import document_class
from server.law.effects.effect import effect
from server.law.effects.findings import NONE, RUNNING, SPECIALIST
from server.law.refusals import LawRefused
from server.service import errors, facts, judgment, machines
from server.service.actor import SYSTEM, Actor
from server.service.models import Effect, Exhibit
from server.service.services import standing, store
from server.service.services.claims import documents_for, key_of
from server.service.services.rule_sets import rules_in_force

log = logging.getLogger(__name__)
Raw = Mapping[str, Any]
# Beyond these fields a proposal is the same as before, whatever day it was asked on.
_COMPARED = (
    *("state", "served_on", "statistics_on", "ends_on", "article", "text", "confidence", "confirm_by", "attempt_id"),
    *("missing", "proposals", "alternatives", "findings", "rule_version"),
)
_TRIES = 10


def effects() -> Any:
    return Effect._get_collection()


def follow(*, court: str, attempt_id: str, actor: Actor, now: datetime) -> None:
    """Judges the recipient of a closed attempt anew and settles it. Safe to repeat, and late.

    `actor` accepted the result: where nothing but a specialist's check is wanted, that acceptance is the decision.
    Raises `attempt.not_found`.
    """
    attempt = store.attempts().find_one({"_id": attempt_id, "court": court})
    if attempt is None:
        raise errors.attempt_not_found()
    if attempt["state"] != "closed":
        return
    by = Actor(attempt["closed_by"], attempt["closed_by_name"]) if attempt.get("closed_by") else actor
    judge_recipient(
        court=court,
        task_id=attempt["task_id"],
        recipient_id=attempt["recipient_id"],
        attempt_id=attempt_id,
        actor=by,
        now=max(now, attempt.get("closed_at") or now),
    )


def on_closed(news: Event) -> None:
    """Subscriber of `attempt.closed`: finishes what a process that died left undone. May run twice.

    Whoever closed the attempt has followed it already, unless its lock is still held: freeing it is the last step.
    """
    attempt_id = news.data["attempt_id"]
    held = {"id": news.data["recipient_id"], "lock.attempt_id": attempt_id}
    where = {"_id": news.data["task_id"], "court": news.court, "recipients": {"$elemMatch": held}}
    if store.tasks().find_one(where, {"_id": 1}) is not None:
        follow(court=news.court, attempt_id=attempt_id, actor=SYSTEM, now=news.at)


def judge_recipient(
    *, court: str, task_id: str, recipient_id: str, attempt_id: str | None, actor: Actor, now: datetime
) -> None:
    """Asks the law about every document of the recipient, from all that was tried; keeps the answers; settles.

    Called again whenever a fact changes: an attempt ended, the situation was corrected, an announcement has run.
    Raises `task.not_found`, `recipient.not_found`.
    """
    task = task_of(court, task_id)
    recipient = task["recipients"][store.place_of(task, recipient_id)]
    attempts = attempts_of(court, task_id, recipient_id)
    question = judgment.Asked(
        document="",
        task=task,
        recipient=recipient,
        attempts=attempts,
        exhibits=exhibits_of(court, attempts),
        denied=frozenset(),
        rules=rules_in_force(court, court_day(now)),
        on=court_day(now),
    )
    rows = [row for row in _rows(task, recipient, now) if row["live"]]
    for row in _kept_at_once(rows, question, actor, now):
        _judge(row, question, actor, now)
    standing.settle_recipient(
        court=court,
        task_id=task_id,
        recipient_id=recipient_id,
        attempt_id=attempt_id,
        actor=actor,
        now=now,
        attempts={one["_id"]: one for one in attempts},
    )


def _kept_at_once(
    rows: Sequence[dict[str, Any]], question: judgment.Asked, actor: Actor, now: datetime
) -> Sequence[dict[str, Any]]:
    """All documents in one round trip; the rows to look at again, because somebody else wrote one of them."""
    changes = [(row, _change(row, _answer(row, question), question.attempts, actor, now)) for row in rows]
    wanted = [(row, change) for row, change in changes if change is not None]
    if not wanted:
        return []
    writes = [UpdateOne({"_id": row["_id"], "version": row["version"]}, change) for row, change in wanted]
    done = effects().bulk_write(writes, ordered=False)
    for row, change in wanted:
        if change["$push"]["outbox"]["$each"]:
            events.relay(Effect, row["_id"])
    return [] if done.matched_count == len(wanted) else rows


def _answer(row: Raw, question: judgment.Asked) -> dict[str, Any]:
    return judgment.proposal(replace(question, document=row["document"], denied=_denied(row)))


def _judge(row: dict[str, Any], question: judgment.Asked, actor: Actor, now: datetime) -> None:
    """One document. Whoever else writes the row in between makes this ask again."""
    seen = effects().find_one({"_id": row["_id"]})
    for _ in range(_TRIES):
        if seen is None:
            return
        if _kept(seen, _answer(seen, question), question.attempts, actor, now):
            return
        seen = effects().find_one({"_id": row["_id"]})
    raise errors.effect_changed()


def check(*, court: str, attempt: Raw, result: str, record: Raw, now: datetime) -> None:
    """Refuses a result entered by hand that the law cannot judge, before anything is written. `attempt` raw.

    Raises the law's own code (`law.contradiction`, `law.unknown_word`, `law.bad_input` …, 422), `task.not_found`.
    """
    task = task_of(court, attempt["task_id"])
    recipient = task["recipients"][store.place_of(task, attempt["recipient_id"])]
    exhibits = exhibits_of(court, [attempt]).get(attempt["_id"], ())
    told = {**attempt, "outcome": result, "record": record}
    day = court_day(now)
    try:
        one = facts.law_attempt(told, exhibits, divorce=facts.is_divorce(task))
        for document in documents_for(task, recipient):
            kind = document_class(document)
            situation = facts.situation_of(task, recipient, attempts=[one], document_class=kind)
            effect(document, [one], situation, on=day, rules=rules_in_force(court, day))
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused


def judge_announcements(*, now: datetime, limit: int = 200) -> int:
    """Announcements whose last day has come are judged again; the judge is asked to confirm. How many recipients."""
    where = {
        "state": RUNNING,
        "ends_on": {"$lte": court_day(now).isoformat()},
        "live": True,
        "status": {"$ne": "rejected"},
    }
    fields = {"court": 1, "task_id": 1, "recipient_id": 1}
    found = effects().find(where, fields).sort("ends_on", 1).limit(limit)
    due = {(one["court"], one["task_id"], one["recipient_id"]) for one in found}
    for court, task_id, recipient_id in due:
        try:
            judge_recipient(
                court=court, task_id=task_id, recipient_id=recipient_id, attempt_id=None, actor=SYSTEM, now=now
            )
        except DomainError as error:
            # One that cannot be judged must not keep the others waiting.
            log.warning("announcement of task %s: %s", task_id, error.code)
    return len(due)


def task_of(court: str, task_id: str) -> dict[str, Any]:
    """The raw task without its timeline. Raises `task.not_found`."""
    task = store.tasks().find_one({"_id": task_id, "court": court}, {"steps": 0, "outbox": 0})
    if task is None:
        raise errors.task_not_found()
    return dict(task)


def attempts_of(court: str, task_id: str, recipient_id: str) -> list[dict[str, Any]]:
    """What counts towards effect: closed attempts, and an announcement that has been published; oldest first (raw)."""
    counts = [{"state": "closed"}, {"channel": "notice", "state": "under_review"}]
    where = {"court": court, "task_id": task_id, "recipient_id": recipient_id, "$or": counts}
    return list(store.attempts().find(where, {"outbox": 0}).sort([("closed_at", 1), ("_id", 1)]))


def exhibits_of(court: str, attempts: Sequence[Raw]) -> dict[str, list[Raw]]:
    """Kinds of the exhibits of these attempts, by attempt id (raw)."""
    found: dict[str, list[Raw]] = {}
    where = {"court": court, "attempt_id": {"$in": [one["_id"] for one in attempts]}}
    for one in Exhibit._get_collection().find(where, {"kind": 1, "attempt_id": 1}):
        found.setdefault(one["attempt_id"], []).append(one)
    return found


def _rows(task: Raw, recipient: Raw, now: datetime) -> list[dict[str, Any]]:
    """The recipient's 送达事项, one per document; what an older task has not claimed yet is made."""
    where = {"court": task["court"], "task_id": task["_id"], "recipient_id": recipient["id"]}
    rows = list(effects().find(where))
    wanted = documents_for(task, recipient)
    missing = [one for one in wanted if one not in {row["document"] for row in rows}]
    if missing:
        for document in missing:
            _claim(task, recipient, document, now)
        rows = list(effects().find(where))
    return [one for one in rows if one["document"] in wanted]


def _claim(task: Raw, recipient: Raw, document: str, now: datetime) -> None:
    where = {"court": task["court"], "task_id": task["_id"], "recipient_id": recipient["id"], "document": document}
    values = {
        "_id": new_id(),
        "case_id": task["case_id"],
        "case_number": task["case_number"],
        "recipient_name": recipient["name"],
        "party_id": recipient["party_id"],
        "division_id": task.get("division_id"),
        "judge_id": task.get("judge_id"),
        "clerk_id": task.get("clerk_id"),
        "key": key_of(document, task.get("hearing_at")),
        "live": True,
        "state": NONE,
        "status": "none",
        "decisions": [],
        "outbox": [],
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }
    try:
        effects().update_one(where, {"$setOnInsert": values}, upsert=True)
    except DuplicateKeyError:
        # Another task claimed it first: what was done here is judged all the same, and stands in nobody's way.
        values["key"] = f"{values['key']}@{task['_id']}"
        effects().update_one(where, {"$setOnInsert": values}, upsert=True)


def _denied(row: Raw) -> frozenset[str]:
    """Attempts whose effect somebody refused for this document, and nobody has found otherwise since."""
    found: set[str] = set()
    for one in row.get("decisions") or ():
        if one["what"] == "reject" or one["state"] == NONE:
            found.add(one.get("attempt_id") or "")
        else:
            found.clear()
    return frozenset(found - {""})


def _kept(row: Raw, values: dict[str, Any], attempts: Sequence[Raw], actor: Actor, now: datetime) -> bool:
    """Writes the proposal unless it says nothing new. False when the row has moved on meanwhile."""
    change = _change(row, values, attempts, actor, now)
    if change is None:
        return True
    done = effects().update_one({"_id": row["_id"], "version": row["version"]}, change)
    if done.matched_count:
        events.relay(Effect, row["_id"])
    return bool(done.matched_count)


def _change(
    row: Raw, values: dict[str, Any], attempts: Sequence[Raw], actor: Actor, now: datetime
) -> dict[str, Any] | None:
    if all(row.get(name) == values.get(name) for name in _COMPARED) and row.get("judged_at"):
        return None
    holds, status = values["state"] != NONE, row["status"]
    if status == "rejected" and not holds:
        return None  # what was refused stays in sight
    news: list[dict[str, Any]] = []
    setting = {**values, "judged_at": now, "updated_at": now}
    pushing: dict[str, Any] = {}
    if status == "confirmed" and not (holds and _grown(row)):
        if not _agrees(row, values):
            news.append(news_of("effect.contradicted", row, now, state=values["state"]))
    elif not holds:
        setting["status"] = machines.next_state(machines.EFFECT, status, "clear")
        news += [news_of("effect.unreadable", row, now)] if _unreadable(values) else []
    elif values["confirm_by"] == [SPECIALIST]:
        decided = _accepted(values, attempts, actor, now)
        setting["status"] = "confirmed"
        pushing["decisions"] = decided
        news.append(news_of("effect.decided", row, now, what="confirm", state=values["state"]))
    else:
        setting["status"] = machines.next_state(machines.EFFECT, status, "propose")
        news.append(news_of("effect.proposed", row, now, state=values["state"], confirm_by=values["confirm_by"]))
    pushing["outbox"] = {"$each": news}
    return {"$set": setting, "$push": pushing, "$inc": {"version": 1}}


def _grown(row: Raw) -> bool:
    """A confirmed announcement that is over is a new proposal, no contradiction."""
    return bool(row["decisions"]) and row["decisions"][-1]["state"] == RUNNING


def _agrees(row: Raw, values: Raw) -> bool:
    last = row["decisions"][-1]
    return (last["state"], last.get("served_on")) == (values["state"], values["served_on"])


def _unreadable(values: Raw) -> bool:
    return any(judgment.REFUSED_FLAG in one["flags"] for one in values["findings"])


def _accepted(values: Raw, attempts: Sequence[Raw], actor: Actor, now: datetime) -> dict[str, Any]:
    """The decision that lay in accepting the result, by whoever accepted the attempt it rests on."""
    rests_on = next((one for one in attempts if one["_id"] == values["attempt_id"]), {})
    return {
        "id": new_id(),
        "at": now,
        "by": rests_on.get("closed_by") or actor.id,
        "by_name": rests_on.get("closed_by_name") or actor.name,
        "acting_as": SPECIALIST,
        "what": "confirm",
        **decided_on(values),
    }


def decided_on(values: Raw) -> dict[str, Any]:
    """What of a proposal (or of a row) a decision keeps, so that it can be explained as it was taken."""
    kept = ("state", "served_on", "article", "attempt_id", "rule_version", "rules", "inputs")
    return {name: values.get(name) for name in kept}


def news_of(name: str, row: Raw, now: datetime, **data: Any) -> dict[str, Any]:
    """An event of the effect for its outbox."""
    ids = {"effect_id": row["_id"], "task_id": row["task_id"], "recipient_id": row["recipient_id"]}
    return events.event(name, court=row["court"], now=now, **ids, **data)
