"""Court days to plan: made up by seed from real places, or read from a court's export.

A *plain* day holds only what VROOM, PyVRP, OR-Tools and we can all say: at most one window, one break, skills, a
maximum of visits, a price for leaving each visit out. A *full* day adds what a court needs besides: crews of two,
several windows, witness windows, same buildings, mandatory visits, fairness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.court_day import load_day
from routing import Break, Mode, Point, Problem, Server, Visit, Weights, Window

Kind = Literal["plain", "full"]

ROOT = Path(__file__).resolve().parents[2]
REAL_DAYS = {
    "real 160": ROOT / "server/demo/data/day-2026-11-24",
    "real 600": ROOT / "bench/data/day-2026-11-25-large",
}
# Visits of a made-up day → servers on duty, a few too few for everything: courts have no spare ones. A full day takes
# a sixth more, since crews count twice.
SERVERS = {12: 2, 100: 4, 400: 15, 1000: 38}
FULL_EXTRA = 6
HOUR = 3600
# Two kinds of shift; a fifth of the servers works late. Lunch lies in 11:30–13:30 for both.
DAY_SHIFT, LATE_SHIFT = Window(30_600, 64_800), Window(37_800, 72_000)
LUNCH_OPENS_S, LUNCH_CLOSES_S = 41_400, 48_600
LUNCH_S = (2_700, 3_000, 3_600)
MODES: tuple[Mode, ...] = ("ebike", "car", "transit", "walk")
MODE_SHARES = (0.45, 0.3, 0.2, 0.05)
MOST_VISITS = {"ebike": 34, "car": 36, "transit": 26, "walk": 22}
SKILLS = ("行政执行", "执法记录仪")
# What leaving a visit for another day costs, by urgency, in objective seconds; and how common that urgency is.
PENALTIES = (3_600, 5_400, 7_200, 14_400)
PENALTY_SHARES = (0.5, 0.17, 0.17, 0.16)
# Single windows people give, and how common: none, working hours, noon, evening, an appointment of an hour.
WINDOWS: tuple[tuple[Window, ...], ...] = (
    (),
    (Window(9 * HOUR, 12 * HOUR),),
    (Window(14 * HOUR, 17 * HOUR),),
    (Window(12 * HOUR, 14 * HOUR),),
    (Window(17 * HOUR, 19 * HOUR + 1_800),),
)
WINDOW_SHARES = (0.54, 0.14, 0.13, 0.05, 0.08, 0.06)
APPOINTMENT_HOURS = (9, 10, 11, 13, 14, 15, 16)
# Before or after work: two windows.
TWO_WINDOWS = (Window(8 * HOUR + 1_800, 10 * HOUR), Window(16 * HOUR + 1_800, 19 * HOUR))
WITNESS = ((Window(9 * HOUR, 11 * HOUR + 1_800),), (Window(14 * HOUR, 16 * HOUR + 1_800),))
SERVICE_MIN, CREW_EXTRA_S = (9, 17), 240
CREW_SHARE, TWO_WINDOW_SHARE, WITNESS_SHARE, MANDATORY_SHARE = 0.08, 0.08, 0.06, 0.02
SAME_BUILDING_SHARE = 0.12
# Visits crowd into quarters: one quarter per so many visits, places drawn from the nearest of the pool.
VISITS_PER_QUARTER, PLACES_PER_QUARTER = 12, 10
CITY_RADIUS_M = 11_000.0
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Day:
    """A problem with the name it shares in tables with the same kind of day of other seeds."""

    group: str
    problem: Problem

    @property
    def visits(self) -> int:
        return len(self.problem.visits)


@cache
def _real_day(name: str) -> Problem:
    return load_day(REAL_DAYS[name])


def real_days(kind: Kind) -> list[Day]:
    """The days as exported; *plain* without what only some engines can say."""
    return [
        Day(f"{name}, {kind}", plain(_real_day(name)) if kind == "plain" else _real_day(name)) for name in REAL_DAYS
    ]


def plain(problem: Problem) -> Problem:
    """The problem without crews and soft rules, so that every engine means the same by its objective."""
    visits = tuple(
        Visit(
            id=visit.id,
            point=visit.point,
            service_s=visit.service_s,
            windows=visit.windows[:1],
            drop_penalty=PENALTIES[-1] if visit.drop_penalty is None else visit.drop_penalty,
            skills=visit.skills,
        )
        for visit in problem.visits
    )
    return Problem(visits, problem.servers, problem.travel, Weights(fairness=0, split_building=0))


@cache
def _pool() -> tuple[Point, NDArray[np.float64]]:
    """The court's door, and the real doors of both exported days within the city: n×2 (lng, lat)."""
    large = _real_day("real 600")
    court = large.servers[0].start
    doors = np.array([(v.point.lng, v.point.lat) for day in REAL_DAYS for v in _real_day(day).visits])
    return court, doors[_metres(doors, np.array([court.lng, court.lat])) < CITY_RADIUS_M]


def _metres(doors: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flat-earth metres, good enough to tell near from far within a city."""
    scale = np.array([math.cos(math.radians(float(centre[1]))), 1.0]) * METRES_PER_DEGREE
    return np.asarray(np.hypot(*((doors - centre) * scale).T), dtype=np.float64)


def made_up_day(visits: int, kind: Kind, seed: int, servers: int | None = None) -> Day:
    """A day by seed: the same seed gives the same day on every machine."""
    rng = np.random.default_rng([seed, visits])
    made = _Maker(rng, visits, kind).visits()
    usual = SERVERS[visits] + (round(SERVERS[visits] / FULL_EXTRA) if kind == "full" else 0)
    roster = _roster(rng, usual if servers is None else servers)
    weights = Weights(fairness=0, split_building=0) if kind == "plain" else Weights()
    return Day(f"{visits} visits, {kind}", Problem(made, roster, weights=weights))


class _Maker:
    """Draws the visits of one day; the same draws for both kinds, so that a full day is its plain day with more."""

    def __init__(self, rng: np.random.Generator, count: int, kind: Kind) -> None:
        self.rng = rng
        self.count = count
        self.kind = kind
        _, pool = _pool()
        quarters = max(2, count // VISITS_PER_QUARTER)
        self.centres = pool[rng.integers(len(pool), size=quarters)]
        # A few quarters have many cases, many have few.
        self.shares = 1.0 / (2.0 + np.arange(quarters))
        self.shares /= self.shares.sum()
        self.pool = pool
        self.doors: list[tuple[Point, str]] = []

    def visits(self) -> tuple[Visit, ...]:
        return tuple(self._visit(number) for number in range(self.count))

    def _door(self) -> tuple[Point, str]:
        """A door and its building: now and then one that is visited already."""
        if self.doors and self.rng.random() < SAME_BUILDING_SHARE:
            return self.doors[int(self.rng.integers(len(self.doors)))]
        centre = self.centres[int(self.rng.choice(len(self.centres), p=self.shares))]
        near = np.argsort(_metres(self.pool, centre), kind="stable")[:PLACES_PER_QUARTER]
        lng, lat = self.pool[int(self.rng.choice(near))] + self.rng.normal(0.0, 220.0, 2) / METRES_PER_DEGREE
        door = (Point(round(float(lng), 6), round(float(lat), 6)), f"B{len(self.doors):04d}")
        self.doors.append(door)
        return door

    def _pick(self, shares: tuple[float, ...]) -> int:
        return int(self.rng.choice(len(shares), p=shares))

    def _visit(self, number: int) -> Visit:
        point, building = self._door()
        service_s = 60 * int(self.rng.integers(*SERVICE_MIN))
        choice, hour = self._pick(WINDOW_SHARES), int(self.rng.choice(APPOINTMENT_HOURS))
        windows = (*WINDOWS, (Window(hour * HOUR, (hour + 1) * HOUR),))[choice]
        penalty = PENALTIES[self._pick(PENALTY_SHARES)]
        skills = frozenset({SKILLS[self._pick((0.5, 0.5))]}) if self.rng.random() < 0.16 else frozenset[str]()
        crew, two, witness, mandatory = self.rng.random(4)
        witness_at = WITNESS[self._pick((0.5, 0.5))]
        any_time = not windows and two >= TWO_WINDOW_SHARE
        if self.kind == "plain":
            return Visit(f"M{number:04d}", point, service_s, windows, penalty, skills)
        return Visit(
            id=f"M{number:04d}",
            point=point,
            service_s=service_s + (CREW_EXTRA_S if crew < CREW_SHARE else 0),
            windows=TWO_WINDOWS if two < TWO_WINDOW_SHARE else windows,
            # A visit at an hour the witness never has could not be planned: they are asked when any time will do.
            witness_windows=witness_at if any_time and witness < WITNESS_SHARE / WINDOW_SHARES[0] else (),
            drop_penalty=None if mandatory < MANDATORY_SHARE and crew >= CREW_SHARE else penalty,
            skills=skills,
            crew=2 if crew < CREW_SHARE else 1,
            building=building,
        )


def _roster(rng: np.random.Generator, count: int) -> tuple[Server, ...]:
    """Servers: most leave from the court and come back, some leave from home; every skill is there."""
    court, pool = _pool()

    def draw(share: float) -> bool:
        return bool(rng.random() < share)

    made = []
    for number in range(count):
        mode = MODES[int(rng.choice(len(MODES), p=MODE_SHARES))]
        lunch_s = int(rng.choice(LUNCH_S))
        home = Point(*(float(value) for value in pool[int(rng.integers(len(pool)))]))
        made.append(
            Server(
                id=f"S{number:02d}",
                start=home if draw(0.15) else court,
                end=court,
                shift=LATE_SHIFT if number % 5 == 4 else DAY_SHIFT,
                breaks=(Break(Window(LUNCH_OPENS_S, LUNCH_CLOSES_S), lunch_s),),
                mode=mode,
                skills=frozenset(skill for place, skill in enumerate(SKILLS) if number % 2 == place or draw(0.25)),
                max_visits=MOST_VISITS[mode],
                crew_ok=not draw(0.1),
            )
        )
    return tuple(made)
