"""Whether an item was captured where and when it says: reasons with figures and weights, never a refusal.

WGS-84, metres, aware times. Values in, values out: the caller converts other datums before it asks.
"""

from evidence.place.judge import judge
from evidence.place.reasons import AGREES, DOUBT, REASON_CODES, UNKNOWN, Reason, Verdict
from evidence.place.values import Address, Claim, Fix, TrackPoint

__all__ = [
    "AGREES",
    "DOUBT",
    "REASON_CODES",
    "UNKNOWN",
    "Address",
    "Claim",
    "Fix",
    "Reason",
    "TrackPoint",
    "Verdict",
    "judge",
]
