"""MongoDB: one connection per process, majority-acknowledged journalled writes, indexes declared beside the models."""

from __future__ import annotations

from typing import Any

import mongoengine
from mongoengine.connection import get_connection, get_db
from pymongo.errors import PyMongoError

ALIAS = "default"


def connect(uri: str) -> None:
    """Connects this process. The URI must name a database. What is answered 2xx has been journalled by a majority."""
    mongoengine.disconnect(ALIAS)
    mongoengine.connect(
        alias=ALIAS,
        host=uri,
        uuidRepresentation="standard",
        tz_aware=True,
        w="majority",
        journal=True,
        retryWrites=True,
        serverSelectionTimeoutMS=15_000,
        connectTimeoutMS=5_000,
        appname="songda",
    )


def disconnect() -> None:
    """Closes this process's connection, for example before a worker forks."""
    mongoengine.disconnect(ALIAS)


def models() -> list[type[mongoengine.Document]]:
    """Every concrete model that has been imported, by name."""
    found: dict[str, type[mongoengine.Document]] = {}
    waiting = list(mongoengine.Document.__subclasses__())
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        if not model._meta.get("abstract"):
            found[model.__name__] = model
    return [found[name] for name in sorted(found)]


def ensure_indexes() -> list[str]:
    """Creates the indexes every model declares; returns the collections. Safe to repeat."""
    names = []
    for model in models():
        model.ensure_indexes()
        names.append(model._get_collection_name())
    return names


def ping() -> None:
    """Raises PyMongoError unless a primary answers."""
    get_connection(ALIAS).admin.command("ping", read_preference=None)


def database() -> Any:
    """The pymongo database, for the few places that speak to it directly."""
    return get_db(ALIAS)


__all__ = ["PyMongoError", "connect", "database", "disconnect", "ensure_indexes", "models", "ping"]
