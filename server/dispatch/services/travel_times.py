"""Which travel times a day is planned with: the court's own factors, and roads where a road engine is set up.

Planning fetches from the engine before it solves, within a bound of time. Prices of changes by hand and first answers
to what comes up use what is already known: they never wait for the network, and agree with the plan.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from routing import HaversineTravel, Point, Problem
from routing.instance import travel_asked, travel_places
from routing.roads import CachedTravel, RoadEngine
from routing.roads.http import Http
from server.config import RoadsSettings
from server.dispatch.services import travel_factors
from server.dispatch.travel_store import MongoRows

log = logging.getLogger(__name__)
_lock = Lock()
# court → (set planned with, its travel times): the same object each time, so that matrices are found again.
_learnt: dict[str, tuple[str, HaversineTravel]] = {}


@dataclass(frozen=True, slots=True)
class Roads:
    """A road engine as it is set up: `courts` whose days it serves (empty: all)."""

    engine: RoadEngine
    settings: RoadsSettings

    def serves(self, court: str) -> bool:
        courts = self.settings.court_list
        return not courts or court in courts


_roads: list[Roads | None] = [None]


def use(engine: RoadEngine | None, settings: RoadsSettings) -> None:
    """The road engine of this process; None: travel times are estimated."""
    _roads[0] = Roads(engine, settings) if engine else None


def learnt(court: str) -> HaversineTravel:
    """The embedded travel times with what this court has learnt."""
    kept = travel_factors.newest(court=court)
    version = f"{kept.id} {kept.made_at}" if kept else ""
    with _lock:
        before = _learnt.get(court)
        if before is None or before[0] != version:
            before = _learnt[court] = (version, travel_factors.factors_of(kept).travel())
        return before[1]


def on_roads(
    problem: Problem,
    *,
    court: str,
    ask: bool = False,
    on_progress: Callable[[int, int], bool | None] | None = None,
) -> tuple[Problem, dict[str, Any]]:
    """The problem with this court's travel times, and what fetching them came to ({} when nothing was fetched).

    `ask`: the road engine may be asked, for as long as the settings allow. What no road answers is estimated.
    """
    travel = learnt(court)
    roads = _roads[0]
    if roads is None or not roads.serves(court):
        return dataclasses.replace(problem, travel=travel), {}
    seconds = float(roads.settings.seconds) if ask else 0.0
    source = CachedTravel(roads.engine, MongoRows(keep_days=int(roads.settings.keep_days)), travel, seconds)
    fetched = source.fetch(list(travel_places(problem)), travel_asked(problem), on_progress)
    if ask and fetched.report.estimated:
        told = fetched.report.document()
        log.warning(
            "travel times by %s: %s of %s pairs estimated, %s",
            told["engine"],
            told["estimated"],
            told["pairs"],
            told["errors"],
        )
    return dataclasses.replace(problem, travel=fetched), fetched.report.document()


def ask_once(start: Point, end: Point) -> tuple[str, int, int] | None:
    """(engine, seconds, metres) of one drive, asked now and not remembered; None without an engine; negative numbers
    where it knows no way. Raises RoadError.
    """
    roads = _roads[0]
    if roads is None:
        return None
    engine = roads.engine
    profile = next(iter(engine.profiles.values()))
    with Http(deadline=time.monotonic() + float(roads.settings.seconds)) as http:
        block = engine.block(http, [(start.lng, start.lat)], [(end.lng, end.lat)], profile.name, 11)
    return engine.name, int(block.seconds[0, 0]), int(block.metres[0, 0])
