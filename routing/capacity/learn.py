"""Assumptions from what a court saw in its last weeks: how much came in where, how long it took, when it served."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from routing.problem import Point, ProblemError, Window

from .model import HOURS, Area, Assumptions, Kind

# Chances of an hour are drawn towards the mean of all hours as if so many visits had shown that mean.
_PRIOR = 20.0
_MOST_AREAS = 6
_VISITS_PER_AREA = 40
_ROUNDS = 30
_T = TypeVar("_T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit as it was. `came_on` counts days from any day on, `weekday` 0 is Monday.

    `tried` lists (second of the day, served) of its visits in order; `minutes` is what a visit to it takes.
    """

    kind: str
    point: Point
    minutes: float
    came_on: int
    weekday: int
    crew: int = 1
    windows: tuple[Window, ...] = ()
    skills: frozenset[str] = frozenset()
    due_days: int | None = None
    hearing_days: int | None = None
    tried: tuple[tuple[int, bool], ...] = ()


def learn(seen: Sequence[Seen], base: Assumptions, *, working_days: int) -> Assumptions:
    """`base` with everything the visits tell better; `working_days` is how many of these they came in on.

    Raises ProblemError `capacity.nothing_seen` when there is nothing to learn from.
    """
    if not seen or working_days < 1:
        raise ProblemError("capacity.nothing_seen", "近期没有上门记录，无法据以测算")
    mean = _mean_success(seen)
    return replace(
        base,
        areas=_areas(seen, working_days),
        kinds=_kinds(seen, mean),
        weekdays=_weekdays(seen, len(base.weekdays)),
        due_days=_range([one.due_days for one in seen], base.due_days),
        hearing_days=_range([one.hearing_days for one in seen], base.hearing_days),
        hearing_share=sum(one.hearing_days is not None for one in seen) / len(seen),
    )


def _mean_success(seen: Iterable[Seen]) -> float:
    results = [served for one in seen for _, served in one.tried]
    return (sum(results) + 0.6 * _PRIOR) / (len(results) + _PRIOR)


def _kinds(seen: Sequence[Seen], mean: float) -> tuple[Kind, ...]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        groups[one.kind].append(one)
    return tuple(_kind(name, groups[name], len(seen), mean) for name in sorted(groups))


def _kind(name: str, of_kind: Sequence[Seen], total: int, mean: float) -> Kind:
    success, again = _success(of_kind, mean)
    return Kind(
        name=name,
        share=len(of_kind) / total,
        minutes=round(sum(one.minutes for one in of_kind) / len(of_kind), 1),
        success=success,
        again=again,
        windows=_common([one.windows for one in of_kind]),
        crew_share=round(sum(one.crew == 2 for one in of_kind) / len(of_kind), 3),
        skills=_common([one.skills for one in of_kind]),
    )


def _common(values: Sequence[_T]) -> _T:
    """What most of them have."""
    return Counter(values).most_common(1)[0][0]


def _success(of_kind: Sequence[Seen], mean: float) -> tuple[tuple[float, ...], float]:
    """First-visit chance by hour, and how much better or worse a return visit does."""
    first: dict[int, list[bool]] = defaultdict(list)
    again: list[bool] = []
    for one in of_kind:
        for number, (second, served) in enumerate(one.tried):
            if number:
                again.append(served)
            else:
                first[min(second // 3600, HOURS - 1)].append(served)
    firsts = [served for hour in first.values() for served in hour]
    level = (sum(firsts) + mean * _PRIOR) / (len(firsts) + _PRIOR)
    hours = tuple(
        round((sum(first.get(hour, ())) + level * _PRIOR) / (len(first.get(hour, ())) + _PRIOR), 3)
        for hour in range(HOURS)
    )
    later = (sum(again) + level * _PRIOR) / (len(again) + _PRIOR)
    return hours, round(min(2.0, later / level), 3) if level else 1.0


def _weekdays(seen: Sequence[Seen], count: int) -> tuple[float, ...]:
    """Relative to the mean, drawn towards it by a tenth of the whole."""
    found = np.bincount([one.weekday for one in seen if one.weekday < count], minlength=count).astype(np.float64)
    if found.sum() == 0:
        return (1.0,) * count
    found += found.sum() * 0.1 / count
    return tuple(round(float(value), 3) for value in found / found.mean())


def _range(values: Sequence[int | None], otherwise: tuple[int, int]) -> tuple[int, int]:
    """From the tenth to the ninetieth of a hundred."""
    known = [max(0, value) for value in values if value is not None]
    if len(known) < 10:
        return otherwise
    low, high = np.percentile(known, [10, 90])
    return min(250, int(low)), min(250, max(int(low), math.ceil(high)))


def _areas(seen: Sequence[Seen], working_days: int) -> tuple[Area, ...]:
    """Clusters of doors (k-means from spread-out beginnings), largest first."""
    points = np.array([[one.point.lng, one.point.lat] for one in seen])
    shrink = math.cos(math.radians(float(points[:, 1].mean())))
    flat = (points - points.mean(axis=0)) * np.array([shrink, 1.0]) * 111_195.0
    count = max(1, min(_MOST_AREAS, len(seen) // _VISITS_PER_AREA))
    label = _clusters(flat, count)
    order = sorted(range(count), key=lambda one: (-int((label == one).sum()), one))
    areas = []
    for number, cluster in enumerate((one for one in order if (label == one).any()), start=1):
        mine = label == cluster
        middle = points[mine].mean(axis=0)
        away = np.hypot(*(flat[mine] - flat[mine].mean(axis=0)).T)
        # An even disc has two thirds of its radius as the mean distance from its middle.
        radius = min(100_000.0, round(1.5 * float(away.mean()), 0))
        centre = Point(round(float(middle[0]), 5), round(float(middle[1]), 5))
        areas.append(Area(f"片区{number}", centre, radius, round(float(mine.sum()) / working_days, 2)))
    return tuple(areas)


def _clusters(flat: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Lloyd's algorithm from the farthest-point beginning: no chance in it."""
    centres = [flat[np.argmin(np.hypot(*flat.T))]]
    while len(centres) < count:
        nearest = np.min([np.hypot(*(flat - centre).T) for centre in centres], axis=0)
        centres.append(flat[int(np.argmax(nearest))])
    middle = np.array(centres)
    label = np.zeros(len(flat), dtype=np.int64)
    for _ in range(_ROUNDS):
        label = np.argmin(((flat[:, None, :] - middle[None, :, :]) ** 2).sum(axis=2), axis=1)
        moved = np.array(
            [flat[label == one].mean(axis=0) if (label == one).any() else middle[one] for one in range(count)]
        )
        if np.allclose(moved, middle):
            break
        middle = moved
    return label
