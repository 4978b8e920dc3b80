"""送达事项 as claims: a task in force claims its documents for its recipients, so that nothing is served twice.

One row (Effect) per document × recipient, written in the transaction that puts the task in force. The unique index on
(court, party, key) of live rows decides between two tasks at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pymongo import InsertOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from server.core.clock import court_day
from server.core.errors import DomainError
from server.core.events import Event
from server.core.ids import new_id
from server.law.documents import document_class, normal_name
from server.law.refusals import LawRefused
from server.service import errors
from server.service.services import store

Raw = Mapping[str, Any]
T = TypeVar("T")

# These are served anew for another day in court: the day belongs to what the document is.
_OF_A_DAY = frozenset({"summons", "coercive_summons", "hearing_notice"})
# What rows repeat of their task, for rights and lists.
_OF_THE_TASK = ("case_id", "case_number", "division_id", "judge_id", "clerk_id")
_DUPLICATE_KEY = 11000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A claim to be made: this document of the task for this recipient."""

    task: Raw
    recipient: Raw
    document: str
    key: str

    @property
    def place(self) -> tuple[str, str, str]:
        return self.task["_id"], self.recipient["id"], self.document

    @property
    def unique(self) -> tuple[str, str]:
        return self.recipient["party_id"], self.key


def documents_for(task: Raw, recipient: Raw) -> list[str]:
    """Names (in normal form, each once) of the task's documents meant for this recipient."""
    named = [normal_name(one["name"]) for one in task.get("documents") or ()]
    meant = {normal_name(name) for name in recipient.get("documents") or ()}
    return list(dict.fromkeys(name for name in named if not meant or name in meant))


def key_of(document: str, hearing_at: datetime | None) -> str:
    """What makes the service of a document unique for a party: its name, with the day in court for a summons."""
    if hearing_at is None or _class(document) not in _OF_A_DAY:
        return document
    return f"{document}@{court_day(hearing_at).isoformat()}"


def _class(document: str) -> str:
    try:
        return document_class(document)
    except LawRefused:
        # What the law does not know is claimed by its name all the same; it is refused where a channel is chosen.
        return ""


def claim(
    court: str,
    found: Sequence[Raw],
    *,
    session: ClientSession,
    now: datetime,
    again_reason: str | None = None,
) -> dict[str, DomainError]:
    """Claims every document of these tasks; answers the tasks that may not be served: task id → refusal.

    With `again_reason` a document that is claimed elsewhere is claimed once more, under a number of its own. Raises
    DuplicateKeyError when another transaction was faster: call again in a new one.
    """
    refused, taken = {}, _live(court, found, session)
    writes: list[Any] = []
    own = _own_rows(court, [task["_id"] for task in found], session)
    for task in found:
        wanted, refusal = _wanted(task, taken, own, again_reason)
        if refusal is not None:
            refused[task["_id"]] = refusal
            continue
        taken.update({one.unique: _as_row(one) for one in wanted})
        writes += [
            _write(court, one, own.get(one.place), again_reason, now) for one in wanted if not _in_force(own, one)
        ]
    if writes:
        try:
            store.effects().bulk_write(writes, ordered=False, session=session)
        except BulkWriteError as error:
            if any(one["code"] != _DUPLICATE_KEY for one in error.details["writeErrors"]):
                raise
            raise DuplicateKeyError(str(error), _DUPLICATE_KEY) from error
    return refused


def _live(court: str, found: Sequence[Raw], session: ClientSession | None) -> dict[tuple[str, str], Raw]:
    """(party, key) → the live row that holds it, for the parties of these tasks."""
    parties = {one["party_id"] for task in found for one in task["recipients"]}
    where = {"court": court, "party_id": {"$in": sorted(parties)}, "live": True}
    fields = {"party_id": 1, "key": 1, "task_id": 1, "recipient_id": 1, "case_number": 1}
    return {(one["party_id"], one["key"]): one for one in store.effects().find(where, fields, session=session)}


def _own_rows(court: str, task_ids: list[str], session: ClientSession) -> dict[tuple[str, str, str], Raw]:
    where = {"court": court, "task_id": {"$in": task_ids}}
    fields = {"task_id": 1, "recipient_id": 1, "document": 1, "live": 1, "key": 1}
    rows = store.effects().find(where, fields, session=session)
    return {(one["task_id"], one["recipient_id"], one["document"]): one for one in rows}


def _in_force(own: Mapping[tuple[str, str, str], Raw], one: _Wanted) -> bool:
    row = own.get(one.place)
    return row is not None and bool(row["live"])


def _wanted(
    task: Raw,
    taken: Mapping[tuple[str, str], Raw],
    own: Mapping[tuple[str, str, str], Raw],
    again_reason: str | None,
) -> tuple[list[_Wanted], DomainError | None]:
    """The claims of a task, or why it may not make them."""
    wanted: dict[tuple[str, str], _Wanted] = {}
    for recipient in task["recipients"]:
        if recipient["state"] == "withdrawn":
            continue
        for document in documents_for(task, recipient):
            one = _Wanted(task, recipient, document, key_of(document, task.get("hearing_at")))
            if _in_force(own, one):
                one = replace(one, key=own[one.place]["key"])
            if one.unique in wanted:
                return [], _twice(one, wanted[one.unique])
            holder = taken.get(one.unique)
            if holder is not None and (holder["task_id"], holder["recipient_id"]) != one.place[:2]:
                if not again_reason:
                    return [], _refusal(one, holder)
                one = _numbered(one, taken)
            wanted[one.unique] = one
    return list(wanted.values()), None


def _numbered(one: _Wanted, taken: Mapping[tuple[str, str], Raw]) -> _Wanted:
    """The same claim under the next free number."""
    number = 2
    while (one.recipient["party_id"], f"{one.key}#{number}") in taken:
        number += 1
    return replace(one, key=f"{one.key}#{number}")


def _refusal(one: _Wanted, holder: Raw) -> DomainError:
    return errors.double_service(
        document=one.document,
        recipient_name=one.recipient["name"],
        task_id=one.task["_id"],
        recipient_id=one.recipient["id"],
        other_task_id=holder["task_id"],
        other_case_number=holder["case_number"],
    )


def _twice(one: _Wanted, first: _Wanted) -> DomainError:
    return errors.same_party_twice(
        document=one.document,
        recipient_name=one.recipient["name"],
        task_id=one.task["_id"],
        recipient_id=one.recipient["id"],
        other_recipient_id=first.recipient["id"],
    )


def _as_row(one: _Wanted) -> dict[str, Any]:
    return {
        "task_id": one.task["_id"],
        "recipient_id": one.recipient["id"],
        "case_number": one.task["case_number"],
    }


def _write(court: str, one: _Wanted, own: Raw | None, again_reason: str | None, now: datetime) -> Any:
    """A new row, or the task's own one put in force again."""
    again = again_reason if "#" in one.key else None
    if own is not None:
        values = {"live": True, "key": one.key, "updated_at": now, **({"again_reason": again} if again else {})}
        return UpdateOne({"_id": own["_id"], "court": court}, {"$set": values, "$inc": {"version": 1}})
    row = {
        "_id": new_id(),
        "court": court,
        "task_id": one.task["_id"],
        "recipient_id": one.recipient["id"],
        "document": one.document,
        "key": one.key,
        "live": True,
        "again_reason": again,
        "state": "none",
        "status": "none",
        "decisions": [],
        "outbox": [],
        "version": 1,
        "created_at": now,
        "updated_at": now,
        **_copied(one.task, one.recipient),
    }
    return InsertOne({name: value for name, value in row.items() if value is not None})


def _copied(task: Raw, recipient: Raw) -> dict[str, Any]:
    return {
        **{name: task.get(name) for name in _OF_THE_TASK},
        "party_id": recipient["party_id"],
        "recipient_name": recipient["name"],
    }


def again(work: Callable[[ClientSession], T]) -> T:
    """Runs a transaction that claims; one that was slower than another looks anew."""
    for left in reversed(range(_TRIES)):
        try:
            return store.transaction(work)
        except DuplicateKeyError:
            if not left:
                raise
    raise AssertionError("unreachable")


def release(
    court: str, task_id: str, now: datetime, *, recipient_ids: Collection[str] | None, session: ClientSession
) -> None:
    """Frees the claims of a task, or of these recipients of it. What was confirmed as served stays claimed."""
    where: dict[str, Any] = {"court": court, "task_id": task_id, "live": True, "status": {"$ne": "confirmed"}}
    if recipient_ids is not None:
        where["recipient_id"] = {"$in": list(recipient_ids)}
    values = {"live": False, "updated_at": now}
    store.effects().update_many(where, {"$set": values, "$inc": {"version": 1}}, session=session)


def rows_of_task(*, court: str, task_id: str) -> list[dict[str, Any]]:
    """Raw rows of a task, live or not."""
    return list(store.effects().find({"court": court, "task_id": task_id}, {"outbox": 0}))


def on_edited(news: Event) -> None:
    """Subscriber of `task.edited`: what rows repeat of their task, and the day in their keys. May run twice."""
    follow_edits(court=news.court, task_id=news.data["task_id"], now=news.at)


def follow_edits(*, court: str, task_id: str, now: datetime) -> None:
    """Brings the rows of a task up to an edit of the task. A summons already confirmed keeps the day it was for."""
    task = store.tasks().find_one({"_id": task_id, "court": court}, {"steps": 0, "outbox": 0})
    if task is None or task["state"] not in ("in_progress", "completed"):
        return
    recipients = {one["id"]: one for one in task["recipients"]}
    for row in rows_of_task(court=court, task_id=task_id):
        recipient = recipients.get(row["recipient_id"])
        if recipient is not None:
            _bring_up(court, task, recipient, row, now)


def _bring_up(court: str, task: Raw, recipient: Raw, row: Raw, now: datetime) -> None:
    wanted = {name: value for name, value in _copied(task, recipient).items() if row.get(name) != value}
    key = key_of(row["document"], task.get("hearing_at"))
    if row["status"] != "confirmed" and row["key"].split("#")[0] != key:
        wanted["key"] = key
    gone = [name for name, value in wanted.items() if value is None]
    given = {name: value for name, value in wanted.items() if value is not None}
    if not wanted:
        return
    for values in (given, {name: value for name, value in given.items() if name != "key"}):
        update: dict[str, Any] = {"$set": {**values, "updated_at": now}, "$inc": {"version": 1}}
        if gone:
            update["$unset"] = dict.fromkeys(gone, "")
        try:
            store.effects().update_one({"_id": row["_id"], "court": court}, update)
        except DuplicateKeyError:
            # Another task claims the summons for that day already: this row keeps the day it had.
            continue
        return


def missing_rows(court: str, tasks: Iterable[Raw]) -> list[str]:
    """Ids of those of these raw tasks in force that have no row at all."""
    ids = [task["_id"] for task in tasks]
    have = set(store.effects().distinct("task_id", {"court": court, "task_id": {"$in": ids}}))
    return [task_id for task_id in ids if task_id not in have]
