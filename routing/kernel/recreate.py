"""Recreate: the visits taken out and the absent ones offered go, in one of several sequences, where they cost least."""

import numpy as np

from routing.instance import UNDER_WAY

from .crews import find_pair
from .gaps import cheapest_gap
from .jit import compiled
from .layout import (
    CREW,
    FAR,
    GAP,
    GENEROUS,
    IS_TOUCHED,
    KEYS,
    L_OFFERED,
    L_TRIED,
    L_TRIED_MEET,
    MEET_LATE,
    MISSING,
    MOVE_UNDER_WAY,
    OFFERED,
    PENALTY,
    POINT,
    RANK,
    SERVER,
    SERVICE,
    SINCE,
    START,
    TO,
    TRIED,
    UNTIL,
    VISITS,
    WINDOW,
    WINDOWS,
    Day,
)
from .moves import insert, set_meet
from .price import entry_price, mark_planned
from .timing import between, start_by

# Sequences and how often each is used, in tenths.
RANDOM, BY_VALUE, DENSITY, FARTHEST, NEAREST, TIGHTEST, EARLIEST = range(7)
# Of generous steps: times its penalty that a visit may cost, and objective seconds on top.
MODEST, LAVISH, GIFT = 4.0, 1e6, 600


@compiled
def draw_sequence() -> int:
    """One of the sequences, by weight."""
    draw = np.random.random()
    if draw < 0.30:
        return RANDOM
    if draw < 0.40:
        return BY_VALUE
    if draw < 0.60:
        return DENSITY
    if draw < 0.75:
        return FARTHEST
    if draw < 0.80:
        return NEAREST
    if draw < 0.95:
        return TIGHTEST
    return EARLIEST


@compiled
def openness(day: Day, visit: int) -> float:
    """Seconds a visit may start in."""
    count = day.node[visit, WINDOWS]
    if count == 0:
        return 1.0 * FAR
    total = 0
    for k in range(count):
        total += day.node[visit, WINDOW + 2 * k + 1] - day.node[visit, WINDOW + 2 * k]
    return 1.0 * total


@compiled
def key_of(day: Day, visit: int, sequence: int) -> float:
    """What visits are sorted by, smallest first."""
    if day.node[visit, RANK] == UNDER_WAY and np.random.random() >= 0.5 * day.real[MOVE_UNDER_WAY]:
        # Nothing makes room for them later: alone before in crews, which take their time from them.
        return float(day.node[visit, CREW] - 3) * FAR
    if sequence == BY_VALUE:
        return float(np.random.random() - day.node[visit, PENALTY])
    if sequence == DENSITY:
        hours = (300.0 + day.node[visit, SERVICE]) * day.node[visit, CREW]
        return float(-day.node[visit, PENALTY] / hours * (0.8 + 0.4 * np.random.random()))
    if sequence in (FARTHEST, NEAREST):
        away = 1.0 * between(day, day.server[0, TO], day.server[0, START], day.node[visit, POINT])
        return -away if sequence == FARTHEST else away
    if sequence == TIGHTEST:
        return openness(day, visit) * (0.8 + 0.4 * np.random.random())
    if sequence == EARLIEST and day.node[visit, WINDOWS]:
        return float(day.node[visit, WINDOW] + np.random.random())
    return float(np.random.random())


@compiled
def sort_tried(day: Day, sequence: int) -> None:
    """Put the visits of the step into the sequence."""
    size = day.num[TRIED]
    for k in range(size):
        day.real[KEYS + k] = key_of(day, day.node[k, L_TRIED], sequence)
    for k in range(1, size):
        key, visit, meet = day.real[KEYS + k], day.node[k, L_TRIED], day.node[k, L_TRIED_MEET]
        at = k
        while at > 0 and day.real[KEYS + at - 1] > key:
            day.real[KEYS + at] = day.real[KEYS + at - 1]
            day.node[at, L_TRIED] = day.node[at - 1, L_TRIED]
            day.node[at, L_TRIED_MEET] = day.node[at - 1, L_TRIED_MEET]
            at -= 1
        day.real[KEYS + at], day.node[at, L_TRIED], day.node[at, L_TRIED_MEET] = key, visit, meet


@compiled
def put_single(day: Day, visit: int, worth: int, changed_only: bool) -> bool:
    """Insert a visit where it costs least, if that is less than it is held to be worth."""
    best, server, gap = worth, -1, -1
    for k in range(day.num[OFFERED]):
        other = day.server[k, L_OFFERED]
        if changed_only and not day.server[other, IS_TOUCHED]:
            continue
        entry = entry_price(day, other, visit)
        if entry >= FAR:
            continue
        price, found = cheapest_gap(day, other, visit, entry, best)
        if found >= 0:
            best, server, gap = price, other, found
    if server < 0:
        return False
    insert(day, server, visit, gap)
    return True


@compiled
def meeting(day: Day, visit: int, i: int, j: int, late: bool) -> int:
    """When the two of a crew start: as early as both can, or later, which leaves room in front."""
    since = max(day.spots[0, i, SINCE], day.spots[1, j, SINCE])
    if not late:
        return int(since)
    until = min(day.spots[0, i, UNTIL], day.spots[1, j, UNTIL])
    return int(start_by(day, visit, since + int((until - since) * min(1.0, 2.0 * np.random.random()))))


@compiled
def draw_generosity(day: Day) -> float:
    """How many times its penalty more a visit may cost in this step: mostly 0, else a little or whatever it takes."""
    if day.real[GENEROUS] <= 0.0 or np.random.random() >= day.real[GENEROUS]:
        return 0.0
    return MODEST if np.random.random() < 0.5 else LAVISH


@compiled
def worth_of(day: Day, visit: int, generous: float) -> int:
    """What a visit may cost. Generous steps let in what pays only together with others; annealing judges the day."""
    penalty = day.node[visit, PENALTY]
    if generous <= 0.0:
        return int(penalty)
    return int(min(FAR - 1, penalty * (1.0 + generous * np.random.random()) + GIFT))


@compiled
def put_crew(day: Day, visit: int, worth: int) -> bool:
    """Insert both halves of a crew where they cost least together, if that is less than they are held to be worth."""
    late = day.real[MEET_LATE] > 0.0 and np.random.random() < day.real[MEET_LATE]
    i, j = find_pair(day, visit, worth, late)
    if i < 0:
        return False
    set_meet(day, visit, meeting(day, visit, i, j, late))
    insert(day, day.spots[0, i, SERVER], visit, day.spots[0, i, GAP])
    second = visit + day.num[VISITS]
    insert(day, day.spots[1, j, SERVER], second, day.spots[1, j, GAP])
    return True


@compiled
def recreate(day: Day, sequence: int) -> None:
    """Insert what the step has taken out or offers."""
    sort_tried(day, sequence)
    generous = draw_generosity(day)
    for k in range(day.num[TRIED]):
        visit = day.node[k, L_TRIED]
        worth = worth_of(day, visit, generous)
        if day.node[visit, CREW] == 2:
            done = put_crew(day, visit, worth)
        else:
            # Into routes as they were, what was absent did not fit: only changed ones are worth a look.
            changed_only = not generous and day.node[k, L_TRIED_MEET] < 0 and day.num[MISSING] > 0
            done = put_single(day, visit, worth, changed_only)
        if done:
            mark_planned(day, visit)
