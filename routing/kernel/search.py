"""Steps of ruin and recreate, accepted by annealing; and building a day by the same insertions."""

import math

import numpy as np

from .gaps import draw_skip
from .jit import compiled, entry
from .layout import (
    BEST,
    BROKEN,
    CREWS,
    DROPPED,
    FAR,
    FREE_TO,
    IS_OFFERED,
    IS_RUINED,
    IS_TOUCHED,
    IS_TRIED,
    L_MISSING,
    LENGTH,
    MEET,
    MEET_AGAIN,
    MEET_BY,
    MISSING,
    NODE,
    OFFERED,
    OPEN,
    PLACE,
    SERVERS,
    SPLITS,
    TOUCHED,
    TRIED,
    VALUE,
    VISITS,
    WHERE,
    Day,
)
from .meetings import settle
from .moves import forget, restore, try_visit, value_now
from .price import comes, mark_missing, mark_planned
from .recreate import draw_sequence, recreate
from .ruin import centre_of, offer_absent, offer_route, offer_routes, ruin

# Crews keep the start they were given when put in; after so many steps all are moved to the earliest possible.
SETTLE_EVERY = 100

RESET, BUILD, SEARCH = range(3)


@compiled
def clear(day: Day) -> None:
    """An empty day: everything absent, every route and visit this run's to touch."""
    for column in (MISSING, DROPPED, SPLITS, TOUCHED, TRIED, OFFERED, BROKEN):
        day.num[column] = 0
    for server in range(day.num[SERVERS]):
        day.server[server, IS_TOUCHED] = 0
        day.server[server, IS_RUINED] = 0
        day.server[server, IS_OFFERED] = 0
        day.server[server, OPEN] = 1
    for building in range(day.comers.shape[0]):
        for column in range(day.comers.shape[1]):
            day.comers[building, column] = 0
    n = day.num[VISITS]
    for visit in range(n):
        day.node[visit, WHERE] = -1
        day.node[visit + n, WHERE] = -1
        day.node[visit, MEET] = 0
        day.node[visit, MEET_BY] = FAR
        day.node[visit, IS_TRIED] = 0
        day.node[visit, FREE_TO] = 1
        mark_missing(day, visit)


@compiled
def reset(day: Day) -> bool:
    """Take in the routes written to `stops` and LENGTH; False if they cannot hold."""
    clear(day)
    for server in range(day.num[SERVERS]):
        for p in range(1, day.server[server, LENGTH] + 1):
            node = day.stops[server, p, NODE]
            day.node[node, WHERE] = server
            day.node[node, PLACE] = p
            comes(day, node, server)
            if node < day.num[VISITS]:
                mark_planned(day, node)
    good = settle(day)
    day.num[VALUE] = value_now(day)
    return good


@compiled
def keep_best(day: Day) -> None:
    """Remember the routes as the best."""
    day.num[BEST] = day.num[VALUE]
    for server in range(day.num[SERVERS]):
        m = day.server[server, LENGTH]
        day.best[server, 0] = m
        for p in range(1, m + 1):
            day.best[server, p] = day.stops[server, p, NODE]


@compiled
def meet_again(day: Day) -> bool:
    """Let crews agree on starts anew, and remember the day if it is the best; False if orders do not tell starts."""
    good = settle(day) if day.num[CREWS] else True
    day.num[VALUE] = value_now(day)
    if good and day.num[VALUE] < day.num[BEST]:
        keep_best(day)
    return good


@compiled
def meets_again(day: Day) -> bool:
    """Whether crews agree on starts anew after a step that did not seem to make the day the best."""
    return bool(day.num[CREWS] and day.real[MEET_AGAIN] > 0.0 and np.random.random() < day.real[MEET_AGAIN])


@compiled
def build(day: Day, seed: int, sequence: int) -> bool:
    """Insert every absent visit, in the given sequence, where it costs least."""
    np.random.seed(seed)
    forget(day)
    day.num[OFFERED] = 0
    for server in range(day.num[SERVERS]):
        day.server[server, IS_OFFERED] = 0
        offer_route(day, server)
        # Nothing is going to be undone: as if saved already.
        day.server[server, IS_TOUCHED] = 1
    for k in range(day.num[MISSING]):
        if day.node[day.node[k, L_MISSING], FREE_TO]:
            try_visit(day, day.node[k, L_MISSING])
    draw_skip(day)
    recreate(day, sequence)
    for server in range(day.num[SERVERS]):
        day.server[server, IS_TOUCHED] = 0
    forget(day)
    return meet_again(day)


@compiled
def step(day: Day, warmth: float) -> None:
    """One ruin and recreate, kept or undone."""
    forget(day)
    centre = centre_of(day)
    ruin(day, centre)
    if not day.num[BROKEN]:
        offer_absent(day, centre)
        offer_routes(day, centre)
        recreate(day, draw_sequence())
        value = value_now(day)
        if value < day.num[VALUE] - warmth * math.log(max(1e-12, np.random.random())):
            day.num[VALUE] = value
            if value < day.num[BEST] or meets_again(day):
                meet_again(day)
            return
    restore(day)


@compiled
def search(day: Day, seed: int, iterations: int, warm_from: float, warm_to: float) -> bool:
    """So many steps, the temperature falling geometrically."""
    np.random.seed(seed)
    draw_skip(day)
    cooling = (warm_to / warm_from) ** (1.0 / max(1, iterations))
    warmth = warm_from
    for k in range(iterations):
        step(day, warmth)
        warmth *= cooling
        if day.num[CREWS] and k % SETTLE_EVERY == SETTLE_EVERY - 1:
            meet_again(day)
    return meet_again(day)


@entry
def run(day: Day, task: int, seed: int, number: int, warm_from: float, warm_to: float) -> bool:
    """The one way in, since each way in is compiled as a whole: RESET to the orders in
    `stops`, BUILD in sequence `number`, SEARCH for `number` steps. True if the orders hold by themselves."""
    if task == RESET:
        return reset(day)
    if task == BUILD:
        return build(day, seed, number)
    return search(day, seed, number, warm_from, warm_to)
