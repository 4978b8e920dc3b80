"""Compiles the search, or loads it from numba's cache, before somebody waits for it."""

import numpy as np

from .read import build
from .search import Search


def warm_up() -> None:
    """After this the first search starts at once: some milliseconds with a warm cache, up to 15 s with a cold one."""
    rows = np.array([[i % 3, i // 3, 1, 0, 1000, 1] for i in range(8)], dtype=np.float64)
    search = Search(build("warm-up", 8, 4, rows), seed=1)
    search.load([])
    search.construct()
    search.run(10, 1.0)
    search.load(search.best_routes())
