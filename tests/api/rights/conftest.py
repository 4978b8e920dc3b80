"""Prints how many calls the rights matrix made."""

from __future__ import annotations

import pytest

from server.accounts.roles import ROLES
from tests.api.rights.counted import COUNTED
from tests.api.rights.world import RELATIONS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTED["calls"]:
        terminalreporter.write_line(
            f"rights matrix: {COUNTED['endpoints']} endpoints × {len(ROLES)} roles × {len(RELATIONS)} relations = "
            f"{COUNTED['calls']} calls, {COUNTED['let in']} let in, {COUNTED['refused']} refused"
        )
