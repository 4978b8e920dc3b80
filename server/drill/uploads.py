"""A small client of tus 1.0.0 (https://tus.io/protocols/resumable-upload), independent of the server's own code: it
sends piece by piece, and after every broken connection asks how far the upload is before it goes on."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from server.drill.ledger import Ledger
from server.drill.line import Line, Refused, Unreachable, checked

COLLECTION = "/api/phone/uploads"
_VERSION = {"Tus-Resumable": "1.0.0"}
_BYTES = {"Content-Type": "application/offset+octet-stream"}
_PIECE_BYTES = 32 * 1024
# The piece is not what is wanted next, another request still holds the upload, or it came damaged: ask.
_ASK_AGAIN = (409, 423, 460)
_GONE = (404, 410)
_PATIENCE_S = 90.0
ALREADY_THERE = "upload.already_held"


class Uploads:
    """One phone's uploads, one after the other. Some are created with their bytes, some sent in small pieces."""

    def __init__(self, line: Line, ledger: Ledger, rng: random.Random, *, collection: str = COLLECTION) -> None:
        self._line, self._ledger, self._rng, self._collection = line, ledger, rng, collection

    def send(self, data: bytes, metadata: Mapping[str, str]) -> None:
        """Returns when the server has every byte. Raises Refused, or Unreachable when it gets no further."""
        piece = _PIECE_BYTES if self._rng.random() < 0.3 else len(data)
        address: str | None = None
        offset: int | None = None
        best, since = -1, time.monotonic()
        while offset != len(data):
            if address is None:
                address, offset = self._create(data if self._rng.random() < 0.5 else b"", len(data), metadata)
            elif offset is None:
                self._ledger.count("resumed")
                address, offset = self._ask(address)
            else:
                offset = self._more(address, offset, data[offset : offset + piece])
            if offset is not None and offset > best:
                best, since = offset, time.monotonic()
            elif time.monotonic() - since > _PATIENCE_S:
                raise Unreachable(f"上传停在第 {best} 字节")

    def _create(self, body: bytes, length: int, metadata: Mapping[str, str]) -> tuple[str, int | None]:
        """(address, offset): creation, with the bytes in the same request where there are any given."""
        headers = {**_VERSION, **(_BYTES if body else {})}
        headers |= {"Upload-Length": str(length), "Upload-Metadata": _encoded(metadata)}
        try:
            answer = self._line.raw("POST", self._collection, headers=headers, data=body)
        except Refused as error:
            # An earlier try had arrived whole; only its answer was lost.
            if error.code != ALREADY_THERE:
                raise
            return "", length
        address = urlsplit(answer.headers["Location"]).path
        offset = answer.headers.get("Upload-Offset")
        return address, int(offset) if offset else None if body else 0

    def _ask(self, address: str) -> tuple[str | None, int | None]:
        """Where to go on; no address when the upload is gone and must be created anew."""
        answer, trouble = self._line.once("HEAD", address, headers=_VERSION)
        if answer is None or trouble or answer.status_code in _ASK_AGAIN:
            self._pause()
            return address, None
        if answer.status_code in _GONE:
            return None, None
        return address, int(checked(answer, f"HEAD {address}").headers["Upload-Offset"])

    def _more(self, address: str, offset: int, piece: bytes) -> int | None:
        """Sends one piece; how far the upload is then, None when only the server knows."""
        headers = {**_VERSION, **_BYTES, "Upload-Offset": str(offset)}
        answer, trouble = self._line.once("PATCH", address, headers=headers, data=piece)
        if answer is None or trouble or answer.status_code in (*_ASK_AGAIN, *_GONE):
            self._pause()
            return None
        return int(checked(answer, f"PATCH {address}").headers["Upload-Offset"])

    def _pause(self) -> None:
        time.sleep(self._rng.uniform(0.05, 0.3))


def _encoded(metadata: Mapping[str, str]) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in metadata.items())
