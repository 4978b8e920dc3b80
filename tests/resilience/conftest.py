"""One whole stack for all tests that kill parts of it: each leaves it running as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack.whole import WholeStack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    """A running stack with the demo court; its data goes with the last of these tests."""
    whole = WholeStack(tmp_path_factory.mktemp("whole"))
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()
