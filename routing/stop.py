"""When to stop solving. A stop is asked often with the seconds elapsed and the best objective so far (None: none)."""

import math
from dataclasses import dataclass
from typing import Protocol


class Stop(Protocol):
    """Any callable of this shape will do, for instance one that looks at a button somebody may press."""

    def __call__(self, elapsed_s: float, best_objective: int | None, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class MaxSeconds:
    """Stop after `seconds` of wall time, model building included."""

    seconds: float

    def __call__(self, elapsed_s: float, _best_objective: int | None) -> bool:
        return elapsed_s >= self.seconds


@dataclass(frozen=True, slots=True)
class Iterations:
    """Stop after `count` improvement steps: the same problem and seed then give the same plan on any machine."""

    count: int

    def __call__(self, _elapsed_s: float, _best_objective: int | None) -> bool:
        return False


@dataclass(frozen=True, slots=True, init=False)
class AnyOf:
    """Stop as soon as one of several stops says so."""

    stops: tuple[Stop, ...]

    def __init__(self, *stops: Stop) -> None:
        object.__setattr__(self, "stops", stops)

    def __call__(self, elapsed_s: float, best_objective: int | None) -> bool:
        return any(stop(elapsed_s, best_objective) for stop in self.stops)


def seconds_limit(stop: Stop) -> float:
    """The wall-time bound a stop implies in seconds; infinity when it names none."""
    if isinstance(stop, MaxSeconds):
        return stop.seconds
    if isinstance(stop, AnyOf):
        return min((seconds_limit(part) for part in stop.stops), default=math.inf)
    return math.inf


def iterations_limit(stop: Stop) -> int | None:
    """The iteration bound a stop implies; None when it names none."""
    if isinstance(stop, Iterations):
        return stop.count
    if isinstance(stop, AnyOf):
        limits = [limit for limit in map(iterations_limit, stop.stops) if limit is not None]
        return min(limits) if limits else None
    return None
