"""Travel times that were fetched for a day: plain arrays, no network, the same answer every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.travel import Asked, HasLngLat, HaversineTravel, IntMatrix

from .report import FetchReport
from .store import cells_of


@dataclass(frozen=True, slots=True, eq=False)
class FetchedTravel:
    """Matrices by (mode, hours) over the places in `index` (cell → row). All else comes from `fallback`."""

    index: Mapping[int, int]
    tables: Mapping[Asked, tuple[IntMatrix, IntMatrix]]
    fallback: HaversineTravel
    report: FetchReport

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        """See TravelTimes.matrix."""
        return self.matrices(points, [(mode, (hour,))])[0]

    def matrices(self, points: Sequence[HasLngLat], asked: Sequence[Asked]) -> list[tuple[IntMatrix, IntMatrix]]:
        """See SeveralTravelTimes: rows and columns of places that were not fetched are estimated."""
        rows = np.array([self.index.get(int(cell), -1) for cell in cells_of(points)], dtype=np.int64)
        known = rows >= 0
        estimated = {}
        absent = [one for one in asked if one not in self.tables or not known.all()]
        if absent:
            estimated = dict(zip(absent, self.fallback.matrices(points, absent), strict=True))
        made = []
        for one in asked:
            table = self.tables.get(one)
            if table is None:
                made.append(estimated[one])
            elif known.all():
                made.append((table[0][np.ix_(rows, rows)], table[1][np.ix_(rows, rows)]))
            else:
                made.append(self._mixed(table, estimated[one], rows, known))
        return made

    @staticmethod
    def _mixed(
        table: tuple[IntMatrix, IntMatrix],
        estimate: tuple[IntMatrix, IntMatrix],
        rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
        known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    ) -> tuple[IntMatrix, IntMatrix]:
        inside, chosen = np.ix_(known, known), np.ix_(rows[known], rows[known])
        for whole, part in zip(estimate, table, strict=True):
            whole[inside] = part[chosen]
        return estimate
