"""The compiled search of `routing`: compiled once at set-up, beside the other steps, so that no plan waits for it."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from tools import progress
from tools.setup import python

STAMP = python.VENV / ".compiled-search"
TITLE = "编译路线规划内核(首次约一分钟)"
_running: list[subprocess.Popen[bytes]] = []


def begin(log_path: Path) -> None:
    """Starts compiling unless it was done for these sources; `finish` waits for it."""
    if STAMP.is_file() and STAMP.read_text() == _wanted():
        return
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with _log(log_path).open("wb") as log:
        _running.append(
            subprocess.Popen(
                [str(python.PYTHON), "-m", "routing", "warm"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=python.ROOT,
            )
        )


def finish(log_path: Path) -> None:
    """Waits for `begin`. StepError shows the end of its log when it failed."""
    if not _running:
        progress.say("✓ 路线规划内核已就绪")
        return
    compiling = _running.pop()
    with progress.step(TITLE):
        try:
            compiling.wait()
        finally:
            compiling.kill()
            compiling.wait()
        if compiling.returncode:
            raise progress.StepError(f"{TITLE}失败(退出码 {compiling.returncode}):\n{progress.tail(_log(log_path))}")
    STAMP.write_text(_wanted())


def abandon() -> None:
    """Ends what `begin` started, when the set-up ends before its time."""
    for compiling in _running:
        compiling.kill()
        compiling.wait()


def _log(log_path: Path) -> Path:
    return log_path.with_name("compile.log")


def _wanted() -> str:
    """What the compiled code depends on: the library's sources and the packages."""
    digest = hashlib.sha256()
    for path in sorted((python.ROOT / "routing").rglob("*.py")):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {python.fingerprint(python.LEVELS[0])}"
