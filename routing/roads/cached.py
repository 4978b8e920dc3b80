"""An engine with a memory: asks only for the pairs its store does not know, within a bound, and counts the rest."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from routing.travel import SAME_PLACE_M, Asked, FloatMatrix, HasLngLat, HaversineTravel, IntMatrix, whole

from .asking import ask_missing
from .base import NO_ROUTE, UNKNOWN, Block, Profile, RoadEngine
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

    The engine's rides become journeys with the fallback's numbers: its loss per journey is added (parking, waiting),
    answers for free roads or for now are stretched by its ratio of speeds to the hour asked, and no journey is slower
    than walking the same way. `seconds` bounds a fetch, network and all; at 0 nobody is asked.
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
        cells, first = np.unique(cells_of(points), return_index=True)
        places = [points[int(one)] for one in first]
        rides: dict[tuple[str, int], Block] = {}
        for profile, hour in self._needed(asked):
            report.pairs += len(cells) * (len(cells) - 1)
            rides[profile, hour] = self._rides(cells, profile, hour, began + self.seconds, report, on_progress)
        estimates = self.fallback.matrices(places, asked)
        tables = {}
        for one, estimate in zip(asked, estimates, strict=True):
            if one[0] not in self.engine.profiles:
                report.pairs += len(cells) * (len(cells) - 1)
                report.not_offered += len(cells) * (len(cells) - 1)
                tables[one] = estimate
            else:
                tables[one] = self._journeys(one, rides, estimate)
        report.elapsed_s = time.monotonic() - began
        return FetchedTravel({int(cell): row for row, cell in enumerate(cells)}, tables, self.fallback, report)

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

    def _journeys(
        self, asked: Asked, rides: dict[tuple[str, int], Block], estimate: tuple[IntMatrix, IntMatrix]
    ) -> tuple[IntMatrix, IntMatrix]:
        """The mean journey over the hours asked, door to door; the estimate where a ride is missing."""
        mode, hours = asked
        profile = self.engine.profiles[mode]
        seconds = np.zeros(estimate[0].shape, dtype=np.float64)
        metres, known = np.zeros_like(seconds), np.ones(seconds.shape, dtype=np.bool_)
        for hour in hours:
            block = rides[profile.name, self._kept_hour(hour)]
            known &= block.seconds >= 0
            metres += block.metres / len(hours)
            seconds += self._journey_s(block, profile, mode, hour) / len(hours)
        near = metres < SAME_PLACE_M
        seconds[near & known] = 0.0
        return (
            np.where(known, whole(seconds), estimate[0]).astype(np.int32),
            np.where(known, whole(metres), estimate[1]).astype(np.int32),
        )

    def _journey_s(self, block: Block, profile: Profile, mode: str, hour: int) -> FloatMatrix:
        metres = block.metres.astype(np.float64)
        if profile.timed:
            ride_s = block.seconds * self.fallback.slowdown(mode, self._kept_hour(hour), hour)
        else:
            ride_s = metres * (3.6 / self.fallback.speed_of(mode, hour))
        walk_s = metres * (3.6 / self.fallback.speed_of("walk", hour))
        return np.asarray(np.minimum(ride_s + self.fallback.paces[mode].overhead_s, walk_s), dtype=np.float64)


def _rectangular(missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is missing, with the way from a place to itself where nearly all of its row is: fewer, larger blocks."""
    asked = missing.copy()
    np.fill_diagonal(asked, missing.sum(axis=1) * 2 > len(missing) - 1)
    return asked
