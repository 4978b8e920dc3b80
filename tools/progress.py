"""Progress lines for people: a long step says that it began, that it goes on, and how long it took.

Standard library only: it is used before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HEARTBEAT_S = 10.0


def _begin() -> float:
    """When the whole command began: `make` says so, since it runs one program after another."""
    said = os.environ.get("SONGDA_STARTED_AT", "")
    ago_s = time.time() - int(said) if said.isdecimal() else 0.0
    return time.monotonic() - max(ago_s, 0.0)


_started = _begin()


class StepError(RuntimeError):
    """A step failed; the message is for people and already says which and why.

    `killed`: by a signal, so that what it was writing may be half written.
    """

    def __init__(self, message: str, *, killed: bool = False) -> None:
        super().__init__(message)
        self.killed = killed


def prepare_output() -> None:
    """Chinese on any terminal: never fail on a character the locale lacks, and write each line at once."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace", line_buffering=True)


def elapsed_s() -> float:
    """Seconds since the command began."""
    return time.monotonic() - _started


def say(text: str) -> None:
    """One line with the seconds since the start."""
    plain(f"[{elapsed_s():6.1f} 秒] {text}")


def plain(text: str) -> None:
    """One line as it is. A closed terminal is no reason to stop working."""
    try:
        print(text, flush=True)
    except OSError:
        return


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announces a step, reminds every 10 s that it goes on, and says how long it took."""
    began = time.monotonic()
    done = threading.Event()

    def remind() -> None:
        while not done.wait(HEARTBEAT_S):
            say(f"  … {title}(已 {time.monotonic() - began:.0f} 秒)")

    say(f"{title} …")
    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    try:
        yield
    except BaseException:
        say(f"✗ {title}({time.monotonic() - began:.1f} 秒)")
        raise
    finally:
        done.set()
        reminder.join()
    say(f"✓ {title}({time.monotonic() - began:.1f} 秒)")


def run(
    title: str,
    command: Sequence[str],
    *,
    log_path: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Runs a command as a step, its output in a log. StepError shows the end of the log when it fails."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with step(title), log_path.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        start = log.tell()
        try:
            ended = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
            )
        except OSError as problem:
            raise StepError(f"{title}失败:{problem}") from problem
        if ended.returncode:
            raise StepError(
                f"{title}失败(退出码 {ended.returncode}),日志 {log_path}:\n{tail(log_path, start)}",
                killed=ended.returncode < 0,
            )


def tail(path: Path, start: int = 0, lines: int = 15) -> str:
    """The last lines of a file from an offset on."""
    with path.open("rb") as log:
        log.seek(start)
        return "\n".join(log.read().decode("utf-8", errors="replace").splitlines()[-lines:])
