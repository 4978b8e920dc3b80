"""Which rides the visits of a day tell of: from "departed" to "arrived" as reported. Values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from routing import Point
from routing.travel_learning import Drive
from server.core.clock import COURT_ZONE
from server.dispatch.planning import lng_lat

Raw = Mapping[str, Any]
# A position vaguer than this says no more about where a ride began than the last door does.
_ACCURACY_M = 150.0


def rides_of_day(visits: Sequence[Raw], entries: Iterable[Raw]) -> list[Drive]:
    """A ride per visit and person who reported both steps. No metres: positions of phones belong to `field`."""
    modes = {entry["server_id"]: entry["mode"] for entry in entries}
    starts = {entry["server_id"]: lng_lat(entry["start"]) for entry in entries}
    rides = []
    for visit in visits:
        end = lng_lat(visit.get("point"))
        if end is None:
            continue
        for person, departed, arrived in _rides(visit):
            start = _fix(departed) or _last_door(visits, person, departed) or starts.get(person)
            if start is None or person not in modes:
                continue
            left = departed["happened_at"].astimezone(COURT_ZONE)
            seconds = (arrived["happened_at"] - departed["happened_at"]).total_seconds()
            rides.append(Drive(Point(*start), Point(*end), modes[person], left.hour, seconds))
    return rides


def _rides(visit: Raw) -> Iterable[tuple[str, Raw, Raw]]:
    """(person, departed, arrived): the first arrival of each person, and that person's last departure before it."""
    steps = sorted(visit.get("progress") or (), key=lambda one: one["happened_at"])
    departed: dict[str, Raw] = {}
    done: set[str] = set()
    for step in steps:
        person = step["by"]
        if step["kind"] == "depart" and person not in done:
            departed[person] = step
        elif step["kind"] == "arrive" and person in departed and person not in done:
            done.add(person)
            yield person, departed[person], step


def _fix(step: Raw) -> tuple[float, float] | None:
    fix = step.get("fix")
    return lng_lat(fix["point"]) if fix and fix["accuracy_m"] <= _ACCURACY_M else None


def _last_door(visits: Sequence[Raw], person: str, departed: Raw) -> tuple[float, float] | None:
    """The last door this person stood at before they set out."""
    latest, place = None, None
    for visit in visits:
        for step in visit.get("progress") or ():
            at = step["happened_at"]
            if step["by"] != person or step["kind"] != "arrive" or at > departed["happened_at"]:
                continue
            if latest is None or at > latest:
                latest, place = at, lng_lat(visit.get("point"))
    return place
