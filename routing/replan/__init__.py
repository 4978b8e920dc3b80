"""Replanning a published day: what happened goes in, the least changed plan that holds comes out."""

from .changes import (
    PROMISE_S,
    Changes,
    ServerChange,
    Totals,
    VisitChange,
    change_text_zh,
    compare,
    server_text_zh,
    totals_text_zh,
)
from .day import DISRUPTION_S, REORDER_S, as_it_stands
from .events import (
    Event,
    NeedsSecond,
    NewWindow,
    ServerAbsent,
    ServerLate,
    TakesLonger,
    UrgentVisit,
    VisitCancelled,
    event_text_zh,
)
from .run import Replanned, apply, replan

__all__ = [
    "DISRUPTION_S",
    "PROMISE_S",
    "REORDER_S",
    "Changes",
    "Event",
    "NeedsSecond",
    "NewWindow",
    "Replanned",
    "ServerAbsent",
    "ServerChange",
    "ServerLate",
    "TakesLonger",
    "Totals",
    "UrgentVisit",
    "VisitCancelled",
    "VisitChange",
    "apply",
    "as_it_stands",
    "change_text_zh",
    "compare",
    "event_text_zh",
    "replan",
    "server_text_zh",
    "totals_text_zh",
]
