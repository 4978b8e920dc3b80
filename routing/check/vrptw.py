"""`check_vrptw`: does a solution of a Solomon or Gehring & Homberger instance hold, and is its distance as stated?

Convention of the 12th DIMACS challenge: distances and travel times are Euclidean, truncated to one decimal; the
objective is distance alone. Everything is counted in tenths, as integers. Reads both files itself.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.plan import Violation

from .unreadable import UnreadableError

_ROUTE = re.compile(r"route\s*#?\s*\d*\s*:(.*)", re.IGNORECASE)
_COST = re.compile(r"(?:cost|distance)\s*:?\s*([0-9.]+)", re.IGNORECASE)
_NODE_FIELDS = 7


@dataclass(frozen=True, slots=True)
class _Node:
    """Depot (number 0) or customer; times in tenths."""

    x: float
    y: float
    demand: float
    ready: int
    due: int
    service: int


@dataclass(frozen=True, slots=True)
class _Task:
    fleet: int
    capacity: float
    nodes: list[_Node]


@dataclass(frozen=True, slots=True)
class _Solution:
    """Routes of customer numbers; distance in tenths and vehicles as stated, None if not."""

    routes: list[list[int]]
    distance: int | None
    vehicles: int | None


def check_vrptw(instance_file: Path | str, solution_file: Path | str) -> list[Violation]:
    """Every broken rule; empty means the solution holds. The solution is JSON as `routing solve` prints it
    (`routes`, `distance`, optionally `vehicles`) or text like CVRPLIB's (`Route #1: …`, `Cost …`).

    Raises UnreadableError for files that are neither.
    """
    return judge(_read_task(Path(instance_file)), read_solution(Path(solution_file)))


def check_vrptw_routes(
    instance_file: Path | str, routes: Sequence[Sequence[int]], distance: float | None
) -> list[Violation]:
    """`check_vrptw` for a solution in memory: routes of customer numbers and the distance stated for them."""
    stated = None if distance is None else round(distance * 10)
    return judge(_read_task(Path(instance_file)), _Solution([list(route) for route in routes], stated, None))


def _read_task(path: Path) -> _Task:
    try:
        rows = [_numbers(line) for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"无法读取文件 {path.name}") from error
    fleet = next((row for row in rows if len(row) == 2), None)
    customers = [row for row in rows if len(row) == _NODE_FIELDS]
    if fleet is None or not customers or [row[0] for row in customers] != list(range(len(customers))):
        raise UnreadableError(f"{path.name} 不是 Solomon 格式的实例")
    return _Task(
        int(fleet[0]),
        fleet[1],
        [_Node(x, y, demand, _tenths(a), _tenths(b), _tenths(s)) for _, x, y, demand, a, b, s in customers],
    )


def _numbers(line: str) -> list[float]:
    """The numbers of a line that holds nothing else; empty for any other line."""
    try:
        found = [float(word) for word in line.split()]
    except ValueError:
        return []
    return found if all(map(math.isfinite, found)) else []


def _tenths(value: float) -> int:
    return round(value * 10)


def read_solution(path: Path) -> _Solution:
    """A solution file of either kind. Raises UnreadableError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"无法读取文件 {path.name}") from error
    try:
        return _from_json(json.loads(text)) if text.lstrip().startswith("{") else _from_text(text)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise UnreadableError(f"{path.name} 不是可读的解") from error


def _from_json(content: Any) -> _Solution:
    routes = [[_customer(one) for one in route] for route in content["routes"]]
    distance, vehicles = content.get("distance"), content.get("vehicles")
    return _Solution(routes, None if distance is None else _tenths(distance), vehicles)


def _customer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("customers are whole numbers")
    return value


def _from_text(text: str) -> _Solution:
    lines = [line.strip() for line in text.splitlines()]
    routes = [[int(word) for word in match.group(1).split()] for match in map(_ROUTE.match, lines) if match]
    cost = next((match for match in map(_COST.match, lines) if match), None)
    if not routes and cost is None:
        raise ValueError("neither routes nor cost")
    return _Solution(routes, None if cost is None else _tenths(float(cost.group(1))), None)


def judge(task: _Task, solution: _Solution) -> list[Violation]:
    """Every broken rule of a solution."""
    used = [route for route in solution.routes if route]
    found = list(_each_once(task, used))
    unknown = any(violation.code == "vrptw.customer_unknown" for violation in found)
    if len(used) > task.fleet:
        found.append(Violation("vrptw.fleet", params={"used": len(used), "fleet": task.fleet}))
    if solution.vehicles is not None and solution.vehicles != len(used):
        found.append(Violation("vrptw.vehicles", params={"used": len(used), "stated": solution.vehicles}))
    if unknown:
        return found
    total = 0
    for number, route in enumerate(used, 1):
        found += _route(task, number, route)
        total += sum(_far(task.nodes[a], task.nodes[b]) for a, b in zip([0, *route], [*route, 0], strict=True))
    if solution.distance is None:
        found.append(Violation("vrptw.distance_missing", params={"right": total / 10}))
    elif solution.distance != total:
        found.append(Violation("vrptw.distance", params={"stated": solution.distance / 10, "right": total / 10}))
    return found


def _each_once(task: _Task, used: Sequence[Sequence[int]]) -> Iterator[Violation]:
    times = Counter(customer for route in used for customer in route)
    for customer in range(1, len(task.nodes)):
        if not times[customer]:
            yield Violation("vrptw.customer_lost", visit_id=str(customer))
        if times[customer] > 1:
            yield Violation("vrptw.customer_twice", visit_id=str(customer), params={"times": times[customer]})
    for customer in times:
        if not 0 < customer < len(task.nodes):
            yield Violation("vrptw.customer_unknown", visit_id=str(customer))


def _route(task: _Task, number: int, route: Sequence[int]) -> Iterator[Violation]:
    depot = task.nodes[0]
    load = sum(task.nodes[customer].demand for customer in route)
    if load > task.capacity:
        yield Violation("vrptw.capacity", params={"route": number, "load": load, "capacity": task.capacity})
    now, here = depot.ready, depot
    for customer in route:
        there = task.nodes[customer]
        now = max(now + _far(here, there), there.ready)
        if now > there.due:
            params = {"route": number, "late": (now - there.due) / 10}
            yield Violation("vrptw.late", visit_id=str(customer), params=params)
        now, here = now + there.service, there
    late = now + _far(here, depot) - depot.due
    if late > 0:
        yield Violation("vrptw.depot_late", params={"route": number, "late": late / 10})


def _far(one: _Node, other: _Node) -> int:
    """Tenths of the Euclidean distance, truncated; exact for whole coordinates."""
    square = 100 * ((one.x - other.x) ** 2 + (one.y - other.y) ** 2)
    return math.isqrt(int(square)) if square == int(square) else math.floor(math.sqrt(square))
