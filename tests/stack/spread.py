"""How the tests are spread over the workers of pytest-xdist: by file, the longest first, all whole stacks on one.

A stack is a dozen processes: two at once on two cores would only wait for each other, and each folder starts its own
only once. Within a file, and between files of the same length, the order stays random.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

WHOLE_STACKS = ("tests/resilience/", "tests/journeys/")
# Begun last, each of these would leave the other workers idle at the end.
LONG = (
    "tests/api/test_fuzz.py",
    "tests/api/rights/",
    "tests/integration/core/test_audit_tampering.py",
    "tests/api/test_bad_input.py",
    "tests/unit/routing/test_solve.py",
)


def turn(item: pytest.Item) -> int:
    """The place of a test in the order: what takes long comes first."""
    path = item.nodeid.partition("::")[0]
    for place, begins in enumerate((*WHOLE_STACKS, *LONG)):
        if path.startswith(begins):
            return place
    return len(WHOLE_STACKS) + len(LONG)


class ByFile(LoadScopeScheduling):
    """Files whole, so that what a module sets up is set up once; whole stacks as if they were one file."""

    def _split_scope(self, nodeid: str) -> str:
        path: str = nodeid.partition("::")[0]
        return "whole stacks" if path.startswith(WHOLE_STACKS) else path
