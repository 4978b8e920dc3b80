"""A client of tus as a test speaks it, without any web between."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from evidence.uploads import Request, Response, Uploads, UploadStore
from evidence.uploads.messages import BYTES_TYPE, new_hash

PREFIX = "/uploads"


@dataclass
class Line:
    """A body as a connection gives it: `drops` bytes at a time, cut after `cut` bytes, silent at some of them."""

    data: bytes
    drops: int = 1 << 20
    cut: int | None = None
    broken: bool = False  # the cut is a reset, not an end
    silences: int = 0
    at: int = 0

    def readinto(self, buffer: memoryview, /) -> int:
        if self.silences:
            self.silences -= 1
            raise TimeoutError
        end = len(self.data) if self.cut is None else min(self.cut, len(self.data))
        piece = self.data[self.at : min(end, self.at + self.drops, self.at + len(buffer))]
        if not piece and self.broken:
            raise ConnectionResetError
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)


@dataclass
class Client:
    """Says Tus-Resumable everywhere unless told otherwise."""

    uploads: Uploads
    version: dict[str, str] = field(default_factory=lambda: {"tus-resumable": "1.0.0"})

    def say(
        self,
        method: str,
        upload_id: str | None = None,
        body: Line | None = None,
        length: int | None = None,
        **said: str,
    ) -> Response:
        headers = self.version | {name.replace("_", "-"): value for name, value in said.items()}
        body = body or Line(b"")
        stated = len(body.data) if length is None else length
        return self.uploads.handle(Request(method, PREFIX, upload_id, headers, body, stated if stated >= 0 else None))

    def create(self, length: int, **said: str) -> str:
        answer = self.say("POST", upload_length=str(length), **said)
        assert answer.status == 201, answer
        return id_of(answer)

    def patch(self, upload_id: str, offset: int, body: Line | bytes, **said: str) -> Response:
        line = Line(body) if isinstance(body, bytes) else body
        said = {"content_type": BYTES_TYPE, "upload_offset": str(offset)} | said
        return self.say("PATCH", upload_id, line, **said)

    def offset(self, upload_id: str) -> int:
        answer = self.say("HEAD", upload_id)
        assert answer.status == 200, answer
        return int(answer.headers["Upload-Offset"])

    def join(self, *ids: str, **said: str) -> Response:
        return self.say(
            "POST", upload_concat="final;" + " ".join(f"https://x.test{PREFIX}/{one}" for one in ids), **said
        )


def id_of(answer: Response) -> str:
    return answer.headers["Location"].rpartition("/")[2]


def checksum(data: bytes, algorithm: str = "sha1") -> str:
    digest = new_hash(algorithm)
    digest.update(memoryview(data))
    return f"{algorithm} {base64.b64encode(bytes.fromhex(digest.hexdigest())).decode()}"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def refusal(answer: Response) -> tuple[int, str]:
    assert answer.problem is not None, answer
    assert answer.problem["status"] == answer.status
    return answer.status, answer.problem["code"]


def stored(store: UploadStore, upload_id: str) -> bytes:
    with store.open(upload_id) as stream:
        return stream.read()
