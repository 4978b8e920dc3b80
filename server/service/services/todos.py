"""待办 with a clock (T08, T12, T14): opened and cancelled as the task stands, taken and closed by people.

`follow` derives what a task calls for (`server.service.todo_rules`) and brings the list up to it. It may run twice,
late and out of order: an event only says which task to look at. What it still missed, the sweep sees within minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from server.core import events
from server.core.clock import court_day
from server.core.errors import DomainError
from server.core.events import Event, Subscriptions
from server.core.ids import new_id
from server.service import errors, machines
from server.service.actor import Actor
from server.service.models import Effect, Todo
from server.service.services import opening, proposals, rule_sets, store
from server.service.services.opening import ByHand
from server.service.todo_rules import BY_DECISION, View, Wanted, wanted

EVENTS = (
    "attempt.closed",
    "effect.proposed",
    "effect.decided",
    "effect.contradicted",
    "effect.unreadable",
    "task.approved",
)
_LIVE = ("open", "taken")
# Why a thing to do fell away, for whoever had taken it.
_FELL_AWAY = {
    "switch": "已送达、已更换送达方式或者已撤回",
    "confirm_effect": "送达效力已作出决定",
    "judge_decides": "送达效力已作出决定",
    "announcement_ending": "公告期已满或者已撤回",
    "evidence_incomplete": "材料已补齐或者已更换送达方式",
}


def _todos() -> Any:
    return Todo._get_collection()


def register(subscriptions: Subscriptions) -> None:
    """Called once when the program is composed, after the features whose news it wants."""
    for name in EVENTS:
        subscriptions.subscribe(name, on_news)
    subscriptions.subscribe("task.updated", on_updated)


def on_news(event: Event) -> None:
    """Something of this task may call for something to be done, or settle it."""
    task_id = event.data.get("task_id") or _task_of(event)
    if task_id:
        follow(court=event.court, task_id=task_id, now=event.at)


def on_updated(event: Event) -> None:
    """A task changed: what waits there may be settled, and a recipient who was refused again calls for another way."""
    task_id = event.data.get("task_id")
    if not task_id:
        return
    waits = {"court": event.court, "task_id": task_id, "state": {"$in": list(_LIVE)}}
    fails = {"_id": task_id, "court": event.court, "recipients.state": "failed"}
    if _todos().find_one(waits, {"_id": 1}) or store.tasks().find_one(fails, {"_id": 1}):
        follow(court=event.court, task_id=task_id, now=event.at)


def _task_of(event: Event) -> str | None:
    found = Effect._get_collection().find_one(
        {"_id": event.data.get("effect_id"), "court": event.court}, {"task_id": 1}
    )
    return found["task_id"] if found else None


def follow(*, court: str, task_id: str, now: datetime) -> None:
    """Opens what the task calls for, cancels what it no longer does. Safe to repeat."""
    task = store.tasks().find_one({"_id": task_id, "court": court}, {"outbox": 0})
    if task is None:
        return
    called = {one.key: one for one in wanted(_view(task, now))}
    have = {one["key"]: one for one in _todos().find({"court": court, "task_id": task_id})}
    for key, one in called.items():
        held = have.get(key)
        if held is None:
            _open(task, one, now)
        elif held["state"] == "cancelled":
            _again(held, one, now)
        elif held["state"] in _LIVE:
            _refresh(held, one, now)
    for key, held in have.items():
        if held["state"] in _LIVE and key not in called:
            _cancel(held, now)


def _view(task: Mapping[str, Any], now: datetime) -> View:
    where = {"court": task["court"], "task_id": task["_id"]}
    return View(
        task,
        list(store.attempts().find(where, {"outbox": 0})),
        list(Effect._get_collection().find(where, {"outbox": 0, "inputs": 0, "rules": 0})),
        rule_sets.rules_in_force(task["court"], court_day(now)),
    )


def _open(task: Mapping[str, Any], one: Wanted, now: datetime) -> None:
    document = {
        "_id": new_id(),
        "court": task["court"],
        "key": one.key,
        "kind": one.kind,
        "task_id": task["_id"],
        "recipient_id": one.recipient.get("id"),
        "recipient_name": one.recipient.get("name"),
        "attempt_id": one.attempt_id,
        "effect_id": one.effect_id,
        "case_number": task["case_number"],
        **{name: task.get(name) for name in ("division_id", "judge_id", "clerk_id")},
        "meant_for": one.meant_for,
        "text": one.text,
        "rule": one.rule,
        "article": one.article,
        "proposal": _proposal(task, one, now),
        "opened_at": one.opened_at,
        "due_at": one.due_at,
        "state": machines.TODO.start,
        "version": 1,
    }
    document["outbox"] = [_news(document, now)]
    try:
        _todos().insert_one({name: value for name, value in document.items() if value is not None})
    except DuplicateKeyError:
        return  # the same news, handled elsewhere at this very moment
    events.relay(Todo, document["_id"])


def _proposal(task: Mapping[str, Any], one: Wanted, now: datetime) -> Mapping[str, Any]:
    """Only a change of way is proposed; the rest people know how to do."""
    if one.kind != "switch":
        return {}
    return proposals.stored_proposal(
        court=task["court"], task_id=task["_id"], recipient_id=one.recipient["id"], now=now
    )


def _news(todo: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return events.event(
        "todo.changed", court=todo["court"], now=now, todo_id=todo["_id"], task_id=todo["task_id"], kind=todo["kind"]
    )


def _again(held: Mapping[str, Any], one: Wanted, now: datetime) -> None:
    """Its cause is back (the attempt that settled it was withdrawn): the clock of a failure runs from the failure."""
    change = {"text": one.text, "opened_at": one.opened_at, "due_at": one.due_at}
    _move(held, "reopen", change, now, gone=("result", "closed_at", "taken_by", "taken_by_name", "taken_at"))


def _refresh(held: Mapping[str, Any], one: Wanted, now: datetime) -> None:
    """Words that changed meanwhile (another document waits too); the clock goes on."""
    if held["text"] != one.text or held.get("effect_id") != one.effect_id:
        change = {"text": one.text, "effect_id": one.effect_id}
        guard = {"_id": held["_id"], "court": held["court"], "version": held["version"]}
        _todos().update_one(guard, {"$set": change, "$inc": {"version": 1}, "$push": {"outbox": _news(held, now)}})
        events.relay(Todo, held["_id"])


def _cancel(held: Mapping[str, Any], now: datetime) -> None:
    _move(held, "cancel", {"result": _FELL_AWAY.get(held["kind"], "事由已消失"), "closed_at": now}, now)


def _move(
    held: Mapping[str, Any], event: str, change: Mapping[str, Any], now: datetime, *, gone: Iterable[str] = ()
) -> Mapping[str, Any] | None:
    """One event of the machine, while nobody changed it; None when somebody did."""
    update: dict[str, Any] = {
        "$set": {**change, "state": machines.next_state(machines.TODO, held["state"], event)},
        "$inc": {"version": 1},
        "$push": {"outbox": _news(held, now)},
    }
    if gone:
        update["$unset"] = dict.fromkeys(gone, "")
    guard = {"_id": held["_id"], "court": held["court"], "version": held["version"], "state": held["state"]}
    found = _todos().find_one_and_update(guard, update, return_document=ReturnDocument.AFTER)
    if found is not None:
        events.relay(Todo, held["_id"])
    return dict(found) if found is not None else None


@dataclass(frozen=True, slots=True)
class Way:
    """The way a person chose. `confirmed`: where the law wants a second thought, it was given."""

    channel: str
    reason: str = ""
    contact_point_id: str | None = None
    confirmed: bool = False


def get(*, court: str, todo_id: str) -> dict[str, Any]:
    """One thing to do (raw). Raises `todo.not_found`."""
    found = _todos().find_one({"_id": todo_id, "court": court}, {"outbox": 0})
    if found is None:
        raise errors.todo_not_found()
    return dict(found)


def take(
    *, court: str, todo_id: str, actor: Actor, now: datetime, reason: str = "", version: int | None = None
) -> dict[str, Any]:
    """Somebody sees to it; repeating it changes nothing. Of two at once one wins, the other gets `todo.taken`.

    What another has taken is taken over only with a reason and the `version` one saw. Raises `todo.not_found`,
    `todo.taken`, `todo.closed`.
    """
    held = get(court=court, todo_id=todo_id)
    if held["state"] == "taken" and held.get("taken_by") == actor.id:
        return held
    over = held["state"] == "taken" and bool(reason.strip()) and version == held["version"]
    if held["state"] == "taken" and not over:
        raise errors.todo_taken(held.get("taken_by_name") or "")
    if held["state"] not in _LIVE:
        raise errors.todo_closed()
    mine = {"taken_by": actor.id, "taken_by_name": actor.name, "taken_at": now}
    if over:
        held = dict(_move(held, "put_back", {}, now) or held)
    moved = _move(held, "take", mine, now) if held["state"] == "open" else None
    return dict(moved) if moved is not None else _lost(court, todo_id, actor)


def _lost(court: str, todo_id: str, actor: Actor) -> dict[str, Any]:
    """Somebody else was quicker: whoever holds it now is named."""
    held = get(court=court, todo_id=todo_id)
    if held["state"] == "taken" and held.get("taken_by") == actor.id:
        return held
    if held["state"] == "taken":
        raise errors.todo_taken(held.get("taken_by_name") or "")
    raise errors.todo_closed()


def switch(*, court: str, todo_id: str, asked: Way, actor: Actor, now: datetime) -> dict[str, Any]:
    """Takes it and opens the way a person chose; when that is refused it waits again as before.

    Raises as `take` and `opening.open_by_hand`, and `todo.no_recipient`.
    """
    before = get(court=court, todo_id=todo_id)
    if not before.get("recipient_id"):
        raise errors.todo_no_recipient()
    taken = take(court=court, todo_id=todo_id, actor=actor, now=now)
    wish = ByHand(
        taken["task_id"],
        taken["recipient_id"],
        asked.channel,
        asked.reason.strip() or taken["text"],
        asked.contact_point_id,
        asked.confirmed,
    )
    try:
        opening.open_by_hand(court=court, asked=wish, actor=actor, now=now)
    except DomainError:
        if before["state"] == "open":
            put_back(court=court, todo_id=todo_id, actor=actor, now=now)
        raise
    follow(court=court, task_id=taken["task_id"], now=now)
    return get(court=court, todo_id=todo_id)


def put_back(*, court: str, todo_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Whoever took it gives it back. Raises `todo.not_found`, `todo.taken` (by another), `state.refused`."""
    held = get(court=court, todo_id=todo_id)
    if held["state"] == "taken" and held.get("taken_by") != actor.id:
        raise errors.todo_taken(held.get("taken_by_name") or "")
    gone = ("taken_by", "taken_by_name", "taken_at")
    moved = _move(held, "put_back", {}, now, gone=gone)
    return dict(moved) if moved is not None else get(court=court, todo_id=todo_id)


def close(*, court: str, todo_id: str, result: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """办结 with a result in words. Raises `todo.not_found`, `todo.result_required`, `todo.by_decision`, `todo.taken`
    (by another), `todo.closed`.
    """
    if not result.strip():
        raise errors.todo_result_required()
    held = get(court=court, todo_id=todo_id)
    if held["kind"] in BY_DECISION:
        raise errors.todo_by_decision()
    if held["state"] not in _LIVE:
        raise errors.todo_closed()
    if held["state"] == "taken" and held.get("taken_by") != actor.id:
        raise errors.todo_taken(held.get("taken_by_name") or "")
    said = {"result": result.strip(), "closed_at": now, "closed_by": actor.id, "closed_by_name": actor.name}
    moved = _move(held, "finish", said, now)
    return dict(moved) if moved is not None else _lost(court, todo_id, actor)


def sweep(*, now: datetime, changed_within: timedelta = timedelta(minutes=15), limit: int = 20_000) -> int:
    """Looks again at tasks that changed lately and have something waiting; answers how many.

    Many locks are taken in one write that carries no event, and two hands may look at a task at once.
    """
    waiting = _todos().find({"state": {"$in": list(_LIVE)}}, {"task_id": 1}).sort("due_at", 1).limit(limit)
    ids = sorted({one["task_id"] for one in waiting})
    where = {"_id": {"$in": ids}, "updated_at": {"$gte": now - changed_within}}
    found = [(one["court"], one["_id"]) for one in store.tasks().find(where, {"court": 1})]
    for court, task_id in found:
        follow(court=court, task_id=task_id, now=now)
    return len(found)


@dataclass(frozen=True, slots=True)
class TodoPage:
    """Raw things to do of one page; `overdue` counts the red list among all that were asked for."""

    items: list[dict[str, Any]]
    total: int
    overdue: int
    page: int
    page_size: int


def list_todos(
    *,
    within: Mapping[str, Any],
    now: datetime,
    state: str | None = None,
    overdue: bool | None = None,
    kind: str | None = None,
    task_id: str | None = None,
    meant_for: str | None = None,
    taken_by: str | None = None,
    page: int = 1,
    page_size: int = 50,
) -> TodoPage:
    """Things to do within reach (`core.objects.within`). Without a state: what is not done yet, overdue first."""
    where: dict[str, Any] = {"$and": [dict(within)], "state": state or {"$in": list(_LIVE)}}
    where |= {
        name: one
        for name, one in (("kind", kind), ("task_id", task_id), ("meant_for", meant_for), ("taken_by", taken_by))
        if one is not None
    }
    late = {**where, "due_at": {"$lt": now}}
    red = 0 if state in ("done", "cancelled") else _todos().count_documents(late)
    if overdue is not None:
        where["due_at"] = {"$lt": now} if overdue else {"$gte": now}
    # Soonest due first is the red list first; what is done is read from its end.
    order = [("closed_at", -1), ("_id", 1)] if state in ("done", "cancelled") else [("due_at", 1), ("_id", 1)]
    found = _todos().find(where, {"outbox": 0}).sort(order).skip((page - 1) * page_size).limit(page_size)
    return TodoPage(list(found), _todos().count_documents(where), red, page, page_size)


def waiting_for(*, court: str, person_id: str, limit: int = 500) -> list[dict[str, Any]]:
    """What waits for this judge or clerk in their own cases, oldest due first (raw)."""
    mine = {"court": court, "state": {"$in": list(_LIVE)}, "meant_for": {"$in": ["court_staff", "judge"]}}
    where = {"$or": [{**mine, "judge_id": person_id}, {**mine, "clerk_id": person_id}]}
    return list(_todos().find(where, {"outbox": 0}).sort([("due_at", 1), ("_id", 1)]).limit(limit))
