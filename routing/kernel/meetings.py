"""When crews meet: agreed starts are moved to the earliest that both servers can keep.

The very procedure of `timeline.time_all`, so that orders alone say when everything happens: routes are timed by their
earliest end; where the two of a crew would start at different times, both wait for the later; until nothing moves.
"""

from .jit import compiled
from .layout import (
    AGREED,
    BREAKS,
    CREW,
    FAR,
    FREE_TO,
    IS_LATE,
    LEAVE,
    LEG,
    LENGTH,
    MEET,
    MEET_BY,
    NODE,
    ON_WAY,
    SERVE,
    SERVERS,
    VISITS,
    WHERE,
    Day,
)
from .moves import set_meet
from .price import reprice
from .timing import arrival, holds, latest_end, ready_at, refresh


@compiled
def came_with(day: Day, server: int, gap: int, travel: int, at: int) -> int:
    """How many breaks were done before a leg after which `at` are: what makes the arrival earliest, fewest first."""
    best, found = FAR, at
    for before in range(at + 1):
        there = arrival(day, server, day.stops[server, gap, LEAVE + 2 * before], travel, before, at)
        if there < best:
            best, found = there, before
    return found


@compiled
def follow(day: Day, server: int) -> bool:
    """Note the start of every stop on the way to the earliest end; False if there is no way."""
    m, best, at = day.server[server, LENGTH], FAR, -1
    if not m:
        return True
    for done in range(day.server[server, BREAKS] + 1):
        back = ready_at(day, server, m, day.stops[server, m, LEG], done)
        if back <= latest_end(day, server, done) and back < best:
            best, at = back, done
    if at < 0:
        return False
    for p in range(m, 0, -1):
        at = came_with(day, server, p, day.stops[server, p, LEG], at)
        start = day.stops[server, p, LEAVE + 2 * at] - day.stops[server, p, SERVE]
        day.node[day.stops[server, p, NODE], ON_WAY] = start
    return True


@compiled
def is_crew(day: Day, visit: int) -> bool:
    """Whether this is a crew's visit, and planned."""
    return bool(day.node[visit, CREW] == 2 and day.node[visit, WHERE] >= 0)


@compiled
def settle(day: Day) -> bool:
    """Agree on starts as `time_all` would, and price the routes. False, and nothing changed, if that finds none:
    starts agreed on one by one can hold where this procedure has none to offer.

    Crews the run may not touch keep their start.
    """
    for visit in range(day.num[VISITS]):
        if is_crew(day, visit):
            day.node[visit, AGREED] = day.node[visit, MEET]
            day.node[visit, MEET] = 0 if day.node[visit, FREE_TO] else day.node[visit, MEET]
            day.node[visit, MEET_BY] = FAR
    good = wait_for_each_other(day)
    for visit in range(day.num[VISITS]):
        if is_crew(day, visit) and not day.node[visit, FREE_TO]:
            good = good and day.node[visit, ON_WAY] == day.node[visit, AGREED]
    for visit in range(day.num[VISITS]):
        if is_crew(day, visit):
            set_meet(day, visit, day.node[visit, ON_WAY] if good else day.node[visit, AGREED])
    for server in range(day.num[SERVERS]):
        refresh(day, server)
        reprice(day, server)
        good = good and holds(day, server)
    return bool(good)


@compiled
def wait_for_each_other(day: Day) -> bool:
    """Raise starts of crews until both of each start together; False if a route cannot hold."""
    for server in range(day.num[SERVERS]):
        day.server[server, IS_LATE] = 1
    while True:
        moving = False
        for server in range(day.num[SERVERS]):
            if day.server[server, IS_LATE]:
                day.server[server, IS_LATE] = 0
                moving = True
                refresh(day, server)
                if not follow(day, server):
                    return False
        if not moving:
            return True
        raise_starts(day)


@compiled
def raise_starts(day: Day) -> None:
    """Let the earlier of each two wait for the later."""
    n = day.num[VISITS]
    for visit in range(n):
        if is_crew(day, visit) and day.node[visit, ON_WAY] != day.node[visit + n, ON_WAY]:
            day.node[visit, MEET] = max(day.node[visit, ON_WAY], day.node[visit + n, ON_WAY])
            day.server[day.node[visit, WHERE], IS_LATE] = 1
            day.server[day.node[visit + n, WHERE], IS_LATE] = 1
