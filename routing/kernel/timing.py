"""Forward and backward times of a route, exact with breaks: the same rules as `routing.timeline`, in integers.

Travel may be interrupted by a break, service may not; per number of breaks done the forward pass keeps the earliest
leaving of every door, the backward pass the latest arrival that still lets the rest of the route happen.
"""

from routing.instance import FREE, LAST

from .jit import compiled, inlined
from .layout import (
    ARRIVE,
    BACK,
    BREAKS,
    END,
    FAR,
    HEAD,
    LATEST,
    LEAVE,
    LEG,
    LENGTH,
    LONGEST,
    MEET,
    MEET_BY,
    METRES,
    NODE,
    OPENS,
    PAUSE,
    PLACE,
    POINT,
    RANK,
    SERVE,
    SERVICE,
    SEVERAL,
    SINCE_S,
    SPOT,
    START,
    STATES,
    TAIL,
    TO,
    UNTIL_S,
    VISITS,
    WHERE,
    WINDOW,
    WINDOWS,
    Day,
)


@inlined
def between(day: Day, layer: int, one: int, other: int) -> int:
    """Entry of a travel table; nothing to a place that is not there (-1)."""
    if other < 0:
        return 0
    return int(day.travel[layer, one, other])


@inlined
def arrival(day: Day, server: int, leave: int, travel: int, first: int, last: int) -> int:
    """Earliest arrival after `travel` seconds on the way and the breaks first…last-1 taken during it."""
    now, left = leave, travel
    for k in range(first, last):
        at = PAUSE + 3 * k
        begin = max(now, day.server[server, at])
        left = max(0, left - (begin - now))
        now = begin + day.server[server, at + 2]
        if now > day.server[server, at + 1]:
            return FAR
    return min(now + left, FAR)


@inlined
def departure(day: Day, server: int, by: int, travel: int, first: int, last: int) -> int:
    """Latest leaving from which `arrival` is no later than `by`."""
    if first == last:
        return by - travel
    # Of this run of breaks: the earliest moment all are over, their length, the latest start of the first.
    states = day.num[STATES]
    at = PAUSE + 3 * (states - 1) + 3 * (first * states + last)
    if by < day.server[server, at]:
        return -FAR
    return int(min(by - travel - day.server[server, at + 1], day.server[server, at + 2]))


@inlined
def visit_of(day: Day, node: int) -> int:
    """The visit a node belongs to."""
    return int(node - day.num[VISITS] if node >= day.num[VISITS] else node)


@inlined
def start_at(day: Day, visit: int, ready: int) -> int:
    """Earliest start of service at or after `ready`."""
    ready = max(ready, day.node[visit, MEET])
    count = day.node[visit, WINDOWS]
    start = ready if count == 0 else FAR
    for k in range(count):
        if ready <= day.node[visit, WINDOW + 2 * k + 1]:
            start = max(ready, day.node[visit, WINDOW + 2 * k])
            break
    return start if start <= day.node[visit, MEET_BY] else FAR


@inlined
def start_by(day: Day, visit: int, limit: int) -> int:
    """Latest start of service at or before `limit`."""
    limit = min(limit, day.node[visit, MEET_BY])
    count = day.node[visit, WINDOWS]
    start = limit if count == 0 else -FAR
    for k in range(count - 1, -1, -1):
        if day.node[visit, WINDOW + 2 * k] <= limit:
            start = min(limit, day.node[visit, WINDOW + 2 * k + 1])
            break
    return start if start >= day.node[visit, MEET] else -FAR


@inlined
def start_here(day: Day, server: int, position: int, ready: int) -> int:
    """`start_at` for a planned visit."""
    if day.stops[server, position, SEVERAL]:
        return start_at_any(day, visit_of(day, day.stops[server, position, NODE]), ready)
    start = max(ready, day.stops[server, position, SINCE_S])
    return int(start if start <= day.stops[server, position, UNTIL_S] else FAR)


@inlined
def start_here_by(day: Day, server: int, position: int, limit: int) -> int:
    """`start_by` for a planned visit."""
    if day.stops[server, position, SEVERAL]:
        return start_by_any(day, visit_of(day, day.stops[server, position, NODE]), limit)
    start = min(limit, day.stops[server, position, UNTIL_S])
    return int(start if start >= day.stops[server, position, SINCE_S] else -FAR)


@compiled
def start_at_any(day: Day, visit: int, ready: int) -> int:
    """`start_at`, not inlined."""
    return start_at(day, visit, ready)


@compiled
def start_by_any(day: Day, visit: int, limit: int) -> int:
    """`start_by`, not inlined."""
    return start_by(day, visit, limit)


@inlined
def ready_at(day: Day, server: int, gap: int, travel: int, at: int) -> int:
    """Earliest arrival from position `gap` after `travel` seconds, with `at` breaks done by then."""
    ready = day.stops[server, gap, LEAVE + 2 * at] + travel
    for before in range(at):
        ready = min(ready, arrival(day, server, day.stops[server, gap, LEAVE + 2 * before], travel, before, at))
    return int(min(ready, FAR))


@inlined
def leave_by(day: Day, server: int, position: int, travel: int, at: int) -> int:
    """Latest leaving, with `at` breaks done, that reaches `position` in time after `travel` seconds."""
    limit = day.stops[server, position, ARRIVE + 2 * at] - travel
    for after in range(at + 1, day.server[server, BREAKS] + 1):
        by = day.stops[server, position, ARRIVE + 2 * after]
        limit = max(limit, departure(day, server, by, travel, at, after))
    return int(max(limit, -FAR))


@compiled
def describe(day: Day, server: int, position: int, node: int) -> None:
    """Fill in what a position says about its node, but its legs and times."""
    visit = visit_of(day, node)
    since, until, windows = day.node[visit, MEET], day.node[visit, MEET_BY], day.node[visit, WINDOWS]
    agreed = since == until
    if windows == 1 and not agreed:
        since, until = max(since, day.node[visit, WINDOW]), min(until, day.node[visit, WINDOW + 1])
    day.stops[server, position, NODE] = node
    day.stops[server, position, SPOT] = day.node[node, POINT]
    day.stops[server, position, SERVE] = day.node[node, SERVICE]
    day.stops[server, position, SINCE_S] = since
    day.stops[server, position, UNTIL_S] = until
    day.stops[server, position, SEVERAL] = 1 if windows > 1 and not agreed else 0
    day.node[node, WHERE] = server
    day.node[node, PLACE] = position


@compiled
def lay_out(day: Day, server: int) -> None:
    """Points, legs, places and fixed ends of a route from its nodes."""
    layer, m = day.server[server, TO], day.server[server, LENGTH]
    here = day.server[server, START]
    day.stops[server, 0, SPOT] = here
    head, tail = 0, m
    for p in range(1, m + 1):
        node = day.stops[server, p, NODE]
        describe(day, server, p, node)
        there = day.stops[server, p, SPOT]
        day.stops[server, p - 1, LEG] = between(day, layer, here, there)
        if day.node[node, RANK] < FREE:
            head = p
        if day.node[node, RANK] == LAST:
            tail = min(tail, p - 1)
        here = there
    day.stops[server, m + 1, SPOT] = day.server[server, END]
    day.stops[server, m, LEG] = between(day, layer, here, day.server[server, END]) if m else 0
    day.server[server, HEAD] = head
    day.server[server, TAIL] = tail


@compiled
def forward(day: Day, server: int, since: int, known: int) -> None:
    """Earliest leavings of the positions from `since` on, and the earliest end.

    From position `known` on those before the change are still there: once one stays as it was, so do the rest.
    """
    states, m = day.server[server, BREAKS] + 1, day.server[server, LENGTH]
    if since == 0:
        for at in range(states):
            day.stops[server, 0, LEAVE + 2 * at] = day.server[server, OPENS] if at == 0 else FAR
    for p in range(max(since, 1), m + 1):
        travel, service, same = day.stops[server, p - 1, LEG], day.stops[server, p, SERVE], True
        for at in range(states):
            start = start_here(day, server, p, ready_at(day, server, p - 1, travel, at))
            leave = min(FAR, start + service)
            same = same and leave == day.stops[server, p, LEAVE + 2 * at]
            day.stops[server, p, LEAVE + 2 * at] = leave
        if same and p >= known:
            return
    day.server[server, BACK] = end_of(day, server)


@compiled
def end_of(day: Day, server: int) -> int:
    """Earliest end of a route; FAR if it comes too late or leaves a break that can no longer be taken."""
    m, best = day.server[server, LENGTH], FAR
    for at in range(day.server[server, BREAKS] + 1):
        back = ready_at(day, server, m, day.stops[server, m, LEG], at)
        if back <= latest_end(day, server, at):
            best = min(best, back)
    return int(best)


@compiled
def latest_end(day: Day, server: int, at: int) -> int:
    """Latest end of a route with `at` breaks done: those left are taken after it."""
    by = departure(day, server, FAR, 0, at, day.server[server, BREAKS])
    return int(min(by, day.server[server, LATEST]))


@compiled
def backward(day: Day, server: int, until: int, known: int) -> None:
    """Latest arrivals of the positions up to `until` (m+1: all of them, the end first); `known` as in `forward`."""
    states, m = day.server[server, BREAKS] + 1, day.server[server, LENGTH]
    if until > m:
        for at in range(states):
            day.stops[server, m + 1, ARRIVE + 2 * at] = latest_end(day, server, at)
    for p in range(min(until, m), 0, -1):
        travel, service, same = day.stops[server, p, LEG], day.stops[server, p, SERVE], True
        for at in range(states):
            limit = start_here_by(day, server, p, leave_by(day, server, p + 1, travel, at) - service)
            same = same and limit == day.stops[server, p, ARRIVE + 2 * at]
            day.stops[server, p, ARRIVE + 2 * at] = limit
        if same and p <= known:
            return


@compiled
def refresh(day: Day, server: int) -> None:
    """Everything about a route whose nodes (or agreed starts) changed, but its price."""
    lay_out(day, server)
    forward(day, server, 0, FAR)
    backward(day, server, day.server[server, LENGTH] + 1, -1)


@compiled
def metres_of(day: Day, server: int) -> int:
    """Length of a route, the way back included."""
    layer, m, total = day.server[server, METRES], day.server[server, LENGTH], 0
    for p in range(m + 1 if m else 0):
        total += between(day, layer, day.stops[server, p, SPOT], day.stops[server, p + 1, SPOT])
    return total


@compiled
def holds(day: Day, server: int) -> bool:
    """Whether the route can be made: times and longest distance. Staying at home always can."""
    if not day.server[server, LENGTH]:
        return True
    if day.server[server, BACK] >= FAR:
        return False
    return bool(day.server[server, LONGEST] >= FAR or metres_of(day, server) <= day.server[server, LONGEST])
