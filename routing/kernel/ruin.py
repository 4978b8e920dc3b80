"""Ruin: strings of neighbouring stops are taken out of routes near one visit.

After J. Christiaens, G. Vanden Berghe: Slack Induction by String Removals for Vehicle Routing Problems,
Transportation Science 54(2), 2020; with absent visits near the place offered along with those taken out.
"""

import numpy as np

from routing.instance import UNDER_WAY

from .jit import compiled
from .layout import (
    ABSENT,
    ABSENT_EVERYWHERE,
    ABSENT_SEED,
    AVERAGE_OUT,
    CREW,
    FREE_TO,
    IS_OFFERED,
    IS_RUINED,
    IS_TOUCHED,
    IS_TRIED,
    KEEP_MIDDLE,
    L_MISSING,
    L_OFFERED,
    L_TOUCHED,
    LENGTH,
    LONGEST_STRING,
    MISSING,
    MISSING_AT,
    MOVE_UNDER_WAY,
    NODE,
    OFFERED,
    OPEN,
    PLACE,
    RANK,
    ROUTES,
    SERVERS,
    TOUCHED,
    VISITS,
    WHERE,
    Day,
)
from .moves import close_up, take_out, try_visit
from .timing import visit_of


@compiled
def centre_of(day: Day) -> int:
    """The visit around which the step happens."""
    if day.num[MISSING] and np.random.random() < day.real[ABSENT_SEED]:
        return int(day.node[np.random.randint(0, day.num[MISSING]), L_MISSING])
    return int(np.random.randint(0, day.num[VISITS]))


@compiled
def average_length(day: Day) -> float:
    """Mean number of stops of the routes in use that the run may touch."""
    total, used = 0, 0
    for server in range(day.num[SERVERS]):
        if day.server[server, OPEN] and day.server[server, LENGTH]:
            total += day.server[server, LENGTH]
            used += 1
    return total / used if used else 0.0


@compiled
def ruin(day: Day, centre: int) -> None:
    """Take strings out of some routes around the centre."""
    average = average_length(day)
    longest = min(day.real[LONGEST_STRING], average)
    strings = int(1.0 + np.random.random() * (4.0 * day.real[AVERAGE_OUT] / (1.0 + longest) - 1.0))
    done = 0
    for k in range(-1, day.near.shape[1]):
        if done >= max(1, strings):
            break
        visit = centre if k < 0 else day.near[centre, k]
        if day.node[visit, MISSING_AT] >= 0:
            continue
        node = visit + (day.num[VISITS] if day.node[visit, CREW] == 2 and np.random.random() < 0.5 else 0)
        server = day.node[node, WHERE]
        if day.server[server, OPEN] and not day.server[server, IS_RUINED]:
            size = int(1.0 + np.random.random() * min(float(day.server[server, LENGTH]), longest))
            ruin_route(day, server, day.node[node, PLACE] - 1, size)
            # Forgotten along with its being touched, which a route of visits under way alone is not.
            day.server[server, IS_RUINED] = day.server[server, IS_TOUCHED]
            done += 1
    close_up(day)


@compiled
def ruin_route(day: Day, server: int, place: int, size: int) -> None:
    """Take a string of `size` stops around a place out of a route, at times leaving some of its middle."""
    m = day.server[server, LENGTH]
    size = min(size, m)
    kept = 0
    if size > 1 and np.random.random() < day.real[KEEP_MIDDLE]:
        kept = 1
        while size + kept < m and np.random.random() > 0.01:
            kept += 1
    kept = min(kept, m - size)
    whole = size + kept
    first = np.random.randint(max(0, place - whole + 1), min(place, m - whole) + 1)
    hole = first + np.random.randint(0, size + 1)
    for i in range(first, first + whole):
        if kept and hole <= i < hole + kept:
            continue
        take_away(day, day.stops[server, i + 1, NODE])


@compiled
def take_away(day: Day, node: int) -> None:
    """Take a node's visit out, unless it is gone already, under way (mostly) or not this run's to touch."""
    visit = visit_of(day, node)
    if day.node[node, WHERE] < 0 or not day.node[visit, FREE_TO]:
        return
    if day.node[visit, RANK] != UNDER_WAY or np.random.random() < day.real[MOVE_UNDER_WAY]:
        take_out(day, visit)


@compiled
def offer_absent(day: Day, centre: int) -> None:
    """Absent visits that are to be tried along with those taken out: the nearest, and a few from anywhere."""
    most = int(day.real[ABSENT])
    for k in range(-1, day.near.shape[1]):
        if most <= 0:
            break
        visit = centre if k < 0 else day.near[centre, k]
        if day.node[visit, MISSING_AT] >= 0 and not day.node[visit, IS_TRIED] and day.node[visit, FREE_TO]:
            try_visit(day, visit)
            # Two places that fit together take longer to find.
            most -= 1 if day.node[visit, CREW] == 1 else 4
    for _ in range(int(day.real[ABSENT_EVERYWHERE]) if day.num[MISSING] else 0):
        visit = day.node[np.random.randint(0, day.num[MISSING]), L_MISSING]
        if day.node[visit, FREE_TO]:
            try_visit(day, visit)


@compiled
def offer_route(day: Day, server: int) -> None:
    """Let nodes be put into this route in the step."""
    if day.server[server, OPEN] and not day.server[server, IS_OFFERED]:
        day.server[server, IS_OFFERED] = 1
        day.server[day.num[OFFERED], L_OFFERED] = server
        day.num[OFFERED] += 1


@compiled
def offer_routes(day: Day, centre: int) -> None:
    """The routes ruined, those that pass near the centre, and one or two from anywhere."""
    servers = day.num[SERVERS]
    for k in range(day.num[OFFERED]):
        day.server[day.server[k, L_OFFERED], IS_OFFERED] = 0
    day.num[OFFERED] = 0
    for k in range(day.num[TOUCHED]):
        offer_route(day, day.server[k, L_TOUCHED])
    most = int(day.real[ROUTES])
    if servers <= most:
        for server in range(servers):
            offer_route(day, server)
        return
    for k in range(day.near.shape[1]):
        if day.num[OFFERED] >= most:
            break
        server = day.node[day.near[centre, k], WHERE]
        if server >= 0:
            offer_route(day, server)
    offer_route(day, np.random.randint(0, servers))
    offer_route(day, np.random.randint(0, servers))
