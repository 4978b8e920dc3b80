"""How much the rights matrix asked, for the last lines of the test run."""

from __future__ import annotations

from collections import Counter

COUNTED: Counter[str] = Counter()
