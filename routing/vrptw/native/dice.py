"""Random numbers from the state of the search itself: the same everywhere, and without numba's hidden one."""

import numpy as np

from routing.kernel.jit import inlined

from .state import RANDOM, Longs


@inlined
def draw(head: Longs) -> np.uint64:
    """Next 64 random bits (Marsaglia's xorshift64)."""
    x = np.uint64(head[RANDOM])
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    head[RANDOM] = np.int64(x)
    return x


@inlined
def below(head: Longs, limit: int) -> int:
    return int(np.int64(((draw(head) >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32)))


@inlined
def share(head: Longs) -> float:
    return float(np.float64(draw(head) >> np.uint64(11)) * (1.0 / 9007199254740992.0))
