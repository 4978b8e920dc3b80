"""Where answers of road engines are kept: rows of ordered pairs, one row per engine, profile, hour and source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from routing.datum import LngLat
from routing.travel import HasLngLat

Cells = NDArray[np.int64]
# 1e-5 degrees is about a metre: nearer points are one place to a road engine.
_PER_DEGREE = 100_000
_ROW = 400 * _PER_DEGREE


class RowKey(NamedTuple):
    """`source` is a cell (`cells_of`); `hour` the hour of the day (0–23) at which the seconds hold."""

    engine: str
    profile: str
    hour: int
    source: int


@dataclass(frozen=True, slots=True)
class Row:
    """Known targets of a source, by rising cell, with seconds and metres (NO_ROUTE: the engine knows no way)."""

    targets: Cells
    seconds: NDArray[np.int32]
    metres: NDArray[np.int32]

    def merged(self, newer: "Row") -> "Row":
        """Both, the newer where both know."""
        targets = np.concatenate([newer.targets, self.targets])
        kept, first = np.unique(targets, return_index=True)
        seconds = np.concatenate([newer.seconds, self.seconds])[first]
        return Row(kept, seconds, np.concatenate([newer.metres, self.metres])[first])


class PairStore(Protocol):
    """Keeps rows as long as it sees fit. `put_many` adds to rows already there."""

    def get_many(self, keys: Sequence[RowKey]) -> Mapping[RowKey, Row]:
        """The rows known among `keys`."""
        ...

    def put_many(self, rows: Mapping[RowKey, Row]) -> None:
        """Keeps the pairs of `rows` beside those already known."""
        ...


class MemoryStore:
    """A store that lives and dies with the process; `most_rows` bounds it, the oldest go first."""

    def __init__(self, most_rows: int = 20_000) -> None:
        self._most = most_rows
        self._rows: dict[RowKey, Row] = {}

    def get_many(self, keys: Sequence[RowKey]) -> Mapping[RowKey, Row]:
        """See PairStore."""
        return {key: self._rows[key] for key in keys if key in self._rows}

    def put_many(self, rows: Mapping[RowKey, Row]) -> None:
        """See PairStore."""
        for key, row in rows.items():
            before = self._rows.pop(key, None)
            self._rows[key] = row if before is None else before.merged(row)
        for key in list(self._rows)[: max(0, len(self._rows) - self._most)]:
            del self._rows[key]


def cells_of(points: Sequence[HasLngLat]) -> Cells:
    """The cell of each point: its position rounded to 1e-5 degrees, as one number."""
    lng = np.rint((np.array([point.lng for point in points]) + 180.0) * _PER_DEGREE).astype(np.int64)
    lat = np.rint((np.array([point.lat for point in points]) + 90.0) * _PER_DEGREE).astype(np.int64)
    return np.asarray(lat * _ROW + lng, dtype=np.int64)


def place_of(cell: int) -> LngLat:
    """WGS-84 (longitude, latitude) of a cell."""
    lat, lng = divmod(int(cell), _ROW)
    return lng / _PER_DEGREE - 180.0, lat / _PER_DEGREE - 90.0
