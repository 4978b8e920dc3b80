"""Crews of two: the cheapest pair of gaps of two servers in which both can start at the same moment."""

from .gaps import blinks, dear, first_gap, last_gap, late_price, too_long
from .jit import compiled
from .layout import (
    BREAKS,
    COST,
    FAR,
    GAP,
    INTO,
    L_OFFERED,
    LEG,
    OFFERED,
    PENALTY,
    POINT,
    RANK,
    SERVER,
    SERVICE,
    SINCE,
    SPOT,
    TO,
    TRAVEL,
    UNTIL,
    VISITS,
    Day,
)
from .price import entry_price
from .timing import between, leave_by, ready_at, start_at, start_by, visit_of


@compiled
def keep_spot(day: Day, role: int, size: int, cost: int, server: int, gap: int, since: int, until: int) -> int:
    """Put a possible place among the cheapest of its role, cheapest first; returns how many there are now."""
    most = day.spots.shape[1]
    at = min(size, most - 1)
    while at > 0 and day.spots[role, at - 1, COST] > cost:
        for column in range(5):
            day.spots[role, at, column] = day.spots[role, at - 1, column]
        at -= 1
    day.spots[role, at, COST] = cost
    day.spots[role, at, SERVER] = server
    day.spots[role, at, GAP] = gap
    day.spots[role, at, SINCE] = since
    day.spots[role, at, UNTIL] = until
    return min(size + 1, most)


@compiled
def spots_of(day: Day, server: int, node: int, role: int, size: int, entry: int) -> int:
    """Add the places the node has in a server's route to those of its role; returns how many there are now."""
    door, visit = day.node[node, POINT], visit_of(day, node)
    weight, rank, service = day.num[TRAVEL], day.node[node, RANK], day.node[node, SERVICE]
    most, extra = day.spots.shape[1], dear(day, server)
    for gap in range(first_gap(day, server, rank), last_gap(day, server, rank) + 1):
        there = between(day, day.server[server, INTO], door, day.stops[server, gap, SPOT])
        onward = between(day, day.server[server, TO], door, day.stops[server, gap + 1, SPOT])
        price = entry + weight * (there + onward - day.stops[server, gap, LEG])
        dearest = day.spots[role, most - 1, COST] if size == most else FAR
        if price >= dearest or blinks(day) or too_long(day, server, node, gap):
            continue
        if extra:
            price += late_price(day, server, node, gap)
        for at in range(day.server[server, BREAKS] + 1):
            since = start_at(day, visit, ready_at(day, server, gap, there, at))
            until = start_by(day, visit, leave_by(day, server, gap + 1, onward, at) - service)
            if since <= until and price < (day.spots[role, most - 1, COST] if size == most else FAR):
                size = keep_spot(day, role, size, price, server, gap, since, until)
    return size


@compiled
def gather(day: Day, node: int, role: int) -> int:
    """Collect the cheapest places of one half of a crew; returns how many there are."""
    size = 0
    for k in range(day.num[OFFERED]):
        server = day.server[k, L_OFFERED]
        entry = entry_price(day, server, node)
        if entry < FAR:
            size = spots_of(day, server, node, role, size, entry)
    return size


@compiled
def pair_up(day: Day, leads: int, seconds: int, bound: int) -> tuple[int, int]:
    """Indices of the cheapest two places that can meet and cost less than `bound` together; -1 if there are none."""
    best, lead, second = bound, -1, -1
    for i in range(leads):
        if day.spots[0, i, COST] + (day.spots[1, 0, COST] if seconds else 0) >= best:
            break
        for j in range(seconds):
            price = day.spots[0, i, COST] + day.spots[1, j, COST]
            if price >= best:
                break
            if may_meet(day, i, j):
                best, lead, second = price, i, j
                break
    return lead, second


@compiled
def may_meet(day: Day, i: int, j: int) -> bool:
    """Whether two places belong to two servers who make crews with each other, with a start in common."""
    one, other = day.spots[0, i, SERVER], day.spots[1, j, SERVER]
    if one == other or day.entry[2 * day.num[VISITS] + one, other] >= FAR:
        return False
    since = max(day.spots[0, i, SINCE], day.spots[1, j, SINCE])
    return bool(since <= min(day.spots[0, i, UNTIL], day.spots[1, j, UNTIL]))


@compiled
def find_pair(day: Day, visit: int) -> tuple[int, int]:
    """Where to put both halves of a crew: indices into the places of lead and second; -1 if it does not pay."""
    leads = gather(day, visit, 0)
    if leads == 0:
        return -1, -1
    seconds = gather(day, visit + day.num[VISITS], 1)
    return pair_up(day, leads, seconds, day.node[visit, PENALTY])
