"""A request holds its thread no longer than it may, and gives way to a newer one; what came is kept either way."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from evidence.uploads import FileUploads, Info, OpenDesk, Pace, ThreadLocker, Uploads
from evidence.uploads.source import BodySource
from tests.unit.evidence.uploads.talk import Client, Line, refusal, stored


@dataclass
class Held:
    """A lease nobody has asked for yet."""

    asked: bool = False

    def release(self) -> None:
        """Nothing to give back."""


@dataclass
class Dripping:
    """`drop` bytes every `every_s` seconds of a clock that only this moves; an empty drop is a second of silence."""

    drop: int
    every_s: float
    now: float = 0.0

    def readinto(self, buffer: memoryview, /) -> int:
        self.now += self.every_s
        if not self.drop:
            raise TimeoutError
        return min(self.drop, len(buffer))


@pytest.mark.parametrize(
    ("drop", "every_s", "least", "most"),
    [
        (0, 1.0, 0, 0),  # silent: ends after the stall
        (1, 1.0, 30, 32),  # a byte a second: ends after the grace
        (20_000, 1.0, 11_980_000, 12_020_000),  # quick enough, but without end
    ],
)
def test_a_slow_body_is_ended_and_what_came_of_it_counts(drop: int, every_s: float, least: int, most: int) -> None:
    body = Dripping(drop, every_s)
    source = BodySource(body, limit=1 << 40, lease=Held(), pace=Pace(), clock=lambda: body.now)
    buffer, total = memoryview(bytearray(1 << 16)), 0
    while count := source.readinto(buffer):
        total += count
    assert source.ended == "slow"
    assert least <= total <= most
    assert source.readinto(buffer) == 0


def test_a_phone_in_a_stairwell_is_not_too_slow() -> None:
    """4 KB a second with a silence of ten seconds now and then."""
    body = Dripping(4096, 1.0)
    source = BodySource(body, limit=400_000, lease=Held(), pace=Pace(), clock=lambda: body.now)
    buffer, total = memoryview(bytearray(1 << 16)), 0
    while count := source.readinto(buffer):
        total += count
        if total % 40_960 == 0:
            body.now += 10
    assert (total, source.ended) == (400_000, "")


def test_a_slow_piece_is_refused_with_the_offset_to_go_on_from(store: FileUploads) -> None:
    pace = Pace(stall_s=-1.0)
    client = Client(Uploads(store=store, locker=ThreadLocker(), desk=OpenDesk(), max_bytes=1000, pace=pace))
    one = client.create(10)
    answer = client.patch(one, 0, b"abc")
    assert refusal(answer) == (503, "upload.too_slow")
    assert answer.headers["Retry-After"] == "1"
    assert answer.problem is not None
    assert answer.problem["offset"] == 0


class Waiting:
    """Three bytes, then silence until somebody else has asked for the upload."""

    def __init__(self) -> None:
        self.silent = threading.Event()
        self.sent = False

    def readinto(self, buffer: memoryview, /) -> int:
        if self.sent:
            self.silent.set()
            raise TimeoutError
        self.sent = True
        buffer[:3] = b"abc"
        return 3


def test_a_newer_request_gets_the_upload_and_the_older_keeps_what_it_had(store: FileUploads, client: Client) -> None:
    one, body, answers = client.create(6), Waiting(), []
    line = Line(b"abcdef")
    line.readinto = body.readinto  # type: ignore[method-assign]  # a body that waits
    older = threading.Thread(target=lambda: answers.append(client.patch(one, 0, line)))
    older.start()
    assert body.silent.wait(5)
    assert client.offset(one) == 3
    older.join(5)
    assert refusal(answers[0]) == (423, "upload.handed_over")
    assert client.patch(one, 3, b"def").status == 204
    assert stored(store, one) == b"abcdef"


def test_a_holder_that_does_not_let_go_leaves_the_newcomer_locked_out(store: FileUploads) -> None:
    locker = ThreadLocker(wait_s=0.05)
    client = Client(Uploads(store=store, locker=locker, desk=OpenDesk(), max_bytes=1000))
    one = client.create(3)
    held = locker.take(one)
    answer = client.say("HEAD", one)
    assert refusal(answer) == (423, "upload.locked")
    assert held.asked
    held.release()
    held.release()
    assert client.offset(one) == 0


def test_without_any_lock_the_file_itself_keeps_two_writers_apart(store: FileUploads) -> None:
    store.create(Info("upload-0001", 6))
    inside, go = threading.Event(), threading.Event()

    class Slow(Line):
        def readinto(self, buffer: memoryview, /) -> int:
            inside.set()
            assert go.wait(5)
            return super().readinto(buffer)

    def write() -> None:
        store.append("upload-0001", offset=0, source=BodySource(Slow(b"abc"), limit=3, lease=Held(), pace=Pace()))

    first = threading.Thread(target=write)
    first.start()
    assert inside.wait(5)
    second = BodySource(Line(b"xyz"), limit=3, lease=Held(), pace=Pace())
    with pytest.raises(Exception, match=r"upload\.locked"):
        store.append("upload-0001", offset=0, source=second)
    go.set()
    first.join(5)
    assert stored(store, "upload-0001") == b"abc"
