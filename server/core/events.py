"""News between features. An event is written in the same document write as the change it tells of (a transactional
outbox); a relay hands it to the subscribers and then takes it out. Delivery is at least once: handlers may run twice.

A feature pushes `event(...)` onto the `outbox` of its document, then calls `relay(Model, id)`. When that call is lost
with the process, `sweep()` (Celery beat, every 10 s) finds the document by its outbox and relays again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import kombu.exceptions
import redis
from mongoengine import Document

from server.core import database
from server.core.ids import new_id

log = logging.getLogger(__name__)
Handler = Callable[["Event"], None]

_QUEUE_DOWN = (kombu.exceptions.OperationalError, redis.RedisError, ConnectionError)


@dataclass(frozen=True, slots=True)
class Event:
    """`name` is dotted (`visit.assigned`); `data` holds JSON values only."""

    id: str
    name: str
    court: str
    at: datetime
    data: dict[str, Any]


class Subscriptions:
    """Who wants which news; filled once when the program is composed."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}

    def subscribe(self, name: str, handler: Handler) -> None:
        """`name` may be `*` for all. Registering the same handler again changes nothing."""
        handlers = self._handlers.setdefault(name, [])
        if handler not in handlers:
            handlers.append(handler)

    def handlers(self, name: str) -> list[Handler]:
        return [*self._handlers.get(name, ()), *self._handlers.get("*", ())]


subscriptions = Subscriptions()


def event(name: str, *, court: str, now: datetime, **data: Any) -> dict[str, Any]:
    """The outbox entry to `$push` (or append) in the write that makes the news true."""
    return {"id": new_id(), "name": name, "court": court, "at": now, "data": data}


def relay(model: type[Document], document_id: str) -> int:
    """Hands the document's waiting events to their subscribers; returns how many went out.

    When the queue is down the events stay for the sweep: the change itself is already safe in MongoDB.
    """
    collection = model._get_collection()
    found = collection.find_one({"_id": document_id}, {"outbox": 1})
    sent = 0
    for entry in (found or {}).get("outbox") or ():
        news = Event(entry["id"], entry["name"], entry["court"], entry["at"], entry["data"])
        try:
            for handler in subscriptions.handlers(news.name):
                handler(news)
        except _QUEUE_DOWN as error:
            log.warning("event %s of %s waits for the sweep: %s", news.name, document_id, error)
            break
        collection.update_one({"_id": document_id}, {"$pull": {"outbox": {"id": news.id}}})
        sent += 1
    return sent


def sweep(*, now: datetime, older_than: timedelta = timedelta(seconds=5), limit: int = 500) -> int:
    """Relays what a lost process left behind in any model that has an outbox. Returns how many events went out."""
    sent = 0
    for model in database.models():
        if "outbox" not in model._fields:
            continue
        waiting = model._get_collection().find({"outbox.at": {"$lt": now - older_than}}, {"_id": 1}).limit(limit)
        for found in list(waiting):
            sent += relay(model, found["_id"])
    return sent


def announce(news: Event) -> None:
    """Hands on an event that no document carries: a summary of many writes that boards may miss without harm."""
    for handler in subscriptions.handlers(news.name):
        try:
            handler(news)
        except _QUEUE_DOWN as error:
            log.warning("announcement %s was not delivered: %s", news.name, error)
