"""When crews meet: the starts both servers of every crew agree on, moved to the earliest all can keep."""

from .jit import compiled
from .layout import (
    ARRIVE,
    BREAKS,
    CREW,
    FAR,
    FREE_TO,
    LEAVE,
    MEET,
    MEET_BY,
    PLACE,
    SERVERS,
    SERVICE,
    VISITS,
    WHERE,
    Day,
)
from .moves import set_meet
from .price import reprice
from .timing import holds, refresh


@compiled
def earliest_start(day: Day, node: int) -> int:
    """Earliest start of a planned node from which the rest of its route can happen; FAR if none."""
    server, position = day.node[node, WHERE], day.node[node, PLACE]
    best = FAR
    for at in range(day.server[server, BREAKS] + 1):
        leave = day.stops[server, position, LEAVE + 2 * at]
        start = leave - day.node[node, SERVICE]
        if leave < FAR and start <= day.stops[server, position, ARRIVE + 2 * at]:
            best = min(best, start)
    return int(best)


@compiled
def is_crew(day: Day, visit: int) -> bool:
    """Whether this is a crew's visit, and planned."""
    return bool(day.node[visit, CREW] == 2 and day.node[visit, WHERE] >= 0)


@compiled
def settle(day: Day) -> bool:
    """Agree on the earliest starts that all crews can keep, and price the routes; False if they cannot hold.

    Crews the run may not touch do not start earlier than they do. Both servers' starts are raised to the later one
    until nothing moves, as `timeline.time_all` does.
    """
    for visit in range(day.num[VISITS]):
        if is_crew(day, visit):
            day.node[visit, MEET] = 0 if day.node[visit, FREE_TO] else day.node[visit, MEET]
            day.node[visit, MEET_BY] = FAR
    for server in range(day.num[SERVERS]):
        refresh(day, server)
    while True:
        moved = raise_starts(day)
        if moved < 0:
            return False
        if moved == 0:
            return fix_starts(day)


@compiled
def raise_starts(day: Day) -> int:
    """Raise the starts of crews to the later of the two; how many there were, or -1 if one cannot be."""
    n, moved = day.num[VISITS], 0
    for visit in range(n):
        if not is_crew(day, visit):
            continue
        one, other = earliest_start(day, visit), earliest_start(day, visit + n)
        if max(one, other) >= FAR:
            return -1
        if one != other:
            day.node[visit, MEET] = max(one, other)
            refresh(day, day.node[visit, WHERE])
            refresh(day, day.node[visit + n, WHERE])
            moved += 1
    return moved


@compiled
def fix_starts(day: Day) -> bool:
    """Hold every crew to its earliest start; False if a route cannot hold."""
    for visit in range(day.num[VISITS]):
        if is_crew(day, visit):
            set_meet(day, visit, earliest_start(day, visit))
    good = True
    for server in range(day.num[SERVERS]):
        refresh(day, server)
        reprice(day, server)
        good = good and holds(day, server)
    return good
