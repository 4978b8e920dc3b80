"""The protocol over a folder, with locks among threads."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.uploads import FileUploads, OpenDesk, ThreadLocker, Uploads
from tests.unit.evidence.uploads.talk import Client

MAX_BYTES = 1_000_000


@pytest.fixture
def store(tmp_path: Path) -> FileUploads:
    return FileUploads(tmp_path / "uploads", wait_s=0.1)


@pytest.fixture
def client(store: FileUploads) -> Client:
    return Client(Uploads(store=store, locker=ThreadLocker(wait_s=0.5), desk=OpenDesk(), max_bytes=MAX_BYTES))
