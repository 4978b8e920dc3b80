"""Why a visit is not planned and what would change that; why a planned one is where it is."""

from routing.check.wording import VIOLATIONS_ZH, violation_text_zh

from .reasons import explain, reasons_for
from .sentences import REASONS_ZH, reason_text_zh

__all__ = ["REASONS_ZH", "VIOLATIONS_ZH", "explain", "reason_text_zh", "reasons_for", "violation_text_zh"]
