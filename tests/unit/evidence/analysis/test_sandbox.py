"""What becomes of files that take too long, too much, or the whole process."""

import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.analysis import Job, Sandbox, wire
from evidence.analysis.limits import BUDGETS, MEGABYTE, Budget
from evidence.analysis.report import checked
from tests.factories import media

PHOTO, SOUND = Job("photo", "image/jpeg"), Job("audio", "audio/wav")


def sandbox_with(**limits: float) -> Sandbox:
    return Sandbox(budgets={kind: replace(one, **limits) for kind, one in BUDGETS.items()})


@pytest.fixture
def strict() -> Iterator[list[Sandbox]]:
    made: list[Sandbox] = []
    yield made
    for one in made:
        one.close()


def concerns(sandbox: Sandbox, data: bytes, job: Job = PHOTO) -> tuple[str, ...]:
    with sandbox.analyse(io.BytesIO(data), job) as output:
        assert output.analysis.state in ("done", "broken")
        return output.analysis.concerns


def children() -> set[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    ).stdout.split()
    return {pid for pid in map(int, listed) if b"evidence.analysis.child" in command_of(pid)}


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def long_recording() -> bytes:
    """Twenty minutes of silence: a few seconds of work from nothing."""
    return wav(bytes(8_000 * 1_200))


def wav(samples: bytes) -> bytes:
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", len(samples))
    return b"RIFF" + struct.pack("<I", len(head) + len(samples)) + head + samples


def test_too_little_time_on_the_wall_is_an_answer_and_the_next_file_is_served(strict: list[Sandbox]) -> None:
    sandbox = Sandbox(budgets={**BUDGETS, "audio": replace(BUDGETS["audio"], wall_s=0.05)})
    strict.append(sandbox)
    began = time.monotonic()
    assert concerns(sandbox, long_recording(), SOUND) == ("analysis.time",)
    assert time.monotonic() - began < 20
    assert concerns(sandbox, media.small_photo()) == ()


def test_a_picture_that_wants_more_memory_than_allowed_is_an_answer(strict: list[Sandbox]) -> None:
    sandbox = sandbox_with(memory_bytes=60 * MEGABYTE)
    strict.append(sandbox)
    assert concerns(sandbox, media.png_bomb(9000, 9000), Job("photo", "image/png")) == ("analysis.memory",)
    assert concerns(sandbox, media.small_photo()) == ()


def test_copies_larger_than_allowed_are_an_answer(strict: list[Sandbox]) -> None:
    sandbox = sandbox_with(output_bytes=2_000)
    strict.append(sandbox)
    assert concerns(sandbox, media.small_photo()) == ("analysis.output",)


def test_a_job_that_eats_processor_time_is_ended_by_the_system(strict: list[Sandbox]) -> None:
    sandbox = sandbox_with(cpu_s=0)
    strict.append(sandbox)
    assert concerns(sandbox, long_recording(), SOUND) == ("analysis.cpu",)


def test_a_decoder_that_dies_takes_only_its_own_file_along(strict: list[Sandbox]) -> None:
    sandbox = Sandbox()
    strict.append(sandbox)
    assert concerns(sandbox, media.small_photo()) == ()
    [child] = children() & started(sandbox)
    data, answers = long_recording(), []
    job = threading.Thread(target=lambda: answers.append(concerns(sandbox, data, SOUND)))
    job.start()
    time.sleep(0.3)
    os.kill(child, signal.SIGSEGV)
    job.join(30)
    assert answers == [("analysis.crash",)]
    assert concerns(sandbox, media.small_photo()) == ()


def started(sandbox: Sandbox) -> set[int]:
    return {child._process.pid for child in sandbox._idle.queue if child is not None}


def test_the_child_has_no_secret_opens_nothing_and_reaches_nobody(strict: list[Sandbox]) -> None:
    """Looked at from outside: environment, filter, limits."""
    sandbox = Sandbox()
    strict.append(sandbox)
    concerns(sandbox, media.small_photo())
    [pid] = started(sandbox)
    names = {line.split(b"=")[0] for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\x00") if line}
    assert names <= {
        b"PYTHONPATH", b"PATH", b"LANG", b"OPENBLAS_NUM_THREADS", b"OMP_NUM_THREADS", b"MALLOC_ARENA_MAX",
    }  # fmt: skip
    status = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    assert status["Seccomp"] == "2", "a filter is on"
    assert status["NoNewPrivs"] == "1"
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert "Max core file size        0" in limits
    assert "Max open files            24" in limits


def test_behind_the_closed_door_no_file_opens_and_no_program_starts() -> None:
    script = """
import os, socket, subprocess, sys
from evidence.analysis import seccomp
assert seccomp.shut()
refused = 0
for attempt in (
    lambda: open("/etc/passwd"),
    lambda: open("/tmp/x", "w"),
    lambda: socket.socket(),
    lambda: os.fork(),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.kill(os.getppid(), 0),
    lambda: os.unlink("/tmp/x"),
):
    try:
        attempt()
    except PermissionError:
        refused += 1
os.write(1, str(refused).encode())
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, cwd=Path(__file__).parents[4]
    )
    assert done.stdout == b"7", done.stderr


def test_what_a_child_claims_is_checked() -> None:
    good = {"state": "done", "media": {"width": 3, "type": "image/jpeg"}, "copies": {}}
    assert checked(good, out_size=0).media["width"] == 3
    lies = (
        {},
        {"state": "fine"},
        good | {"copies": {"thumb": {"offset": 0, "size": 10, "width": 1, "height": 1}}},
        good | {"copies": {"thumb": {"offset": -1, "size": 1, "width": 1, "height": 1}}},
        good | {"hashes": {"phash": "zz" * 8}},
        good | {"media": ["width"]},
    )
    for lie in lies:
        with pytest.raises(ValueError):  # noqa: PT011 - any of them means: do not trust this child
            checked(lie, out_size=5)
    odd = checked(good | {"media": {"$where": 1, "width": "3", "type": "a\x00\u202eb" * 300}}, out_size=0)
    assert set(odd.media) == {"type"}
    assert odd.media["type"].isprintable()
    assert len(odd.media["type"]) <= 200


def test_many_threads_share_one_child(sandbox: Sandbox) -> None:
    data, answers = media.small_photo(), []
    threads = [threading.Thread(target=lambda: answers.append(concerns(sandbox, data))) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert answers == [()] * 6


def test_a_file_and_a_stream_give_the_same_answer_and_stay_untouched(sandbox: Sandbox, tmp_path: Path) -> None:
    data = media.small_photo()
    path = tmp_path / "photo"
    path.write_bytes(data)
    with (
        path.open("rb") as file,
        sandbox.analyse(file, PHOTO) as by_file,
        sandbox.analyse(io.BytesIO(data), PHOTO) as by_stream,
    ):
        assert by_file.analysis.hashes == by_stream.analysis.hashes
    assert path.read_bytes() == data


def test_a_message_that_lies_about_its_length_closes_the_wire() -> None:
    ours, theirs = wire.socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\xff\xff\xff\xff{}")
        with pytest.raises(wire.WireClosed):
            wire.receive(ours)


def test_every_kind_has_a_budget() -> None:
    assert set(BUDGETS) == {"photo", "signature", "strokes", "audio", "video"}
    assert all(isinstance(one, Budget) and one.cpu_s <= one.wall_s for one in BUDGETS.values())
