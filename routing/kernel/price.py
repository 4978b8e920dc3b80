"""What a day costs: the parts of `routing.objective`, per route and for the day, kept up to date by every change."""

from .jit import compiled, inlined
from .layout import (
    BACK,
    BEFORE,
    BUILDING,
    CLOSES,
    DROPPED,
    FAIR,
    FAIRNESS,
    FAR,
    FIXED,
    HOME,
    L_MISSING,
    LEG,
    LENGTH,
    MISSING,
    MISSING_AT,
    MOST,
    NODE,
    OVERTIME,
    PENALTY,
    PRICE,
    REORDER,
    SERVERS,
    SPLIT,
    SPLITS,
    TRAVEL,
    VISITS,
    Day,
)


@inlined
def out_of_order(day: Day, server: int, node: int, last: int) -> int:
    """1 if a leading node pays for following the leading node `last` (-1: none)."""
    return 1 if day.node[node, HOME] == server and day.node[node, BEFORE] != last else 0


@compiled
def reordered(day: Day, server: int) -> int:
    """How many of the server's published visits follow another than published."""
    count, last, n = 0, -1, day.num[VISITS]
    for i in range(day.server[server, LENGTH]):
        node = day.stops[server, i + 1, NODE]
        if node < n:
            count += out_of_order(day, server, node, last)
            last = node
    return count


@compiled
def overtime(day: Day, server: int, back: int) -> int:
    """Price of a route's end."""
    return int(day.num[OVERTIME] * max(0, back - day.server[server, CLOSES]))


@compiled
def reprice(day: Day, server: int) -> None:
    """The part of the objective a route decides."""
    m = day.server[server, LENGTH]
    total = 0
    if m:
        travel = 0
        for i in range(m + 1):
            travel += day.stops[server, i, LEG]
        total = day.num[TRAVEL] * travel + day.server[server, FIXED] + overtime(day, server, day.server[server, BACK])
        total += day.num[FAIRNESS] * max(0, m - day.server[server, FAIR])
        for i in range(m):
            total += day.entry[day.stops[server, i + 1, NODE], server]
        if day.num[REORDER]:
            total += day.num[REORDER] * reordered(day, server)
    day.server[server, PRICE] = total


@compiled
def entry_price(day: Day, server: int, node: int) -> int:
    """What a node costs with a server whatever the gap; FAR if it may not go there."""
    m = day.server[server, LENGTH]
    price = day.entry[node, server]
    if price >= FAR or m >= day.server[server, MOST]:
        return FAR
    if m >= day.server[server, FAIR]:
        price += day.num[FAIRNESS]
    if m == 0:
        price += day.server[server, FIXED]
    building = day.node[node, BUILDING]
    if building >= 0 and day.comers[building, day.num[SERVERS]] > 0 and day.comers[building, server] == 0:
        price += day.num[SPLIT]
    return int(price)


@inlined
def comes(day: Day, node: int, server: int) -> None:
    """Count a leading node (seconds have no building) that came to a server."""
    building = day.node[node, BUILDING]
    if building >= 0:
        if day.comers[building, server] == 0:
            day.comers[building, day.num[SERVERS]] += 1
            if day.comers[building, day.num[SERVERS]] > 1:
                day.num[SPLITS] += 1
        day.comers[building, server] += 1


@inlined
def goes(day: Day, node: int, server: int) -> None:
    """Count a node that left a server."""
    building = day.node[node, BUILDING]
    if building >= 0:
        day.comers[building, server] -= 1
        if day.comers[building, server] == 0:
            day.comers[building, day.num[SERVERS]] -= 1
            if day.comers[building, day.num[SERVERS]] > 0:
                day.num[SPLITS] -= 1


@compiled
def mark_missing(day: Day, visit: int) -> None:
    """Put a visit on the list of the absent."""
    at = day.num[MISSING]
    day.node[at, L_MISSING] = visit
    day.node[visit, MISSING_AT] = at
    day.num[MISSING] = at + 1
    day.num[DROPPED] += day.node[visit, PENALTY]


@compiled
def mark_planned(day: Day, visit: int) -> None:
    """Take a visit off the list of the absent."""
    at, last = day.node[visit, MISSING_AT], day.num[MISSING] - 1
    other = day.node[last, L_MISSING]
    day.node[at, L_MISSING] = other
    day.node[other, MISSING_AT] = at
    day.node[visit, MISSING_AT] = -1
    day.num[MISSING] = last
    day.num[DROPPED] -= day.node[visit, PENALTY]


@compiled
def total_price(day: Day) -> int:
    """The objective of the day as it stands; every route has its price."""
    total = day.num[DROPPED] + day.num[SPLIT] * day.num[SPLITS]
    for server in range(day.num[SERVERS]):
        total += day.server[server, PRICE]
    return int(total)
