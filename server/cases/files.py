"""The lists themselves at rest: they hold everybody's numbers, so they are stored sealed and opened in memory only.

Each file has a key of its own, sealed in its run (`file_key`). Without that field nobody can read the file again.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from evidence.errors import EvidenceError
from evidence.stores import Store
from server.cases.errors import FileRefused
from server.cases.models import ImportRun
from server.cases.reading import MAX_BYTES, too_large
from server.core import crypto
from server.core.crypto import files
from server.core.errors import DomainError

# What sealing adds to the largest file.
_ROOM_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeptFile:
    """Where a sealed list lies, SHA-256 of the list as it was sent, and its sealed key."""

    store_key: str
    sha256: str
    file_key: str


def keep(stream: BinaryIO, *, court: str, store: Store) -> KeptFile:
    """Stores a list sealed. Raises `import.file_too_large` and `import.not_stored`."""
    vault, key = crypto.vault(), files.new_key()
    with tempfile.TemporaryFile() as sealed:
        sha256, size = files.seal_file(stream, sealed, key=key, algorithm=vault.cipher)
        if size > MAX_BYTES:
            raise too_large()
        sealed.seek(0)
        try:
            stored = store.put(sealed, max_bytes=MAX_BYTES + _ROOM_BYTES)
        except EvidenceError as error:
            raise _of_store(error) from error
    return KeptFile(stored.key, sha256, vault.seal(key, court=court))


@contextmanager
def opened(run: ImportRun, store: Store) -> Iterator[BinaryIO]:
    """The plain list as a seekable stream in memory, so that no temporary file ever holds it.

    Raises FileRefused `import.file_destroyed` when its key was destroyed with a person it told of.
    """
    plain = io.BytesIO()
    with store.open(run.store_key) as stored:
        if run.sealed and not run.file_key:
            raise FileRefused(code="import.file_destroyed", title="该名单因当事人信息销毁已不可读取，请重新上传")
        if run.file_key:
            files.open_file(stored, plain, key=crypto.vault().open(run.file_key, court=run.court))
        else:
            # Of before lists were sealed.
            plain.write(stored.read())
    plain.seek(0)
    yield plain


def _of_store(error: EvidenceError) -> DomainError:
    if error.code == "evidence.too_large":
        return too_large()
    return DomainError(code="import.not_stored", status=503, title="文件暂时无法保存，请稍后重试")
