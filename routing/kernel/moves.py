"""Changing routes and taking changes back: insert, take out, save, restore."""

from routing.instance import FREE

from .jit import compiled
from .layout import (
    BROKEN,
    CREW,
    FAR,
    HEAD,
    IS_RUINED,
    IS_TOUCHED,
    IS_TRIED,
    L_TOUCHED,
    L_TRIED,
    L_TRIED_MEET,
    LEG,
    LENGTH,
    MEET,
    MEET_BY,
    MISSING_AT,
    NODE,
    PLACE,
    POINT,
    RANK,
    SAVED,
    SPOT,
    TAIL,
    TO,
    TOUCHED,
    TRIED,
    VISITS,
    WHERE,
    Day,
)
from .price import comes, goes, mark_missing, mark_planned, reprice, total_price
from .timing import backward, between, describe, forward, holds, refresh


@compiled
def touch(day: Day, server: int) -> None:
    """Save a route before its first change in a step."""
    if day.server[server, IS_TOUCHED]:
        return
    day.server[server, IS_TOUCHED] = 1
    day.server[day.num[TOUCHED], L_TOUCHED] = server
    day.num[TOUCHED] += 1
    for column in range(LENGTH, TAIL + 1):
        day.server[server, column + SAVED] = day.server[server, column]
    for p in range(day.server[server, LENGTH] + 2):
        for column in range(day.stops.shape[2]):
            day.saved[server, p, column] = day.stops[server, p, column]


@compiled
def untouch(day: Day, server: int) -> None:
    """Put back what `touch` saved."""
    for column in range(LENGTH, TAIL + 1):
        day.server[server, column] = day.server[server, column + SAVED]
    for p in range(day.server[server, LENGTH] + 2):
        for column in range(day.stops.shape[2]):
            day.stops[server, p, column] = day.saved[server, p, column]


@compiled
def try_visit(day: Day, visit: int) -> None:
    """Note a visit that this step may change."""
    if not day.node[visit, IS_TRIED]:
        day.node[visit, IS_TRIED] = 1
        at = day.num[TRIED]
        day.node[at, L_TRIED] = visit
        day.node[at, L_TRIED_MEET] = day.node[visit, MEET] if day.node[visit, MISSING_AT] < 0 else -1
        day.num[TRIED] = at + 1


@compiled
def set_meet(day: Day, visit: int, start: int) -> None:
    """Agree on a start; -1: none."""
    if day.node[visit, CREW] == 2 and start >= 0:
        day.node[visit, MEET] = start
        day.node[visit, MEET_BY] = start
    else:
        day.node[visit, MEET] = 0
        day.node[visit, MEET_BY] = FAR


@compiled
def insert(day: Day, server: int, node: int, gap: int) -> None:
    """Put a node into a gap it fits into; for a crew the agreed start is set already."""
    touch(day, server)
    m, layer = day.server[server, LENGTH], day.server[server, TO]
    for p in range(m + 2, gap + 1, -1):
        for column in range(day.stops.shape[2]):
            day.stops[server, p, column] = day.stops[server, p - 1, column]
        if p < m + 2:
            day.node[day.stops[server, p, NODE], PLACE] = p
    describe(day, server, gap + 1, node)
    door = day.node[node, POINT]
    day.stops[server, gap, LEG] = between(day, layer, day.stops[server, gap, SPOT], door)
    day.stops[server, gap + 1, LEG] = between(day, layer, door, day.stops[server, gap + 2, SPOT])
    day.server[server, LENGTH] = m + 1
    day.server[server, HEAD] += 1 if day.node[node, RANK] < FREE else 0
    day.server[server, TAIL] += 1 if day.node[node, RANK] <= FREE else 0
    forward(day, server, gap + 1, gap + 2)
    backward(day, server, gap + 1, gap)
    comes(day, node, server)


@compiled
def take_out(day: Day, visit: int) -> None:
    """Mark a planned visit's nodes as gone; their routes are closed up by `close_up`."""
    try_visit(day, visit)
    for k in range(day.node[visit, CREW]):
        node = visit + k * day.num[VISITS]
        server = day.node[node, WHERE]
        touch(day, server)
        goes(day, node, server)
        day.node[node, WHERE] = -1
    set_meet(day, visit, -1)
    mark_missing(day, visit)


@compiled
def close_up(day: Day) -> None:
    """Drop nodes marked as gone from the touched routes; notes if one no longer holds (roads can be so)."""
    for k in range(day.num[TOUCHED]):
        server = day.server[k, L_TOUCHED]
        left = 0
        for p in range(1, day.server[server, LENGTH] + 1):
            node = day.stops[server, p, NODE]
            if day.node[node, WHERE] >= 0:
                left += 1
                day.stops[server, left, NODE] = node
        day.server[server, LENGTH] = left
        refresh(day, server)
        if not holds(day, server):
            day.num[BROKEN] = 1


@compiled
def restore(day: Day) -> None:
    """Undo all changes of a step."""
    for k in range(day.num[TOUCHED]):
        server = day.server[k, L_TOUCHED]
        for p in range(1, day.server[server, LENGTH] + 1):
            node = day.stops[server, p, NODE]
            goes(day, node, server)
            day.node[node, WHERE] = -1
    for k in range(day.num[TOUCHED]):
        server = day.server[k, L_TOUCHED]
        untouch(day, server)
        for p in range(1, day.server[server, LENGTH] + 1):
            node = day.stops[server, p, NODE]
            day.node[node, WHERE] = server
            day.node[node, PLACE] = p
            comes(day, node, server)
    for k in range(day.num[TRIED]):
        restore_visit(day, day.node[k, L_TRIED], day.node[k, L_TRIED_MEET])


@compiled
def restore_visit(day: Day, visit: int, meet: int) -> None:
    """Put a visit back onto or off the list of the absent, with the start it had agreed on."""
    set_meet(day, visit, meet)
    planned = day.node[visit, WHERE] >= 0
    if not planned and day.node[visit, MISSING_AT] < 0:
        mark_missing(day, visit)
    elif planned and day.node[visit, MISSING_AT] >= 0:
        mark_planned(day, visit)


@compiled
def forget(day: Day) -> None:
    """Begin a new step."""
    for k in range(day.num[TOUCHED]):
        server = day.server[k, L_TOUCHED]
        day.server[server, IS_TOUCHED] = 0
        day.server[server, IS_RUINED] = 0
    for k in range(day.num[TRIED]):
        day.node[day.node[k, L_TRIED], IS_TRIED] = 0
    day.num[TOUCHED] = 0
    day.num[TRIED] = 0
    day.num[BROKEN] = 0


@compiled
def value_now(day: Day) -> int:
    """The objective after a step: touched routes are priced again."""
    for k in range(day.num[TOUCHED]):
        reprice(day, day.server[k, L_TOUCHED])
    return total_price(day)
