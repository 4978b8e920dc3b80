"""Route planning for process servers: travel times, problem, solve, explain, changes by hand.

A library: knows no web framework, database or queue. Points are WGS-84, times seconds since local midnight.
"""

from .check import check
from .datum import (
    bd09_to_gcj02,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_china,
    to_wgs84,
    wgs84_to_gcj02,
)
from .explain import reason_text_zh, violation_text_zh
from .insertion import insert, rearrange, remove, swap
from .plan import Plan, PlannedStop, Price, Progress, Reason, Refusal, Retimed, Route, Unplanned, Violation
from .problem import Break, Mode, Point, Problem, ProblemError, Server, Visit, Weights, Window
from .replan import Replanned, replan
from .retiming import retime
from .solve import solve
from .stop import AnyOf, Iterations, MaxSeconds, Stop
from .travel import HaversineTravel, TravelTimes

__all__ = [
    "AnyOf",
    "Break",
    "HaversineTravel",
    "Iterations",
    "MaxSeconds",
    "Mode",
    "Plan",
    "PlannedStop",
    "Point",
    "Price",
    "Problem",
    "ProblemError",
    "Progress",
    "Reason",
    "Refusal",
    "Replanned",
    "Retimed",
    "Route",
    "Server",
    "Stop",
    "TravelTimes",
    "Unplanned",
    "Violation",
    "Visit",
    "Weights",
    "Window",
    "bd09_to_gcj02",
    "check",
    "from_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "in_china",
    "insert",
    "rearrange",
    "reason_text_zh",
    "remove",
    "replan",
    "retime",
    "solve",
    "swap",
    "to_wgs84",
    "violation_text_zh",
    "wgs84_to_gcj02",
]
