"""What would let a visit of two servers in: a wider window, or one more person at hand."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from routing.problem import Point, Problem, Server, Visit
from routing.slots import Floats

from .candidates import PAIN_S, Candidate, put, window_change
from .desk import Desk
from .gaps import Spans, nearest_start, spans_of

# The id of the person who is not there yet.
EXTRA_ID = "+1"


def crew_candidates(desk: Desk, visit: int) -> Iterator[Candidate]:
    """Candidates over all pairs of gaps of two servers who may make a crew of it."""
    second = visit + desk.instance.n
    spans = {k: spans_of(desk.builder, k, visit) for k in sorted(_comers(desk, visit)) if desk.builder.room(k)}
    leads = _together(spans, (k for k in spans if _may_lead(desk, visit, k)))
    seconds = _together(spans, (k for k in spans if k in desk.instance.allowed[second]))
    yield from _meeting_otherwise(desk, visit, leads, seconds)
    yield from _one_more(desk, visit, leads)


def _comers(desk: Desk, visit: int) -> set[int]:
    wanted = desk.instance.visits[visit]
    return {k for k, one in enumerate(desk.instance.servers) if one.crew_ok and one.id not in wanted.forbidden_servers}


def _may_lead(desk: Desk, visit: int, k: int) -> bool:
    wanted, server = desk.instance.visits[visit], desk.instance.servers[k]
    return wanted.skills <= server.skills and wanted.locked_server in (None, server.id)


_Columns = tuple[NDArray[np.int64], Spans]


def _together(spans: dict[int, Spans], servers: Iterable[int]) -> _Columns:
    """The spans of several servers as one, and whose each is."""
    chosen = [spans[k] for k in servers]
    if not chosen:
        nothing = np.zeros(0)
        return np.zeros(0, dtype=np.int64), Spans(-1, np.zeros(0, dtype=np.int64), nothing, nothing, nothing, nothing)

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(one, name) for one in chosen])

    whose = np.concatenate([np.full(len(one.gap), one.server, dtype=np.int64) for one in chosen])
    gap = np.concatenate([one.gap for one in chosen])
    return whose, Spans(-1, gap, joined("earliest"), joined("latest"), joined("extra_s"), joined("extra_m"))


def _meeting_otherwise(desk: Desk, visit: int, leads: _Columns, seconds: _Columns) -> Iterator[Candidate]:
    """The pair that can meet least outside the windows; one that meets inside them is free, or not worth it."""
    wanted = desk.instance.visits[visit]
    one = np.repeat(np.arange(len(leads[0])), len(seconds[0]))
    other = np.tile(np.arange(len(seconds[0])), len(leads[0]))
    earliest = np.maximum(leads[1].earliest[one], seconds[1].earliest[other])
    latest = np.minimum(leads[1].latest[one], seconds[1].latest[other])
    good = (earliest <= latest) & (leads[0][one] != seconds[0][other])
    for pair in desk.instance.apart:
        a, b = sorted(pair)
        good &= ~(np.isin(leads[0][one], (a, b)) & np.isin(seconds[0][other], (a, b)))
    one, other, earliest, latest = one[good], other[good], earliest[good], latest[good]
    if not len(one):
        return
    extra = leads[1].extra_s[one] + seconds[1].extra_s[other]
    at, by = nearest_start(Spans(-1, one, earliest, latest, extra, extra), (wanted.windows, wanted.witness_windows))
    least = np.flatnonzero(by == by.min())
    # Several are tried: two routes that each take their half may still not hold together.
    for row in least[np.argsort(extra[least], kind="stable")][:4]:
        a, b = int(one[row]), int(other[row])
        orders = put(desk.orders, visit, int(leads[0][a]), int(leads[1].gap[a]))
        orders = put(orders, visit + desk.instance.n, int(seconds[0][b]), int(seconds[1].gap[b]))
        if by[row] > 0:
            code, change, params, pain = window_change(wanted, int(at[row]))
            yield Candidate(code, float(extra[row]) + pain, int(leads[0][a]), orders, change, params, pain)
            return
        timed = desk.timed(orders)
        if timed is not None:
            yield _worth_it(desk, visit, int(leads[0][a]), orders, timed[1])
            return


def _worth_it(desk: Desk, visit: int, server: int, orders: list[list[int]], value: int) -> Candidate:
    """A crew that could meet: it was not worth it, or the search has not come to it."""
    short = value - desk.value
    if short < 0:
        return Candidate("free", float(short), server, orders, lambda problem: problem, {}, PAIN_S["free"])
    wanted, scale = desk.instance.visits[visit], max(1, desk.instance.problem.weights.value)
    minutes = short // 60 + 1
    more = -(-minutes * 60 // scale)

    def change(problem: Problem) -> Problem:
        return _with(problem, replace(wanted, drop_penalty=(wanted.drop_penalty or 0) + more))

    return Candidate("value", float(minutes * 60), server, orders, change, {"minutes": minutes}, minutes * 60)


def _with(problem: Problem, visit: Visit) -> Problem:
    return replace(problem, visits=tuple(visit if one.id == visit.id else one for one in problem.visits))


def _one_more(desk: Desk, visit: int, leads: _Columns) -> Iterator[Candidate]:
    """One more person, there for this visit alone, where the leader can come within the windows."""
    wanted, (whose, spans) = desk.instance.visits[visit], leads
    fine = np.flatnonzero(nearest_start(spans, (wanted.windows, wanted.witness_windows))[1] <= 0)
    if not len(fine):
        return
    row = int(fine[np.argmin(spans.extra_s[fine])])
    k = int(whose[row])
    orders = [*put(desk.orders, visit, k, int(spans.gap[row])), [visit + desk.instance.n]]
    leader = desk.instance.servers[k]

    def change(problem: Problem) -> Problem:
        return replace(problem, servers=(*problem.servers, _extra_server(leader, wanted.point)))

    params = {"with": leader.id}
    yield Candidate("crew", float(spans.extra_s[row]) + PAIN_S["crew"], k, orders, change, params, PAIN_S["crew"])


def _extra_server(leader: Server, at: Point) -> Server:
    """Somebody at the door for as long as the leader works."""
    return Server(EXTRA_ID, at, None, leader.shift, mode=leader.mode, overtime_s=leader.overtime_s)
