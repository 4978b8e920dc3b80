"""The native search: ruin and recreate with exact breaks, compiled by numba.

`KernelSearch` improves a day in blocks of steps, `construct` fills a day in milliseconds, `warm_up` compiles (or loads
from the disk) everything they need, so that the first plan does not wait for it.
"""

from .api import SMALL_DAY, KernelSearch, Tune, construct
from .ready import ready, warm_up

__all__ = ["SMALL_DAY", "KernelSearch", "Tune", "construct", "ready", "warm_up"]
