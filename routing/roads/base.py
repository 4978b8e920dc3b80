"""What a road engine is to us: blocks of ride times between two lists of points, errors with a code, limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from routing.datum import LngLat
from routing.travel import IntMatrix

from .errors import wrong_answer
from .http import Http

# Seconds of a pair nobody has answered yet, and of one the engine knows no way for.
UNKNOWN, NO_ROUTE = -1, -2


@dataclass(frozen=True, slots=True)
class Limits:
    """Most of one request: `rows` × `columns`, or `line` when either side is one point. `per_second` 0 = no bound."""

    rows: int
    columns: int
    line: int
    parallel: int = 2
    per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """An engine's name for a mode; untimed where its speed is not ours (an e-bike on a bicycle's ways)."""

    name: str
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """Ride seconds and metres, sources × targets, int32; NO_ROUTE where the engine knows no way."""

    seconds: IntMatrix
    metres: IntMatrix

    @classmethod
    def empty(cls, rows: int, columns: int) -> "Block":
        """All NO_ROUTE."""
        return cls(*(np.full((rows, columns), NO_ROUTE, dtype=np.int32) for _ in range(2)))


class RoadEngine(Protocol):
    """A source of ride times. `clock`: "hour" answers for the hour asked, "static" for free roads, "live" for now."""

    @property
    def name(self) -> str: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def clock(self) -> Literal["hour", "static", "live"]: ...
    @property
    def profiles(self) -> Mapping[str, Profile]: ...

    def block(self, http: Http, sources: Sequence[LngLat], targets: Sequence[LngLat], profile: str, hour: int) -> Block:
        """One request about WGS-84 points (longitude, latitude), within `limits`. Raises RoadError."""
        ...


def numbers(values: object, *, rows: int, columns: int, scale: float = 1.0) -> IntMatrix:
    """A JSON array of arrays, null where there is no way, as rounded int32. Raises RoadError for another shape."""
    try:
        table = np.array(
            [[np.nan if one is None else float(one) for one in row] for row in values],  # type: ignore[attr-defined]  # whatever the network sent; a wrong shape raises below
            dtype=np.float64,
        )
    except (TypeError, ValueError) as error:
        raise wrong_answer("矩阵中有非数字") from error
    if table.shape != (rows, columns):
        raise wrong_answer("矩阵大小不符")
    table = np.where(np.isfinite(table) & (table >= 0), table * scale, NO_ROUTE)
    return np.asarray(np.rint(np.minimum(table, 10**7)), dtype=np.int32)


def paired(seconds: IntMatrix, metres: IntMatrix) -> Block:
    """A block in which a pair has both numbers or none."""
    missing = (seconds < 0) | (metres < 0)
    return Block(
        *(np.where(missing, NO_ROUTE, one).astype(np.int32) for one in (seconds, metres)),
    )
