"""An independent judge of plans and solutions; shares no scheduling code with the optimiser."""

from .day import check, objective_parts
from .price import Changes, Parts, changes
from .unreadable import UnreadableError
from .vrptw import check_vrptw, check_vrptw_routes

__all__ = [
    "Changes",
    "Parts",
    "UnreadableError",
    "changes",
    "check",
    "check_vrptw",
    "check_vrptw_routes",
    "objective_parts",
]
