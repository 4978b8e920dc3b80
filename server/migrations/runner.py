"""Runs what a database has not seen yet, oldest first.

A migration is a module `mYYYYMMDD_what` of this package: a docstring that says why, and `migrate(db) -> str`, which
speaks raw pymongo, may be repeated and interrupted anywhere, and leaves data that the version still running can bear.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server import migrations
from server.core import database
from server.migrations.models import AppliedMigration


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from older data to what the program expects now."""

    name: str
    reason: str
    migrate: Callable[[Any], str]


def known() -> list[Migration]:
    """Every migration, oldest first."""
    names = sorted(module.name for module in pkgutil.iter_modules(migrations.__path__) if module.name[1:9].isdigit())
    return [_load(name) for name in names]


def _load(name: str) -> Migration:
    module = importlib.import_module(f"{migrations.__name__}.{name}")
    return Migration(name, inspect.cleandoc(module.__doc__ or ""), module.migrate)


def run_all(*, now: datetime) -> list[tuple[Migration, str]]:
    """Runs what has not run; answers each with what it did. Two at once do the same work twice, which is harmless."""
    collection = AppliedMigration._get_collection()
    seen = {one["_id"] for one in collection.find({}, {"_id": 1})}
    done = []
    for migration in known():
        if migration.name in seen:
            continue
        started = time.monotonic()
        result = migration.migrate(database.database())
        entry = {
            "reason": migration.reason,
            "result": result,
            "applied_at": now,
            "seconds": round(time.monotonic() - started, 3),
        }
        collection.update_one({"_id": migration.name}, {"$setOnInsert": entry}, upsert=True)
        done.append((migration, result))
    return done
