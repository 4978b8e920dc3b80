"""Which pairs are asked together: rectangles within an engine's limits, the nearest doors first.

Time or quota may end before the questions do. What is asked first is then what routes are made of: near neighbours.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from routing.datum import LngLat

from .base import Limits

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
_Block = tuple[Places, Places]


def blocks(missing: Mask, limits: Limits, places: Sequence[LngLat]) -> list[_Block]:
    """(rows, columns) that cover what is missing exactly once, each within the limits, nearest first.

    Rows that miss the same columns are asked together, so that a few new places cost their rows and columns.
    """
    apart = _apart(places)
    made = list(_singles(missing, limits, apart) if limits.columns == 1 else _rectangles(missing, limits, places))
    return sorted(made, key=lambda one: float(apart[np.ix_(*one)].mean()))


def _apart(places: Sequence[LngLat]) -> NDArray[np.float64]:
    """Rough distances, enough to tell near from far: degrees of latitude."""
    at = np.array(places, dtype=np.float64).reshape(-1, 2)
    at[:, 0] *= np.cos(np.radians(at[:, 1].mean())) if len(at) else 1.0
    return np.asarray(np.hypot(*(at[:, None, axis] - at[None, :, axis] for axis in (0, 1))), dtype=np.float64)


def _singles(missing: Mask, limits: Limits, apart: NDArray[np.float64]) -> Iterator[_Block]:
    """One target each: its nearest sources, then those farther away."""
    for column in np.flatnonzero(missing.any(axis=0)):
        rows = np.flatnonzero(missing[:, column])
        rows = rows[np.argsort(apart[rows, column], kind="stable")].astype(np.int64)
        for top in range(0, len(rows), limits.rows):
            yield rows[top : top + limits.rows], np.array([column], dtype=np.int64)


def _rectangles(missing: Mask, limits: Limits, places: Sequence[LngLat]) -> Iterator[_Block]:
    order = _along_a_curve(places)
    alike: dict[bytes, list[int]] = {}
    for row in order[np.any(missing, axis=1, keepdims=True)[order, 0]]:
        alike.setdefault(np.packbits(missing[row]).tobytes(), []).append(int(row))
    for rows in alike.values():
        columns = order[missing[rows[0]][order]]
        yield from _cut(np.array(rows, dtype=np.int64), columns, limits)


def _cut(rows: Places, columns: Places, limits: Limits) -> Iterator[_Block]:
    width = limits.columns if len(rows) > 1 else max(limits.columns, limits.line)
    height = limits.rows if len(columns) > 1 else max(limits.rows, limits.line)
    for left in range(0, len(columns), width):
        for top in range(0, len(rows), height):
            yield rows[top : top + height], columns[left : left + width]


def _along_a_curve(places: Sequence[LngLat]) -> Places:
    """An order in which neighbours stand together (Morton's curve over 2^10 × 2^10 cells)."""
    at = np.array(places, dtype=np.float64).reshape(-1, 2)
    span = np.maximum(np.ptp(at, axis=0), 1e-9)
    cell = ((at - at.min(axis=0)) / span * 1023).astype(np.int64)
    code = np.zeros(len(at), dtype=np.int64)
    for bit in range(10):
        code |= ((cell[:, 0] >> bit) & 1) << (2 * bit)
        code |= ((cell[:, 1] >> bit) & 1) << (2 * bit + 1)
    return np.argsort(code, kind="stable").astype(np.int64)
