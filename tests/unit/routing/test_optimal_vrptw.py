"""The standard problem, small: the shortest distance by trying everything is what the optimiser finds."""

import math
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.check import check_vrptw_routes
from routing.problem import ProblemError
from routing.vrptw import solve_file

# Number, x, y, demand, ready, due, service.
Row = tuple[int, int, int, int, int, int, int]

HEAD = """SMALL

VEHICLE
NUMBER     CAPACITY
  {fleet}   {capacity}

CUSTOMER
CUST NO.  XCOORD. YCOORD. DEMAND READY DUE SERVICE

"""


def text_of(fleet: int, capacity: int, rows: list[Row]) -> str:
    return HEAD.format(fleet=fleet, capacity=capacity) + "\n".join("  ".join(map(str, row)) for row in rows) + "\n"


def tenths(one: Row, other: Row) -> int:
    """Tenths of the distance, truncated."""
    return math.isqrt(100 * ((one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2))


def round_trip(rows: list[Row], order: tuple[int, ...], capacity: int) -> int | None:
    """Tenths from the depot through the order and back; None if it cannot hold."""
    now = total = 0
    if sum(rows[customer][3] for customer in order) > capacity:
        return None
    for here, there in zip((0, *order), (*order, 0), strict=True):
        way = tenths(rows[here], rows[there])
        total += way
        now = max(now + 10 * rows[here][6] + way, 10 * rows[there][4])
        if now > 10 * rows[there][5]:
            return None
    return total


def shortest(fleet: int, capacity: int, rows: list[Row]) -> int | None:
    """Least total distance over all ways to share the customers among at most so many vehicles, in tenths."""
    everybody = frozenset(range(1, len(rows)))

    @cache
    def alone(customers: frozenset[int]) -> int | None:
        found = [round_trip(rows, order, capacity) for order in permutations(customers)]
        return min((one for one in found if one is not None), default=None)

    @cache
    def shared(customers: frozenset[int], vehicles: int) -> int | None:
        if not customers:
            return 0
        if not vehicles:
            return None
        first, *others = sorted(customers)
        best = None
        for chosen in range(1 << len(others)):
            own = frozenset([first, *(one for bit, one in enumerate(others) if chosen >> bit & 1)])
            part = alone(own)
            rest = None if part is None else shared(customers - own, vehicles - 1)
            if part is not None and rest is not None and (best is None or part + rest < best):
                best = part + rest
        return best

    return shared(everybody, fleet)


@st.composite
def tasks(draw: st.DrawFn, most: int = 6) -> tuple[int, int, list[Row]]:
    """Up to so many customers who can each be served alone; capacity and windows bind now and then."""
    place = st.integers(0, 60)
    rows: list[Row] = [(0, 30, 30, 0, 0, 400, 0)]
    for number in range(1, draw(st.integers(1, most)) + 1):
        row = (number, draw(place), draw(place), draw(st.integers(0, 8)))
        near = math.ceil(tenths((*row, 0, 0, 0), rows[0]) / 10)
        opens = draw(st.one_of(st.just(0), st.integers(near, 250)))
        rows.append(
            (*row, opens, max(opens, near) + draw(st.sampled_from([0, 5, 40, 100])), draw(st.sampled_from([0, 10])))
        )
    return draw(st.integers(1, 4)), draw(st.sampled_from([8, 12, 20, 100])), rows


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(tasks())
def test_the_shortest_distance_is_found(tmp_path: Path, task: tuple[int, int, list[Row]]) -> None:
    fleet, capacity, rows = task
    best = shortest(fleet, capacity, rows)
    file = tmp_path / "task.txt"
    file.write_text(text_of(fleet, capacity, rows), encoding="utf-8")
    if best is None:
        with pytest.raises(ProblemError):
            solve_file(file, seed=1, processes=1, iterations=50)
        return
    solution = solve_file(file, seed=1, processes=1, iterations=400)
    assert check_vrptw_routes(file, solution.routes, solution.distance) == []
    assert round(10 * solution.distance) == best
