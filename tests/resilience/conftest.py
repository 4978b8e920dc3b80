"""One whole stack for all tests that kill parts of it: each leaves it running as it found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.whole import WholeStack


@pytest.fixture(scope="package")
def stack(scratch_dir: Path) -> Iterator[WholeStack]:
    """A running stack with the demo court. What kill -9 leaves in memory outlives its process as it would on a disk."""
    whole = WholeStack(scratch_dir / "resilience")
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()
