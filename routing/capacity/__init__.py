"""Capacity what-if: how many servers, of what kind, for this load, over a simulated month."""

from .compare import Row, Spread, Target, WhatIf, what_if
from .learn import Seen, learn
from .model import LUNCH, OFFICE, Area, Assumptions, DayResult, Group, Kind, Month, Staffing
from .month import Cancelled, simulate

__all__ = [
    "LUNCH",
    "OFFICE",
    "Area",
    "Assumptions",
    "Cancelled",
    "DayResult",
    "Group",
    "Kind",
    "Month",
    "Row",
    "Seen",
    "Spread",
    "Staffing",
    "Target",
    "WhatIf",
    "learn",
    "simulate",
    "what_if",
]
