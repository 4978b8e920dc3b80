"""Whatever a line and a client do, in whatever order: the bytes are those of a simple model, no offset goes back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule

from evidence.uploads import FileUploads, OpenDesk, ThreadLocker, Uploads
from tests.unit.evidence.uploads.talk import Client, Line, checksum, id_of, stored


@dataclass
class Expected:
    """What an upload should hold."""

    length: int
    partial: bool
    data: bytes = b""
    closed: bool = False  # a whole takes nothing


class Talk(RuleBasedStateMachine):
    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = FileUploads(self.folder.name, wait_s=0.1)
        protocol = Uploads(store=self.store, locker=ThreadLocker(wait_s=0.1), desk=OpenDesk(), max_bytes=200)
        self.client = Client(protocol)
        self.model: dict[str, Expected] = {}

    def teardown(self) -> None:
        for one in self.model:
            self.look(one)
        self.folder.cleanup()

    def look(self, one: str) -> None:
        """What is told and what is stored are the model's."""
        expected = self.model[one]
        assert self.client.offset(one) == len(expected.data)
        assert stored(self.store, one) == expected.data

    @rule(target=uploads, length=st.integers(0, 60), partial=st.booleans())
    def create(self, length: int, partial: bool) -> str:
        one = self.client.create(length, **({"upload_concat": "partial"} if partial else {}))
        self.model[one] = Expected(length, partial)
        return one

    @rule(
        one=uploads,
        data=st.binary(max_size=40),
        shift=st.sampled_from([0, 0, 0, -1, 1, -20]),
        cut=st.none() | st.integers(0, 40),
        broken=st.booleans(),
        drops=st.integers(1, 9),
        seal=st.sampled_from(["", "", "sha1", "crc32", "wrong"]),
        silences=st.integers(0, 2),
    )
    def patch(
        self, one: str, data: bytes, shift: int, cut: int | None, broken: bool, drops: int, seal: str, silences: int
    ) -> None:
        expected = self.model[one]
        offset = max(0, len(expected.data) + shift)
        said = {}
        if seal:
            said["upload_checksum"] = checksum(
                data + b"!" if seal == "wrong" else data, seal.replace("wrong", "sha256")
            )
        answer = self.client.patch(one, offset, Line(data, drops, cut, broken, silences), **said)
        assert answer.status < 500
        whole = cut is None or cut >= len(data)
        if not expected.closed and offset == len(expected.data) and len(data) <= expected.length - offset:
            if not seal or (whole and seal != "wrong"):
                expected.data += data if whole else data[:cut]
                assert answer.status == 204
                assert answer.headers["Upload-Offset"] == str(len(expected.data))
                return
            assert answer.status == 460
        assert answer.status in (403, 409, 413, 460)
        self.look(one)

    @rule(one=uploads, data=st.binary(min_size=1, max_size=20))
    def send_twice(self, one: str, data: bytes) -> None:
        """A proxy that repeats a request: the second is told that it comes late."""
        expected = self.model[one]
        offset = len(expected.data)
        if expected.closed or len(data) > expected.length - offset:
            return
        first, second = (self.client.patch(one, offset, data) for _ in range(2))
        assert (first.status, second.status) == (204, 413 if len(data) > expected.length - offset else 409)
        expected.data += data

    @rule(target=uploads, parts=st.lists(uploads, min_size=1, max_size=3))
    def join(self, parts: list[str]) -> Any:
        answer = self.client.join(*parts)
        found = [self.model[one] for one in parts]
        whole = b"".join(one.data for one in found)
        if all(one.partial and len(one.data) == one.length for one in found):
            assert answer.status == 201, answer
            self.model[id_of(answer)] = Expected(len(whole), False, whole, closed=True)
            return id_of(answer)
        assert answer.status in (400, 409), answer
        return multiple()

    @rule(one=consumes(uploads))
    def end(self, one: str) -> None:
        status = self.client.say("DELETE", one).status
        assert status == (204 if self.model.pop(one, None) else 404)


Talk.TestCase.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
TestTalk = Talk.TestCase
