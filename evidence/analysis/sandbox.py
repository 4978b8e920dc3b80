"""Decoding in processes of their own, kept warm: a hostile file ends one of them, and that is an answer.

The parent hands over open files, waits no longer than the budget says, checks every value that comes back, and starts
another child when one is gone, used up or not to be trusted. Threads may share a :class:`Sandbox`; processes may not.
"""

import logging
import os
import queue
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from evidence.analysis import wire
from evidence.analysis.concerns import BREAKING
from evidence.analysis.limits import BUDGETS, MAX_BYTES, Budget
from evidence.analysis.report import Analysis, Copy, Job, checked

log = logging.getLogger(__name__)
_ROOT = str(Path(__file__).resolve().parents[2])
_JOBS_PER_CHILD = 300
_START_S = 60.0
_DEATHS = {signal.SIGXCPU: "cpu", signal.SIGXFSZ: "output", signal.SIGKILL: "memory"}


@dataclass(frozen=True, slots=True)
class Setting:
    """``font`` for marked copies (path and index of the face), ``nice`` of the children, folder for passing files."""

    font: str = ""
    font_index: int = 0
    nice: int = 5
    folder: str | None = None


class Slice:
    """Reads one copy out of the output file of an analysis; a ``Reader`` for stores."""

    def __init__(self, file: BinaryIO, copy: Copy) -> None:
        self._file, self._place, self._left = file, copy.offset, copy.size

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        wanted = self._left if size < 0 else min(size, self._left)
        self._file.seek(self._place)
        data = self._file.read(wanted)
        self._place += len(data)
        self._left -= len(data)
        return data


@dataclass(frozen=True, slots=True)
class Output:
    """An analysis and the file its copies lie in. Close it."""

    analysis: Analysis
    file: BinaryIO

    def copy(self, name: str) -> Slice:
        """A copy as a stream. Raises KeyError when there is none."""
        return Slice(self.file, self.analysis.copies[name])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


class Sandbox:
    """``size`` children, started when first needed. ``analyse`` always answers."""

    def __init__(
        self, size: int = 1, setting: Setting | None = None, budgets: Mapping[str, Budget] | None = None
    ) -> None:
        self._setting = setting or Setting()
        self._budgets = budgets or BUDGETS
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)

    def analyse(self, source: BinaryIO, job: Job) -> Output:
        """Looks at one file (seekable or not, left anywhere) in a child; waits for a free one.

        A child that died, hung or lied makes a broken analysis with one concern ``analysis.*``.
        """
        original = _as_file(source, self._setting.folder)
        out: BinaryIO = tempfile.TemporaryFile(dir=self._setting.folder)  # noqa: SIM115 - handed on
        child = self._idle.get()
        try:
            child = child if child is not None and child.alive() else _Child(self._setting, self._budgets)
            analysis = child.run(job, original, out, self._budgets[job.kind])
        except _ChildLost as lost:
            analysis = _broken(lost.why)
        finally:
            if child is not None and not child.usable():
                child.close()
                child = None
            self._idle.put(child)
            if original is not source:
                original.close()
        return Output(analysis, out)

    def close(self) -> None:
        """Ends the children that are idle now; the next job starts another."""
        idle = []
        with suppress(queue.Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for child in idle:
            if child is not None:
                child.close()
            self._idle.put(None)


class _ChildLost(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Child:
    """One decoding process and the socket to it."""

    def __init__(self, setting: Setting, budgets: Mapping[str, Budget]) -> None:
        ours, theirs = socket.socketpair()
        self._link, self._jobs, self._sound = ours, 0, True
        # No variable of ours goes along: the child has nothing to tell.
        environment = {
            "PYTHONPATH": _ROOT,
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "evidence.analysis.child"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        greeting = {
            **asdict(setting),
            "memory_bytes": max(one.memory_bytes for one in budgets.values()),
            "output_bytes": max(one.output_bytes for one in budgets.values()),
        }
        try:
            wire.send(ours, greeting)
            self._answer(_START_S)
        except (_ChildLost, wire.WireClosed) as error:
            self.close()
            raise RuntimeError("the decoding process does not start") from error

    def alive(self) -> bool:
        return self._process.poll() is None

    def usable(self) -> bool:
        """Whether the next job may go here: not after a death or a lie, and not for ever (libraries leak)."""
        return self._sound and self._jobs < _JOBS_PER_CHILD and self.alive()

    def run(self, job: Job, original: BinaryIO, out: BinaryIO, budget: Budget) -> Analysis:
        """Raises _ChildLost."""
        self._jobs += 1
        self._sound = False
        try:
            wire.send(self._link, {"job": job.document(), "budget": asdict(budget)}, (original.fileno(), out.fileno()))
        except wire.WireClosed as error:
            raise _ChildLost(self._death()) from error
        said = self._answer(budget.wall_s)
        failed = said.get("failed")
        if failed is not None:
            log.warning("decoding %s failed: %s %s", job.media_type, failed, said.get("trace", ""))
            raise _ChildLost("memory" if failed == "memory" else "crash")
        try:
            size = out.seek(0, os.SEEK_END)
            analysis = checked(said["report"], out_size=size, cpu_ms=int(said["cpu_ms"]))
        except (KeyError, ValueError, TypeError, OverflowError, AttributeError) as error:
            log.warning("a decoding process answered nonsense: %s", error)
            raise _ChildLost("crash") from error
        self._sound = True
        return analysis

    def _answer(self, wall_s: float) -> dict[str, Any]:
        self._link.settimeout(wall_s)
        try:
            message, _ = wire.receive(self._link)
        except TimeoutError as error:
            raise _ChildLost("time") from error
        except wire.WireClosed as error:
            raise _ChildLost(self._death()) from error
        return message

    def _death(self) -> str:
        """What the process died of."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "crash"
        return _DEATHS.get(signal.Signals(-code), "crash") if code < 0 else "crash"

    def close(self) -> None:
        self._link.close()
        self._process.kill()
        self._process.wait()


def _broken(why: str) -> Analysis:
    code = f"analysis.{why}"
    assert code in BREAKING  # noqa: S101 - the table of deaths and the table of words are written by the same hand
    return Analysis("broken", concerns=(code,))


def _as_file(source: BinaryIO, folder: str | None) -> BinaryIO:
    """The source itself when the system knows it as a regular file, else a nameless copy on disk."""
    with suppress(OSError, AttributeError, ValueError):
        if stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            return source
    copy: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - handed on
    if source.seekable():
        source.seek(0)
    shutil.copyfileobj(_Bounded(source, MAX_BYTES + 1), copy, 1024 * 1024)
    copy.flush()
    return copy


class _Bounded:
    """No more of a stream than is worth looking at."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream, self._left = stream, most

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data
