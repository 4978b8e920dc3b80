"""Small days with any mixture of the model's rules and prices, tight enough for each of them to matter."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from routing import Break, Plan, Point, Problem, Route, Server, Visit, Weights, Window
from routing.plan import PlannedStop

from .days import HOUR, near

KINDS = (
    *("windows", "several windows", "witness", "breaks", "two breaks", "crew", "locks", "under way", "places"),
    *("skills", "recusal", "max visits", "max km", "overtime", "fairness", "buildings", "areas", "attendance"),
    *("not with", "late", "published", "modes", "open end", "mandatory", "short shift", "cheap travel"),
)
LUNCH = Break(Window(12 * HOUR, 13 * HOUR + 1800), HOUR)
TEA = Break(Window(10 * HOUR, 11 * HOUR), 900)


class Maker:
    """Draws a day from a seed; only the kinds of rules named turn up."""

    def __init__(self, seed: int, visits: int, servers: int, kinds: Collection[str]) -> None:
        self.rng = np.random.default_rng(seed)
        self.kinds = frozenset(kinds)
        self.names = [f"s{n}" for n in range(servers)]
        self.visits = visits

    def now(self, kind: str, share: float) -> bool:
        """Whether a kind that is wanted turns up here. Draws always, so that kinds do not disturb each other."""
        return bool(self.rng.random() < share) and kind in self.kinds

    def some(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def point(self) -> Point:
        return near(float(self.rng.integers(-8, 9)) * 1000, float(self.rng.integers(-8, 9)) * 1000)

    def spans(self, several: bool) -> tuple[Window, ...]:
        made = []
        for _ in range(2 if several else 1):
            opens = int(self.rng.integers(18, 32)) * 1800
            made.append(Window(opens, opens + self.some(0, 900, HOUR, 2 * HOUR)))
        return tuple(made)

    def server(self, name: str) -> Server:
        start = near(*self.some((0, 0), (4000, 1000), (-3000, 2500)))
        opens = 9 * HOUR
        hours = self.some(3, 4, 5) if self.now("short shift", 0.9) else 8
        pauses = [LUNCH] if self.now("breaks", 0.8) else []
        other = {one for one in self.names if one != name and self.now("not with", 0.4)}
        return Server(
            id=name,
            start=start,
            end=None if self.now("open end", 0.4) else start,
            shift=Window(opens, opens + hours * HOUR),
            breaks=tuple(pauses + ([TEA] if self.now("two breaks", 0.6) else [])),
            mode=self.some("car", "ebike", "transit", "bike") if self.now("modes", 0.7) else "car",
            skills=frozenset({"执行"}) if self.rng.random() < 0.6 else frozenset(),
            max_visits=self.some(1, 2, 3) if self.now("max visits", 0.5) else None,
            crew_ok=not self.now("crew", 0.15),
            overtime_s=self.some(1800, HOUR, 3 * HOUR) if self.now("overtime", 0.7) else 0,
            max_km=self.some(12.0, 25.0, 40.5) if self.now("max km", 0.5) else None,
            areas=frozenset({self.some("东片", "西片")}) if self.now("areas", 0.7) else frozenset(),
            fixed_cost=self.some(600, 3000, 9000) if self.now("attendance", 0.7) else 0,
            not_with=frozenset(other),
            ready_s=self.some(9 * HOUR + 1200, 11 * HOUR, 12 * HOUR + 600, 20 * HOUR)
            if self.now("late", 0.3)
            else None,
        )

    def visit(self, name: str) -> Visit:
        locked = self.some(*self.names, "absent") if self.now("locks", 0.4) else None
        place = self.some("first", "last") if self.now("places", 0.4) else None
        pinned = self.now("under way", 0.25)
        if (place or pinned) and locked is None:
            locked = self.some(*self.names)
        recused = {one for one in self.names if self.now("recusal", 0.3)} - {locked}
        worth = self.some(900, 1800, 3600, 7200, 20_000)
        return Visit(
            id=name,
            point=self.point(),
            service_s=self.some(0, 600, 1200, 2400, 3600),
            windows=self.spans(self.now("several windows", 0.5)) if self.now("windows", 0.5) else (),
            drop_penalty=None if self.now("mandatory", 0.3) else worth,
            skills=frozenset({"执行"}) if self.now("skills", 0.4) else frozenset(),
            crew=2 if self.now("crew", 0.35) else 1,
            building=self.some("甲楼", "乙楼") if self.now("buildings", 0.7) else None,
            locked_server=locked,
            pinned=pinned,
            witness_windows=self.spans(self.now("several windows", 0.5)) if self.now("witness", 0.4) else (),
            forbidden_servers=frozenset(recused),
            position=place,
            area=self.some("东片", "西片") if self.now("areas", 0.8) else None,
        )

    def weights(self) -> Weights:
        return Weights(
            travel_s=self.some(0, 1) if "cheap travel" in self.kinds else self.some(1, 1, 3),
            overtime_s=self.some(0, 1, 4, 10),
            fairness=self.some(60, 1500) if "fairness" in self.kinds else 0,
            split_building=self.some(600, 3000) if "buildings" in self.kinds else 0,
            disruption=self.some(0, 700, 5000) if "published" in self.kinds else 0,
            value=self.some(1, 1, 2),
            unknown_area=self.some(300, 2500) if "areas" in self.kinds else 0,
            reorder=self.some(0, 250, 2500) if "published" in self.kinds else 0,
        )

    def day(self) -> Problem:
        staff = tuple(self.server(name) for name in self.names)
        made = []
        ends: set[tuple[str | None, str]] = set()
        for n in range(self.visits):
            one = self.visit(f"v{n}")
            if one.position is not None and (one.locked_server, one.position) in ends:
                one = replace(one, position=None)
            if one.position is not None:
                ends.add((one.locked_server, one.position))
            made.append(one)
        return Problem(tuple(made), staff, weights=self.weights())

    def published(self, day: Problem) -> Plan | None:
        """A plan somebody once published: some visits gone since, one server too; its times do not matter."""
        if "published" not in self.kinds:
            return None
        led: dict[str, list[str]] = {name: [] for name in [*self.names, "gone"]}
        for visit_id in self.rng.permutation([*(visit.id for visit in day.visits), "cancelled"]):
            if self.rng.random() < 0.8:
                led[self.some(*led)].append(str(visit_id))
        routes = tuple(
            Route(name, tuple(PlannedStop(visit_id, 0, 0, 0, 0, 0) for visit_id in own)) for name, own in led.items()
        )
        return Plan(routes, (), 0, 0, 0, "published", 0, 0.0)


def small_day(seed: int, visits: int, servers: int, kinds: Collection[str]) -> tuple[Problem, Plan | None]:
    """A day and the plan published for it before, if that is one of the kinds."""
    maker = Maker(seed, visits, servers, kinds)
    day = maker.day()
    return day, maker.published(day)


@st.composite
def small_days(
    draw: st.DrawFn, fewest: int = 1, most: int = 6, servers: int = 3, without: Collection[str] = ()
) -> tuple[Problem, Plan | None]:
    """A small day with a mixture of kinds, and the plan published before (None mostly)."""
    kinds = draw(st.sets(st.sampled_from([kind for kind in KINDS if kind not in without])))
    seed = draw(st.integers(0, 2**32 - 1))
    return small_day(seed, draw(st.integers(fewest, most)), draw(st.integers(1, servers)), kinds)


def moved_points(day: Problem, change: Callable[[Point], Point]) -> Problem:
    """The day with every point changed."""
    return replace(
        day,
        visits=tuple(replace(visit, point=change(visit.point)) for visit in day.visits),
        servers=tuple(
            replace(one, start=change(one.start), end=None if one.end is None else change(one.end))
            for one in day.servers
        ),
    )
