"""What comes in and what comes of a visit: drawn by chance, the same for the same seed whatever the staffing.

Every visit carries its own stream of numbers, so that two staffings meet the very same month: a visit that is made at
ten o'clock on its first try has the same luck in both.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from routing.problem import Point, Window

from .model import HOURS, OFFICE, Assumptions, Kind

_METRES_PER_DEGREE = 111_195.0


@dataclass(slots=True)
class Open:
    """A visit not done yet. Days are working days of the month; before the month they are negative."""

    number: int
    kind: Kind
    point: Point
    crew: int
    came_on: int
    due_on: int
    hearing_on: int | None
    urgent_from_s: int | None
    luck: tuple[float, ...]
    tries: int = 0
    not_before: int = 0
    windows: tuple[Window, ...] = field(default=())

    def served_by(self, start_s: int) -> bool:
        """Whether standing at the door at this second serves; counts as a try."""
        chance = self.kind.success[min(start_s // 3600, HOURS - 1)]
        if self.tries:
            chance = min(1.0, chance * self.kind.again)
        lucky = self.luck[min(self.tries, len(self.luck) - 1)] < chance
        self.tries += 1
        return lucky


class Load:
    """Arrivals of every day of the month, drawn once."""

    def __init__(self, assumptions: Assumptions, days: int, seed: int) -> None:
        self.assumptions = assumptions
        self._rng = np.random.default_rng(seed)
        self._number = 0
        shares = np.array([kind.share for kind in assumptions.kinds], dtype=np.float64)
        self._shares = shares / shares.sum()
        mean = sum(assumptions.weekdays) / len(assumptions.weekdays)
        self._factors = [factor / mean for factor in assumptions.weekdays]
        self._areas = np.array([area.per_day for area in assumptions.areas], dtype=np.float64)
        # The backlog came in over the last days before the month.
        self.waiting = [
            self._visit(-1 - int(self._rng.integers(0, 5)), self._area()) for _ in range(assumptions.backlog)
        ]
        self.arriving = [self._day(day) for day in range(days)]

    def _area(self) -> int:
        total = self._areas.sum()
        if total <= 0:
            return int(self._rng.integers(len(self._areas)))
        return int(self._rng.choice(len(self._areas), p=self._areas / total))

    def _day(self, day: int) -> list[Open]:
        factor = self._factors[day % len(self._factors)]
        counts = self._rng.poisson(self._areas * factor)
        return [self._visit(day, area) for area, count in enumerate(counts) for _ in range(int(count))]

    def _visit(self, day: int, area: int) -> Open:
        rng, assumed = self._rng, self.assumptions
        kind = assumed.kinds[int(rng.choice(len(self._shares), p=self._shares))]
        crew = 2 if rng.random() < kind.crew_share else 1
        hearing = day + int(rng.integers(assumed.hearing_days[0], assumed.hearing_days[1] + 1))
        has_hearing, is_urgent = rng.random() < assumed.hearing_share, rng.random() < assumed.urgent_share
        due = day + int(rng.integers(assumed.due_days[0], assumed.due_days[1] + 1))
        came_s = int(rng.integers(OFFICE.start_s, 14 * 3600))
        point = self._point(area)
        luck = tuple(float(one) for one in rng.random(assumed.tries))
        self._number += 1
        urgent = is_urgent and day >= 0
        return Open(
            number=self._number,
            kind=kind,
            point=point,
            crew=crew,
            came_on=day,
            due_on=day if urgent else min(due, hearing) if has_hearing else due,
            hearing_on=hearing if has_hearing else None,
            urgent_from_s=came_s if urgent else None,
            luck=luck,
            # What came in today is on tomorrow's routes, unless it cannot wait.
            not_before=day if urgent else day + 1,
            windows=kind.windows,
        )

    def _point(self, area: int) -> Point:
        where = self.assumptions.areas[area]
        away, turn = where.radius_m * math.sqrt(self._rng.random()), 2 * math.pi * self._rng.random()
        lat = where.centre.lat + away * math.sin(turn) / _METRES_PER_DEGREE
        shrink = math.cos(math.radians(where.centre.lat))
        lng = where.centre.lng + away * math.cos(turn) / (_METRES_PER_DEGREE * max(0.1, shrink))
        return Point(lng, lat)
