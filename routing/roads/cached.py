"""An engine with a memory: asks only for the pairs its store does not know, within a bound, and counts the rest."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from routing.travel import Asked, HasLngLat, HaversineTravel, IntMatrix

from .asking import ask_missing
from .base import NO_ROUTE, UNKNOWN, Block, RoadEngine
from .fetched import FetchedTravel
from .report import FetchReport
from .store import Cells, PairStore, Row, RowKey, cells_of, place_of

# Answers that hold for free roads, or for the traffic of one moment, are kept as those of a calm hour.
CALM_HOUR = 11
# (pairs answered so far, pairs to ask for) → True to stop asking
OnProgress = Callable[[int, int], bool | None]
_BEIJING = timezone(timedelta(hours=8))


def beijing_hour() -> int:
    """The hour of the day now, Asia/Shanghai (no summer time)."""
    return datetime.now(_BEIJING).hour


@dataclass(frozen=True, slots=True, eq=False)
class CachedTravel:
    """Travel times by road: `engine` for what `store` does not know, `fallback` for what neither does.

    Answers for free roads, or for the traffic of now, are kept as those of a calm hour; `FetchedTravel` makes journeys
    of them. `seconds` bounds a fetch, network and all; at 0 nobody is asked.
    """

    engine: RoadEngine
    store: PairStore
    fallback: HaversineTravel = field(default_factory=HaversineTravel)
    seconds: float = 20.0
    hour_now: Callable[[], int] = beijing_hour

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        """See TravelTimes.matrix. Asks the network: plan with what `fetch` gives."""
        return self.matrices(points, [(mode, (hour,))])[0]

    def matrices(self, points: Sequence[HasLngLat], asked: Sequence[Asked]) -> list[tuple[IntMatrix, IntMatrix]]:
        """See SeveralTravelTimes."""
        return self.fetch(points, asked).matrices(points, asked)

    def fetch(
        self, points: Sequence[HasLngLat], asked: Sequence[Asked], on_progress: OnProgress | None = None
    ) -> FetchedTravel:
        """Everything `asked` over `points`, from store, engine and fallback; never raises for the engine's sake."""
        began = time.monotonic()
        report = FetchReport(self.engine.name)
        cells = np.unique(cells_of(points))
        pairs = len(cells) * (len(cells) - 1)
        rides = {}
        for profile, hour in self._needed(asked):
            report.pairs += pairs
            rides[profile, hour] = self._rides(cells, profile, hour, began + self.seconds, report, on_progress)
        strange = {mode for mode, _ in asked} - set(self.engine.profiles)
        report.pairs += pairs * len(strange)
        report.not_offered += pairs * len(strange)
        report.elapsed_s = time.monotonic() - began
        index = {int(cell): row for row, cell in enumerate(cells)}
        return FetchedTravel(index, rides, self.engine.profiles, self.fallback, report)

    def _needed(self, asked: Sequence[Asked]) -> list[tuple[str, int]]:
        offered = [(self.engine.profiles[mode].name, hours) for mode, hours in asked if mode in self.engine.profiles]
        return sorted({(profile, self._kept_hour(hour)) for profile, hours in offered for hour in hours})

    def _kept_hour(self, hour: int) -> int:
        return hour if self.engine.clock == "hour" else CALM_HOUR

    def _rides(
        self,
        cells: Cells,
        profile: str,
        hour: int,
        deadline: float,
        report: FetchReport,
        on_progress: OnProgress | None,
    ) -> Block:
        """Ride seconds and metres between all cells; UNKNOWN or NO_ROUTE where there are none."""
        rides = self._stored(cells, profile, hour)
        missing = rides.seconds == UNKNOWN
        report.cached += int(((rides.seconds >= 0) & ~np.eye(len(cells), dtype=bool)).sum())
        if self.seconds > 0 and missing.any():
            places = [place_of(int(cell)) for cell in cells]
            ask_missing(self.engine, places, profile, hour, _rectangular(missing), rides, deadline, report, on_progress)
            for one in (rides.seconds, rides.metres):
                np.fill_diagonal(one, 0)
            self._calm(rides, missing, profile)
            self._keep(cells, profile, hour, missing, rides)
        report.fetched += int((missing & (rides.seconds >= 0)).sum())
        report.no_route += int((rides.seconds == NO_ROUTE).sum())
        report.unanswered += int((rides.seconds == UNKNOWN).sum())
        return rides

    def _stored(self, cells: Cells, profile: str, hour: int) -> Block:
        rides = Block(*(np.full((len(cells), len(cells)), UNKNOWN, dtype=np.int32) for _ in range(2)))
        keys = [RowKey(self.engine.name, profile, hour, int(cell)) for cell in cells]
        rows = self.store.get_many(keys)
        for i, key in enumerate(keys):
            row = rows.get(key)
            if row is None or not len(row.targets):
                continue
            at = np.minimum(np.searchsorted(row.targets, cells), len(row.targets) - 1)
            hit = row.targets[at] == cells
            rides.seconds[i, hit] = row.seconds[at[hit]]
            rides.metres[i, hit] = row.metres[at[hit]]
        for one in (rides.seconds, rides.metres):
            np.fill_diagonal(one, 0)
        return rides

    def _calm(self, rides: Block, fresh: NDArray[np.bool_], profile: str) -> None:
        """Turns the traffic of this moment into that of the calm hour."""
        if self.engine.clock != "live":
            return
        mode = next(mode for mode, one in self.engine.profiles.items() if one.name == profile)
        answered = fresh & (rides.seconds > 0)
        factor = self.fallback.slowdown(mode, self.hour_now(), CALM_HOUR)
        rides.seconds[answered] = np.rint(rides.seconds[answered] * factor).astype(np.int32)

    def _keep(self, cells: Cells, profile: str, hour: int, asked: NDArray[np.bool_], rides: Block) -> None:
        rows = {}
        fresh = asked & (rides.seconds != UNKNOWN)
        for i in np.flatnonzero(fresh.any(axis=1)):
            key = RowKey(self.engine.name, profile, hour, int(cells[i]))
            rows[key] = Row(cells[fresh[i]], rides.seconds[i, fresh[i]], rides.metres[i, fresh[i]])
        if rows:
            self.store.put_many(rows)


def _rectangular(missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is missing, with the way from a place to itself where nearly all of its row is: fewer, larger blocks."""
    asked = missing.copy()
    np.fill_diagonal(asked, missing.sum(axis=1) * 2 > len(missing) - 1)
    return asked
