"""What MongoDB really did while something ran, from its own profiler: which plan each operation used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_READ = ("filter", "query", "q", "pipeline", "sort", "update", "updates", "deletes")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `plan` is the profiler's summary, `asked` the shape of what was asked for, values left out."""

    collection: str
    kind: str
    plan: str
    asked: str
    sorted_in_memory: bool
    examined: int

    @property
    def is_scan(self) -> bool:
        return "COLLSCAN" in self.plan

    def __str__(self) -> str:
        return f"{self.collection}.{self.kind} {self.asked} → {self.plan} ({self.examined} documents examined)"


@contextmanager
def profiled(database: Any) -> Iterator[list[Operation]]:
    """Fills the list with every operation on our collections when the block is over."""
    seen: list[Operation] = []
    database.command("profile", 0)
    database.drop_collection("system.profile")
    # The default of 1 MB forgets the beginning of a played day.
    database.create_collection("system.profile", capped=True, size=64 * 1024 * 1024)
    database.command("profile", 2)
    try:
        yield seen
    finally:
        database.command("profile", 0)
        entries = list(database["system.profile"].find({"ns": {"$not": {"$regex": r"\.system\."}}}))
        seen.extend(_operation(entry) for entry in entries if "planSummary" in entry)
        database.drop_collection("system.profile")


def _operation(entry: dict[str, Any]) -> Operation:
    command = entry.get("originatingCommand") or entry.get("command") or {}
    asked = {name: _shape(command[name]) for name in _READ if command.get(name)}
    kind = next((name for name in command if name in ("find", "aggregate", "count", "findAndModify")), entry["op"])
    return Operation(
        collection=entry["ns"].partition(".")[2],
        kind=kind,
        plan=entry["planSummary"],
        asked=repr(asked),
        sorted_in_memory=bool(entry.get("hasSortStage")),
        examined=int(entry.get("docsExamined", 0)),
    )


def _shape(value: Any) -> Any:
    """Names and operators without their values, so that two calls of one query read the same."""
    if isinstance(value, dict):
        return {name: one if name.startswith("-") else _shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shape(one) for one in value[:3]]
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) == 1 else "?"


def scans(operations: list[Operation], allowed: dict[str, str]) -> list[str]:
    """The operations that read a whole collection, once each; `allowed` is collection → why it may be read whole."""
    return sorted({str(one) for one in operations if one.is_scan and one.collection not in allowed})
