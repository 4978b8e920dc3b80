"""What the effects of its documents mean for a recipient: served, awaiting somebody's word, or not served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server.core.clock import at_second, court_day
from server.law.effects.findings import CONFIRMERS, JUDGE, NONE, RUNNING, STATES
from server.service.actor import Actor
from server.service.models import Effect
from server.service.services import settling, store

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """`state` of the recipient; `awaits`: who must confirm; `served_on`: the last document's day."""

    state: str
    awaits: tuple[str, ...] = ()
    served_on: str | None = None
    attempt_id: str | None = None  # of the document served last


def standing_of(rows: Iterable[Raw]) -> Standing:
    """From the raw effects of one recipient. A recipient is served when every document is."""
    live = [one for one in rows if one["live"]]
    waiting = [one for one in live if one["status"] == "proposed" or _runs(one)]
    if waiting:
        who = {name for one in waiting for name in ((JUDGE,) if _runs(one) else one["confirm_by"])}
        return Standing("awaiting", tuple(sorted(who)))
    decided = [one["decisions"][-1] for one in live if one["status"] == "confirmed" and one["decisions"]]
    if not live or len(decided) < len(live):
        return Standing("failed")
    last = max(decided, key=lambda one: str(one.get("served_on") or ""))
    return Standing("served", (), last.get("served_on"), last.get("attempt_id"))


def _runs(row: Raw) -> bool:
    """A confirmed announcement that has not run yet: nobody is served by it, and nothing has failed."""
    return row["status"] == "confirmed" and bool(row["decisions"]) and row["decisions"][-1]["state"] == RUNNING


def settle_recipient(
    *,
    court: str,
    task_id: str,
    recipient_id: str,
    attempt_id: str | None,
    actor: Actor,
    now: datetime,
    text: str | None = None,
    attempts: Mapping[str, Raw] | None = None,
) -> Standing:
    """Reads the effects as they are and brings recipient and task in line with them. Safe to repeat.

    `text`: the timeline's line in Chinese; without it the attempt's own, with what the law makes of it. `attempts`:
    raw attempts by id that are known already.
    """
    where = {"court": court, "task_id": task_id, "recipient_id": recipient_id}
    rows = list(Effect._get_collection().find(where, {"inputs": 0, "rules": 0, "outbox": 0}))
    found = standing_of(rows)
    known = attempts or {}
    settling.settle(
        court=court,
        task_id=task_id,
        recipient_id=recipient_id,
        attempt_id=attempt_id,
        state=found.state,
        served_at=_served_at(court, found, known),
        awaits=found.awaits,
        actor=actor,
        now=now,
        text=text if text is not None else _line(court, attempt_id, found, rows, known),
    )
    return found


def _served_at(court: str, found: Standing, known: Mapping[str, Raw]) -> datetime | None:
    """The moment on the proof when it is of that day, else the beginning of the legal day of service."""
    if found.served_on is None:
        return None
    day = date.fromisoformat(found.served_on)
    attempt = _attempt(court, found.attempt_id, known)
    happened: datetime | None = attempt.get("happened_at")
    return happened if happened is not None and court_day(happened) == day else at_second(day, 0)


def _line(court: str, attempt_id: str | None, found: Standing, rows: Sequence[Raw], known: Mapping[str, Raw]) -> str:
    told, words = _attempt(court, attempt_id, known).get("text"), _words(found, rows)
    return f"{told}；{words}" if told else words


def _attempt(court: str, attempt_id: str | None, known: Mapping[str, Raw]) -> Raw:
    if attempt_id is None:
        return {}
    fields = {"text": 1, "happened_at": 1}
    return known.get(attempt_id) or store.attempts().find_one({"_id": attempt_id, "court": court}, fields) or {}


def _words(found: Standing, rows: Sequence[Raw]) -> str:
    if found.state == "served":
        return f"已送达，送达日期 {found.served_on}"
    if found.state == "awaiting":
        proposed = next((one["state"] for one in rows if one["status"] == "proposed"), RUNNING)
        return f"拟认定{STATES[proposed]}，待{'、'.join(CONFIRMERS[one] for one in found.awaits)}"
    return STATES[NONE]
