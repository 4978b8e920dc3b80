"""The books of a court after a hard day, read straight from MongoDB and the evidence store: what does not add up.

Every function returns what is wrong, as lines for people; an empty list is the promise kept.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from evidence.stores import FileStore

Database = Any
_RUNNING = ("open", "under_review")


def faults(database: Database, evidence: Path) -> list[str]:
    """Everything below, in one list."""
    store = FileStore(evidence)
    return [
        *reviewed_visits_without_closed_attempt(database),
        *locks_without_attempt(database),
        *attempts_twice(database),
        *runs_left_undone(database),
        *events_nobody_was_told(database),
        *items_not_in_the_store(database, store),
        *papers_not_once(database, store),
        *timeline_lines_twice_or_missing(database),
    ]


def reviewed_visits_without_closed_attempt(database: Database) -> list[str]:
    """What the visit says and what the attempt says are one."""
    wanted = {"accepted": "closed", "pending": "under_review", "sent_back": "open", "none": "open"}
    attempts = {one["_id"]: one["state"] for one in database.attempts.find({}, {"state": 1})}
    return [
        f"visit {visit['_id']} is {visit['review']['state']}, its attempt {attempts.get(visit['attempt_id'])}"
        for visit in database.visits.find({"state": {"$ne": "withdrawn"}})
        if attempts.get(visit["attempt_id"]) != wanted[visit["review"]["state"]]
    ]


def locks_without_attempt(database: Database) -> list[str]:
    """A locked recipient has a running attempt of its own, and a running attempt holds the lock."""
    running = {
        one["_id"]: (one["task_id"], one["recipient_id"])
        for one in database.attempts.find({"state": {"$in": _RUNNING}}, {"task_id": 1, "recipient_id": 1})
    }
    locks = {
        recipient["lock"]["attempt_id"]: (task["_id"], recipient["id"])
        for task in database.service_tasks.find({}, {"recipients": 1})
        for recipient in task["recipients"]
        if recipient.get("lock")
    }
    return [f"lock or attempt {one} stands alone" for one in running.keys() ^ locks.keys()] + [
        f"attempt {one} holds the lock of another recipient" for one in running.keys() & locks.keys()
        if running[one] != locks[one]
    ]  # fmt: skip


def attempts_twice(database: Database) -> list[str]:
    """A recipient's next attempt begins when the last one is over, and each attempt has one visit."""
    attempts = list(database.attempts.find({"channel": "direct"}).sort("opened_at", 1))
    visits = Counter(one["attempt_id"] for one in database.visits.find({}, {"attempt_id": 1}))
    wrong = [f"attempt {one['_id']} has {visits[one['_id']]} visits" for one in attempts if visits[one["_id"]] != 1]
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for one in attempts:
        before = last.get((one["task_id"], one["recipient_id"]))
        if before is not None and (before["state"] in _RUNNING or before["closed_at"] > one["opened_at"]):
            wrong.append(f"attempts {before['_id']} and {one['_id']} of one recipient run at the same time")
        last[one["task_id"], one["recipient_id"]] = one
    return wrong


def runs_left_undone(database: Database) -> list[str]:
    """Imports and plans came to their end."""
    return [
        f"{name} {run['_id']} is {run['state']}"
        for name, ends in (("import_runs", ("done",)), ("day_plans", ("done", "published", "superseded")))
        for run in database[name].find({"state": {"$nin": ends}}, {"state": 1})
    ]


def events_nobody_was_told(database: Database, older_than: timedelta = timedelta(minutes=1)) -> list[str]:
    """No outbox holds news older than that."""
    limit = datetime.now(UTC) - older_than
    return [
        f"{name} {found['_id']} still holds {[one['name'] for one in found['outbox']]}"
        for name in database.list_collection_names()
        for found in database[name].find({"outbox.at": {"$lt": limit}}, {"outbox": 1})
    ]


def items_not_in_the_store(database: Database, store: FileStore) -> list[str]:
    """Every item that was answered as held is there, byte for byte; every outcome's evidence exists."""
    items = {one["_id"]: one for one in database.evidence_items.find()}
    listed = [
        (visit["_id"], item)
        for visit in database.visits.find({"outcome": {"$exists": True}}, {"submissions": 1})
        for outcome in visit["submissions"]
        for item in outcome["evidence"]
    ]
    return _not_stored(items.values(), store) + [
        f"visit {visit_id} names evidence {item} that does not exist" for visit_id, item in listed if item not in items
    ]


def papers_not_once(database: Database, store: FileStore) -> list[str]:
    """One proof and one report for each accepted visit, whole in the store."""
    papers = list(database.papers.find())
    kinds = Counter((one["visit_id"], one["kind"]) for one in papers)
    accepted = [one["_id"] for one in database.visits.find({"review.state": "accepted"}, {"_id": 1})]
    return _not_stored(papers, store) + [
        f"visit {visit_id} has {kinds[visit_id, kind]} {kind}s"
        for visit_id in accepted
        for kind in ("proof", "report")
        if kinds[visit_id, kind] != 1
    ]


def timeline_lines_twice_or_missing(database: Database) -> list[str]:
    """Each deed stands once in its task's timeline, each paper and each outcome has its line."""
    tasks = list(database.service_tasks.find({}, {"steps": 1}))
    lines = (
        (task["_id"], one["what"], one.get("recipient_id"), one["at"], one.get("receipt"))
        for task in tasks
        for one in task["steps"]
    )
    receipts = {one.get("receipt") for task in tasks for one in task["steps"]}
    said = Counter(
        (task["_id"], one.get("recipient_id"))
        for task in tasks
        for one in task["steps"]
        if one["what"] == "attempt.submitted"
    )
    done: Counter[tuple[str, str]] = Counter()
    for visit in database.visits.find({}, {"task_id": 1, "recipient_id": 1, "review": 1}):
        done[visit["task_id"], visit["recipient_id"]] += visit["review"]["round"]
    return [
        *_more_than_once("timeline line", lines),
        *(f"paper {paper} has no line" for paper in database.papers.distinct("_id") if paper not in receipts),
        *(f"{who} handed in {done[who]} times, the task says {said[who]}" for who in done if done[who] != said[who]),
    ]


def _not_stored(items: Iterable[dict[str, Any]], store: FileStore) -> list[str]:
    wrong = []
    for item in items:
        if not store.exists(item["store_key"]):
            wrong.append(f"{item['kind']} {item['_id']} has no file")
            continue
        with store.open(item["store_key"]) as stream:
            data = stream.read()
        if hashlib.sha256(data).hexdigest() != item["sha256"] or len(data) != item["size"]:
            wrong.append(f"{item['kind']} {item['_id']} has another file")
    return wrong


def _more_than_once(what: str, keys: Iterable[Any]) -> list[str]:
    return [f"{what} {key} × {count}" for key, count in Counter(keys).items() if count > 1]
