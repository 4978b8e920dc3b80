"""Vehicle routing with time windows as the literature states it (Solomon; Gehring & Homberger): distance only.

`solve_file(path, seconds, seed)` with two warm processes; `read` for the files; `warm_up` to compile beforehand.
"""

from .read import Instance, parse, read
from .solve import Solution, solve_file, solve_instance
from .warm import warm_up

__all__ = ["Instance", "Solution", "parse", "read", "solve_file", "solve_instance", "warm_up"]
