"""What MongoDB really did while something ran: every operation with the plan it used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def profiled(database: Any) -> Iterator[list[dict[str, Any]]]:
    """Fills the list with the profiler's entries when the block is over."""
    seen: list[dict[str, Any]] = []
    database.command("profile", 0)
    database.drop_collection("system.profile")
    database.command("profile", 2)
    try:
        yield seen
    finally:
        database.command("profile", 0)
        seen.extend(entry for entry in database["system.profile"].find() if _of_the_program(entry))
        database.drop_collection("system.profile")


def _of_the_program(entry: dict[str, Any]) -> bool:
    return not entry["ns"].endswith("system.profile") and "profile" not in entry.get("command", {})


def scans(entries: list[dict[str, Any]]) -> list[str]:
    """The operations that read a whole collection."""
    return [
        f"{entry['op']} {entry['ns'].partition('.')[2]} {entry.get('command') or entry.get('query')}"
        for entry in entries
        if "COLLSCAN" in entry.get("planSummary", "")
    ]
