"""Changes that might let a visit in, before they are verified."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from routing.instance import Order
from routing.problem import Problem, Server, Visit

from .gaps import widened

# What giving way is worth apart from the plan's own price, in objective seconds; only the order of answers hangs on
# it. A window costs what it is widened by, overtime its weight, distance a minute a kilometre.
PAIN_S = {
    "free": 0,
    "value": 0,
    "displace": 0,
    "max_visits": 1800,
    "lock": 3600,
    "skill": 7200,
    "crew": 14400,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change not yet verified: `cost` orders them, `change` makes the problem, `orders` hold the visit."""

    code: str
    cost: float
    server: int
    orders: list[Order]
    change: Callable[[Problem], Problem]
    params: dict[str, Any]
    pain_s: int


def put(orders: Sequence[Order], node: int, server: int, gap: int) -> list[Order]:
    """The orders with the node before position `gap`."""
    return [[*order[:gap], node, *order[gap:]] if k == server else list(order) for k, order in enumerate(orders)]


def with_server(server: Server, **fields: Any) -> Callable[[Problem], Problem]:
    changed = replace(server, **fields)

    def change(problem: Problem) -> Problem:
        return replace(problem, servers=tuple(changed if one.id == server.id else one for one in problem.servers))

    return change


def with_visit(visit: Visit, **fields: Any) -> Callable[[Problem], Problem]:
    changed = replace(visit, **fields)

    def change(problem: Problem) -> Problem:
        return replace(problem, visits=tuple(changed if one.id == visit.id else one for one in problem.visits))

    return change


def window_change(wanted: Visit, at_s: int) -> tuple[str, Callable[[Problem], Problem], dict[str, Any], int]:
    """Code, change, parameters and pain of letting the visit start at this moment."""
    own, witness = widened(wanted.windows, at_s), widened(wanted.witness_windows, at_s)
    minutes = (
        sum(
            abs(new.start_s - old.start_s) + abs(new.end_s - old.end_s)
            for before, after in ((wanted.windows, own), (wanted.witness_windows, witness))
            for old, new in zip(before, after, strict=True)
        )
        // 60
    )
    params = {
        "minutes": minutes,
        "windows": [[window.start_s, window.end_s] for window in own if window not in wanted.windows],
        "witness": [[window.start_s, window.end_s] for window in witness if window not in wanted.witness_windows],
    }
    return "window", with_visit(wanted, windows=own, witness_windows=witness), params, minutes * 60
