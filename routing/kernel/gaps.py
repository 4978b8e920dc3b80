"""Where a node fits and what it costs there: exact checks in constant time per gap and number of breaks done."""

import math

import numpy as np

from routing.instance import FREE

from .jit import compiled, inlined
from .layout import (
    BACK,
    BLINK,
    BREAKS,
    CLOSES,
    FAR,
    HEAD,
    INTO,
    LATEST,
    LEAVE,
    LEG,
    LENGTH,
    LONGEST,
    METRES,
    NODE,
    OVERTIME,
    POINT,
    RANK,
    REORDER,
    SERVE,
    SERVICE,
    SKIP,
    SPOT,
    TAIL,
    TO,
    TRAVEL,
    VISITS,
    Day,
)
from .price import out_of_order, overtime
from .timing import between, latest_end, leave_by, metres_of, ready_at, start_at, start_here, visit_of


@inlined
def blinks(day: Day) -> bool:
    """Whether to overlook this gap: one in a hundred or so, drawn as the number of gaps until the next."""
    day.num[SKIP] -= 1
    if day.num[SKIP] > 0:
        return False
    draw_skip(day)
    return True


@compiled
def draw_skip(day: Day) -> None:
    """How many gaps until the next is overlooked."""
    share = day.real[BLINK]
    day.num[SKIP] = FAR
    if share > 0.0:
        day.num[SKIP] = 1 + int(math.log(max(1e-12, np.random.random())) / math.log(1.0 - share))


@compiled
def first_gap(day: Day, server: int, rank: int) -> int:
    """The first gap a node of this rank may take."""
    if rank == FREE:
        return int(day.server[server, HEAD])
    for i in range(day.server[server, LENGTH]):
        if day.node[day.stops[server, i + 1, NODE], RANK] >= rank:
            return i
    return int(day.server[server, LENGTH])


@compiled
def last_gap(day: Day, server: int, rank: int) -> int:
    """The last gap a node of this rank may take."""
    if rank == FREE:
        return int(day.server[server, TAIL])
    for i in range(day.server[server, LENGTH] - 1, -1, -1):
        if day.node[day.stops[server, i + 1, NODE], RANK] <= rank:
            return i + 1
    return 0


@compiled
def reorder_price(day: Day, server: int, node: int, gap: int) -> int:
    """What inserting the node changes in the price of following another than published."""
    n = day.num[VISITS]
    if node >= n:
        return 0
    last, following = -1, -1
    for i in range(gap - 1, -1, -1):
        if day.stops[server, i + 1, NODE] < n:
            last = day.stops[server, i + 1, NODE]
            break
    for i in range(gap, day.server[server, LENGTH]):
        if day.stops[server, i + 1, NODE] < n:
            following = day.stops[server, i + 1, NODE]
            break
    change = out_of_order(day, server, node, last)
    if following >= 0:
        change += out_of_order(day, server, following, node) - out_of_order(day, server, following, last)
    return int(day.num[REORDER] * change)


@compiled
def overtime_price(day: Day, server: int, node: int, gap: int) -> int:
    """What inserting the node adds to the price of overtime: the times of the rest of the route, once more."""
    states, m = day.server[server, BREAKS] + 1, day.server[server, LENGTH]
    door = day.node[node, POINT]
    there = between(day, day.server[server, INTO], door, day.stops[server, gap, SPOT])
    travel = between(day, day.server[server, TO], door, day.stops[server, gap + 1, SPOT])
    # The last position is nobody's: it holds the leavings of the door reached so far.
    spare = day.stops.shape[1] - 1
    for at in range(states):
        start = start_at(day, visit_of(day, node), ready_at(day, server, gap, there, at))
        day.stops[server, spare, LEAVE + 2 * at] = min(FAR, start + day.node[node, SERVICE])
    for p in range(gap + 1, m + 1):
        # Downwards: with so many breaks done only the leavings with as many or fewer matter.
        for at in range(states - 1, -1, -1):
            start = start_here(day, server, p, ready_at(day, server, spare, travel, at))
            day.stops[server, spare, LEAVE + 2 * at] = min(FAR, start + day.stops[server, p, SERVE])
        travel = day.stops[server, p, LEG]
    back = FAR
    for at in range(states):
        end = ready_at(day, server, spare, travel, at)
        if end <= latest_end(day, server, at):
            back = min(back, end)
    before_s = day.server[server, BACK] if m else 0
    return overtime(day, server, back) - overtime(day, server, before_s)


@compiled
def too_long(day: Day, server: int, node: int, gap: int) -> bool:
    """Whether the route with the node would be longer than its server may go."""
    most = day.server[server, LONGEST]
    if most >= FAR:
        return False
    layer, door, m = day.server[server, METRES], day.node[node, POINT], day.server[server, LENGTH]
    here, there = day.stops[server, gap, SPOT], day.stops[server, gap + 1, SPOT]
    added = between(day, layer, here, door) + between(day, layer, door, there)
    if m:
        added -= between(day, layer, here, there)
    return bool(metres_of(day, server) + added > most)


@inlined
def fits(day: Day, server: int, node: int, gap: int, there: int, onward: int) -> bool:
    """Whether the node can be served in the gap, `there` seconds from the door before, `onward` to the next."""
    visit, service = visit_of(day, node), day.node[node, SERVICE]
    for at in range(day.server[server, BREAKS] + 1):
        start = start_at(day, visit, ready_at(day, server, gap, there, at))
        limit = leave_by(day, server, gap + 1, onward, at) - service
        # Any start from `start` to `limit` will do for the rest of the route; the earliest is enough to know.
        if start <= limit:
            return True
    return False


@inlined
def dear(day: Day, server: int) -> bool:
    """Whether prices depend on more than the two doors next to the gap."""
    late = day.num[OVERTIME] > 0 and day.server[server, LATEST] > day.server[server, CLOSES]
    return bool(late or day.num[REORDER] > 0)


@compiled
def late_price(day: Day, server: int, node: int, gap: int) -> int:
    """The part of a gap's price that `dear` servers have."""
    total = 0
    if day.num[REORDER]:
        total += reorder_price(day, server, node, gap)
    if day.num[OVERTIME] and day.server[server, LATEST] > day.server[server, CLOSES]:
        total += overtime_price(day, server, node, gap)
    return total


@compiled
def cheapest_gap(day: Day, server: int, node: int, entry: int, bound: int) -> tuple[int, int]:
    """(price, gap) of the cheapest gap of the route that costs less than `bound`; (bound, -1) if there is none."""
    door, to, into = day.node[node, POINT], day.server[server, TO], day.server[server, INTO]
    weight, rank = day.num[TRAVEL], day.node[node, RANK]
    extra = dear(day, server)
    best, found = bound, -1
    for gap in range(first_gap(day, server, rank), last_gap(day, server, rank) + 1):
        there = between(day, into, door, day.stops[server, gap, SPOT])
        onward = between(day, to, door, day.stops[server, gap + 1, SPOT])
        price = entry + weight * (there + onward - day.stops[server, gap, LEG])
        if (price >= best and not extra) or blinks(day):
            continue
        if extra:
            price += late_price(day, server, node, gap)
        if price < best and fits(day, server, node, gap, there, onward) and not too_long(day, server, node, gap):
            best, found = price, gap
    return best, found
