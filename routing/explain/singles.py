"""What would let a visit of one server in: one rule at a time, its smallest amount over all gaps."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from routing.batch import batch_ends
from routing.instance import Instance
from routing.problem import Problem
from routing.slots import ENDLESS
from routing.timeline import metres_of

from .candidates import PAIN_S, Candidate, put, window_change, with_server, with_visit
from .desk import Desk
from .gaps import Spans, nearest_start, spans_of


def single_candidates(desk: Desk, visit: int) -> Iterator[Candidate]:
    """Candidates of a visit one server makes, over all servers who need not recuse themselves."""
    wanted = desk.instance.visits[visit]
    for k, server in enumerate(desk.instance.servers):
        if server.id in wanted.forbidden_servers:
            continue
        missing = sorted(wanted.skills - server.skills)
        locked = wanted.locked_server not in (None, server.id)
        if missing and locked:
            continue
        spans = spans_of(desk.builder, k, visit)
        if missing or locked:
            yield from _other_staff(desk, visit, spans, missing)
        else:
            yield from _own_rules(desk, visit, spans)


def _other_staff(desk: Desk, visit: int, spans: Spans, missing: list[str]) -> Iterator[Candidate]:
    """A skill the server lacks, or the lock on somebody else, given way."""
    fitting = _holding(desk, visit, spans)
    if not len(fitting.gap) or not desk.builder.room(spans.server):
        return
    wanted, server = desk.instance.visits[visit], desk.instance.servers[spans.server]
    if missing:
        change = with_server(server, skills=server.skills | wanted.skills)
        yield _made(desk, visit, fitting, "skill", change, {"skills": missing}, PAIN_S["skill"])
    else:
        change = with_visit(wanted, locked_server=None, position=None)
        yield _made(desk, visit, fitting, "lock", change, {"locked": wanted.locked_server}, PAIN_S["lock"])


def _own_rules(desk: Desk, visit: int, spans: Spans) -> Iterator[Candidate]:
    """What must give way for a server who may come: maximum, distance, window, shift, or the visit's value."""
    server = desk.instance.servers[spans.server]
    within, fitting = _within_km(desk, spans), _holding(desk, visit, spans)
    if not desk.builder.room(spans.server):
        if len(fitting.gap):
            more = with_server(server, max_visits=len(desk.orders[spans.server]) + 1)
            yield _made(desk, visit, fitting, "max_visits", more, {"visits": 1}, PAIN_S["max_visits"])
        return
    if len(fitting.gap):
        yield _worth(desk, visit, fitting)
        return
    if len(within.gap):
        yield _wider_window(desk, visit, within)
    yield from _more_km(desk, visit, spans)
    yield from _overtime(desk, visit, spans.server)


def _within_km(desk: Desk, spans: Spans) -> Spans:
    most = desk.instance.max_m[spans.server]
    if most < 0:
        return spans
    return spans.of(spans.extra_m <= most - metres_of(desk.instance, spans.server, desk.orders[spans.server]))


def _holding(desk: Desk, visit: int, spans: Spans) -> Spans:
    """The spans that keep distance and windows."""
    wanted, within = desk.instance.visits[visit], _within_km(desk, spans)
    return within.of(nearest_start(within, (wanted.windows, wanted.witness_windows))[1] <= 0)


def _price(desk: Desk, visit: int, spans: Spans, row: int) -> float:
    """Objective seconds of the visit in that span, its penalty apart."""
    beyond = desk.builder.extra_price(np.array([visit]), spans.server)[0]
    return float(desk.instance.problem.weights.travel_s * spans.extra_s[row] + beyond)


def _made(
    desk: Desk,
    visit: int,
    spans: Spans,
    code: str,
    change: Callable[[Problem], Problem],
    params: dict[str, Any],
    pain_s: int,
    row: int | None = None,
) -> Candidate:
    """A candidate at the given span, or at the cheapest."""
    row = int(np.argmin(spans.extra_s)) if row is None else row
    orders = put(desk.orders, visit, spans.server, int(spans.gap[row]))
    return Candidate(code, _price(desk, visit, spans, row) + pain_s, spans.server, orders, change, params, pain_s)


def _worth(desk: Desk, visit: int, spans: Spans) -> Candidate:
    """It fits and was left out: not worth it, or the search has not come to it."""
    row = int(np.argmin(spans.extra_s))
    short = _price(desk, visit, spans, row) - desk.instance.penalty[visit]
    if short < 0:
        return _made(desk, visit, spans, "free", lambda problem: problem, {}, PAIN_S["free"], row)
    wanted, scale = desk.instance.visits[visit], max(1, desk.instance.problem.weights.value)
    minutes = int(short // 60) + 1
    more = -(-minutes * 60 // scale)
    change = with_visit(wanted, drop_penalty=(wanted.drop_penalty or 0) + more)
    return _made(desk, visit, spans, "value", change, {"minutes": minutes}, minutes * 60, row)


def _wider_window(desk: Desk, visit: int, spans: Spans) -> Candidate:
    wanted = desk.instance.visits[visit]
    at, by = nearest_start(spans, (wanted.windows, wanted.witness_windows))
    least = np.flatnonzero(by == by.min())
    row = int(least[np.argmin(spans.extra_s[least])])
    return _made(desk, visit, spans, *window_change(wanted, int(at[row])), row)


def _more_km(desk: Desk, visit: int, spans: Spans) -> Iterator[Candidate]:
    server = desk.instance.servers[spans.server]
    wanted = desk.instance.visits[visit]
    rows = spans.of(nearest_start(spans, (wanted.windows, wanted.witness_windows))[1] <= 0)
    if server.max_km is None or not len(rows.gap):
        return
    row = int(np.argmin(rows.extra_m))
    over = metres_of(desk.instance, spans.server, desk.orders[spans.server]) + rows.extra_m[row] - server.max_km * 1000
    metres = -(-int(over) // 100) * 100
    change = with_server(server, max_km=(round(server.max_km * 1000) + metres) / 1000)
    yield _made(desk, visit, rows, "max_km", change, {"metres": metres, "km": metres / 1000}, round(0.06 * metres), row)


def _overtime(desk: Desk, visit: int, k: int) -> Iterator[Candidate]:
    """The fewest minutes past the shift with which some gap takes the visit, its windows kept."""
    order, server = desk.orders[k], desk.instance.servers[k]
    rows = np.array([[*order[:gap], visit, *order[gap:]] for gap in range(len(order) + 1)], dtype=np.int64)
    ends = batch_ends(_late(desk.instance, k), k, rows, desk.builder.table, desk.builder.appointments)
    if not (ends < ENDLESS).any():
        return
    gap = int(np.argmin(ends))
    late = int(ends[gap]) - desk.instance.latest_end(k)
    minutes = max(1, -(-late // 60))
    change = with_server(server, overtime_s=server.overtime_s + minutes * 60)
    pain = minutes * 60 * desk.instance.problem.weights.overtime_s
    cost = float(pain + desk.builder.extra_price(np.array([visit]), k)[0])
    orders = put(desk.orders, visit, k, gap)
    # The objective counts overtime itself: no more pain on top of it.
    yield Candidate("overtime", cost, k, orders, change, {"minutes": minutes}, 0)


def _late(instance: Instance, k: int) -> Instance:
    """The instance with no end to this server's day."""
    servers = list(instance.servers)
    servers[k] = replace(servers[k], overtime_s=24 * 3600)
    return replace(instance, servers=tuple(servers))
