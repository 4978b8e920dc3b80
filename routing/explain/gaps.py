"""Where a visit would fit if one rule gave way: exact spans of every gap without windows, and their prices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.construct import Builder
from routing.instance import Instance
from routing.problem import Window
from routing.slots import ENDLESS, FAR, Floats, limit_at, ready_at


@dataclass(frozen=True, slots=True)
class Spans:
    """One row per way a visit could stand in a server's route, windows of the visit apart: the gap, the earliest and
    latest start there, and the extra travel seconds and metres."""

    server: int
    gap: NDArray[np.int64]
    earliest: Floats
    latest: Floats
    extra_s: Floats
    extra_m: Floats

    def of(self, rows: NDArray[np.bool_]) -> "Spans":
        return Spans(
            self.server, self.gap[rows], self.earliest[rows], self.latest[rows], self.extra_s[rows], self.extra_m[rows]
        )


def spans_of(builder: Builder, server: int, visit: int) -> Spans:
    """All spans of the visit in the server's route as it is; fixed places are kept to, nothing else of the visit is."""
    instance, state = builder.instance, builder.states[server]
    door = np.array([visit])
    to_s, on_s = _legs(instance.seconds[server], state.points, int(instance.point_of[visit]))
    to_m, on_m = _legs(instance.metres[server], state.points, int(instance.point_of[visit]))
    pauses, service = instance.breaks[server], float(instance.service[visit])
    earliest, latest = [], []
    for at in range(len(pauses) + 1):
        earliest.append(ready_at(state, to_s[None, :], pauses, at)[0])
        latest.append(limit_at(state, on_s[None, :], pauses, at)[0] - service)
    ways = len(earliest)
    gaps = np.arange(len(state.points) - 1)
    extra_s, extra_m = to_s + on_s, to_m + on_m
    if builder.orders[server]:
        extra_s = extra_s - _between(instance.seconds[server], state.points)
        extra_m = extra_m - _between(instance.metres[server], state.points)
    made = Spans(
        server,
        np.tile(gaps, ways),
        np.concatenate(earliest),
        np.concatenate(latest),
        np.tile(extra_s, ways),
        np.tile(extra_m, ways),
    )
    ranks = np.array([instance.rank[node] for node in builder.orders[server]], dtype=np.int64)
    first = int(np.searchsorted(ranks, instance.rank[int(door[0])], side="left"))
    last = int(np.searchsorted(ranks, instance.rank[int(door[0])], side="right"))
    return made.of((made.earliest <= made.latest) & (made.gap >= first) & (made.gap <= last))


def _legs(matrix: NDArray[np.int32], points: NDArray[np.int32], door: int) -> tuple[Floats, Floats]:
    """Ways to the door from before each gap, and on to what comes after it (0 where the route just ends)."""
    to = matrix[points[:-1], door].astype(np.float64)
    on = np.where(points[1:] >= 0, matrix[door, points[1:]], 0).astype(np.float64)
    return to, on


def _between(matrix: NDArray[np.int32], points: NDArray[np.int32]) -> Floats:
    return np.where(points[1:] >= 0, matrix[points[:-1], points[1:]], 0).astype(np.float64)


def nearest_start(spans: Spans, kinds: Sequence[Sequence[Window]]) -> tuple[Floats, Floats]:
    """For each span the start that lies least outside the windows (of every kind that has any), and by how much."""
    edges = sorted({edge for windows in kinds for window in windows for edge in (window.start_s, window.end_s)})
    best_by, best_at = np.full(len(spans.gap), FAR), spans.earliest.copy()
    for edge in edges or [0]:
        at = np.clip(float(edge), spans.earliest, spans.latest)
        by = np.zeros(len(at))
        for windows in kinds:
            by += outside(at, windows)
        better = by < best_by
        best_by[better], best_at[better] = by[better], at[better]
    return best_at, best_by


def outside(at: Floats, windows: Sequence[Window]) -> Floats:
    """How far each moment lies outside the nearest window; 0 without windows."""
    if not windows:
        return np.zeros(len(at))
    each = [np.maximum(window.start_s - at, at - window.end_s) for window in windows]
    return np.asarray(np.maximum(0.0, np.min(each, axis=0)), dtype=np.float64)


def widened(windows: tuple[Window, ...], at_s: int) -> tuple[Window, ...]:
    """The windows with the nearest one widened by whole minutes so that it holds the moment; none stay none."""
    if not windows or any(window.start_s <= at_s <= window.end_s for window in windows):
        return windows
    by = [max(window.start_s - at_s, at_s - window.end_s) for window in windows]
    k = by.index(min(by))
    one, steps = windows[k], -(-by[k] // 60) * 60
    wider = (
        Window(max(0, one.start_s - steps), one.end_s) if at_s < one.start_s else Window(one.start_s, one.end_s + steps)
    )
    return (*windows[:k], wider, *windows[k + 1 :])


def metres_left(instance: Instance, server: int, metres: int) -> float:
    """How much further the server may go than a route of so many metres."""
    return ENDLESS if instance.max_m[server] < 0 else float(instance.max_m[server] - metres)
