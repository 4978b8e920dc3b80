"""Why a visit is not planned and what would change that; why a planned one is where it is."""

from routing.check.wording import VIOLATIONS_ZH, violation_text_zh

from .admit import Admission, admissions, all_admissions
from .reasons import explain, explain_left, reasons_for
from .sentences import ADMISSIONS_ZH, REASONS_ZH, admission_text_zh, placement_text_zh, reason_text_zh
from .why import Alternative, Placement, why

__all__ = [
    "ADMISSIONS_ZH",
    "REASONS_ZH",
    "VIOLATIONS_ZH",
    "Admission",
    "Alternative",
    "Placement",
    "admission_text_zh",
    "admissions",
    "all_admissions",
    "explain",
    "explain_left",
    "placement_text_zh",
    "reason_text_zh",
    "reasons_for",
    "violation_text_zh",
    "why",
]
