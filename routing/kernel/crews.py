"""Crews of two: the cheapest pair of gaps of two servers in which both can start at the same moment."""

from routing.instance import FREE

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
from .timing import between, leave_by, ready_at, start_at, start_by


@compiled
def dearest(day: Day, role: int, size: int) -> int:
    """What a place must cost less than to be kept."""
    most = day.spots.shape[1]
    return int(day.spots[role, most - 1, COST] if size == most else FAR)


@compiled
def keep_spot(day: Day, role: int, size: int, cost: int, server: int, gap: int, since: int, until: int) -> int:
    """Put a possible place among the cheapest of its role, cheapest first; returns how many there are now."""
    most = day.spots.shape[1]
    if cost >= dearest(day, role, size):
        return size
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
    return int(min(size + 1, most))


@compiled
def spots_of(day: Day, server: int, visit: int, lead: int, second: int, leads: int, seconds: int) -> tuple[int, int]:
    """Add the places a crew's two may have in a server's route; returns how many there are now of each.

    `lead` and `second` are what leading and seconding cost there whatever the gap. Seconds may stand anywhere.
    """
    n, door, rank = day.num[VISITS], day.node[visit, POINT], day.node[visit, RANK]
    first, last = first_gap(day, server, FREE), last_gap(day, server, FREE)
    since_gap, until_gap = first_gap(day, server, rank), last_gap(day, server, rank)
    for gap in range(min(first, since_gap), max(last, until_gap) + 1):
        there = between(day, day.server[server, INTO], door, day.stops[server, gap, SPOT])
        onward = between(day, day.server[server, TO], door, day.stops[server, gap + 1, SPOT])
        price = day.num[TRAVEL] * (there + onward - day.stops[server, gap, LEG])
        leading = lead < FAR and since_gap <= gap <= until_gap and price + lead < dearest(day, 0, leads)
        seconding = second < FAR and first <= gap <= last and price + second < dearest(day, 1, seconds)
        if not (leading or seconding) or blinks(day) or too_long(day, server, visit, gap):
            continue
        for at in range(day.server[server, BREAKS] + 1):
            since = start_at(day, visit, ready_at(day, server, gap, there, at))
            until = start_by(day, visit, leave_by(day, server, gap + 1, onward, at) - day.node[visit, SERVICE])
            if since > until:
                continue
            if leading:
                cost = price + lead + (late_price(day, server, visit, gap) if dear(day, server) else 0)
                leads = keep_spot(day, 0, leads, cost, server, gap, since, until)
            if seconding:
                cost = price + second + (late_price(day, server, visit + n, gap) if dear(day, server) else 0)
                seconds = keep_spot(day, 1, seconds, cost, server, gap, since, until)
    return leads, seconds


@compiled
def gather(day: Day, visit: int) -> tuple[int, int]:
    """Collect the cheapest places of both halves of a crew; returns how many there are of each."""
    leads, seconds = 0, 0
    for k in range(day.num[OFFERED]):
        server = day.server[k, L_OFFERED]
        lead, second = entry_price(day, server, visit), entry_price(day, server, visit + day.num[VISITS])
        if min(lead, second) < FAR:
            leads, seconds = spots_of(day, server, visit, lead, second, leads, seconds)
    return leads, seconds


@compiled
def pair_up(day: Day, leads: int, seconds: int, bound: int, late: bool) -> tuple[int, int]:
    """Indices of the cheapest two places that can meet and cost less than `bound` together; -1 if there are none.

    Of those that cost the same (as before and after a break) the first, or if they shall meet late the last.
    """
    best, lead, second = bound - late, -1, -1
    for i in range(leads):
        if day.spots[0, i, COST] + (day.spots[1, 0, COST] if seconds else 0) >= best + late:
            break
        for j in range(seconds):
            price = day.spots[0, i, COST] + day.spots[1, j, COST]
            if price >= best + late:
                break
            if may_meet(day, i, j):
                best, lead, second = price, i, j
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
def find_pair(day: Day, visit: int, worth: int, late: bool) -> tuple[int, int]:
    """Where to put both halves of a crew for less than `worth`: indices into the places of lead and second, or -1."""
    leads, seconds = gather(day, visit)
    return pair_up(day, leads, seconds, worth, late)
