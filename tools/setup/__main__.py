"""`python3 -m tools.setup run|test|lint`: makes this machine ready for those.

`python3 -m tools.setup npm …` runs npm in the board's folder with the Node that was found or installed.
"""

from __future__ import annotations

import fcntl
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import progress
from tools.setup import node, python, search, system
from tools.stack.guard import Place, Refusal, check

LOG_PATH = python.ROOT / "var" / "log" / "setup.log"


def main(arguments: list[str]) -> int:
    """Exit code 0 when ready; 1 with a message when not; 2 for a wrong call."""
    progress.prepare_output()
    if arguments[:1] == ["npm"]:
        return node.npm(arguments[1:], LOG_PATH)
    steps = PROFILES.get(arguments[0]) if len(arguments) == 1 else None
    if steps is None:
        print("用法:python3 -m tools.setup run|test|lint | npm …", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    log_path = LOG_PATH
    try:
        check_machine()
        if arguments == ["run"]:
            place = Place.from_environ(os.environ)
            check(place)
            log_path = place.log_dir / "setup.log"
        with only_one_at_a_time():
            for step in steps:
                step(log_path)
    except (progress.StepError, Refusal) as problem:
        print(f"\n✗ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中断。再次运行会从没做完的一步继续。", file=sys.stderr)
        return 130
    finally:
        search.abandon()
    return 0


def check_machine() -> None:
    """The embedded databases exist for Linux on x86-64 only."""
    given = os.environ.get("MONGODB_URI") and os.environ.get("REDIS_URL")
    if not given and (platform.system() != "Linux" or platform.machine() not in ("x86_64", "amd64")):
        raise progress.StepError("内置数据库只支持 Linux x86-64。请设置 MONGODB_URI 和 REDIS_URL 使用已有的服务。")


def mongod_libraries(log_path: Path) -> None:
    """Nothing when an external MongoDB is given."""
    if not os.environ.get("MONGODB_URI"):
        for program in python.VENV.glob("lib/python3*/site-packages/fiftyone/db/bin/mongod"):
            system.libraries_of(program, log_path)


def run_packages(log_path: Path) -> None:
    """The program and its embedded databases."""
    python.packages("requirements-embedded.txt", log_path)


def dev_packages(log_path: Path) -> None:
    """The program, its tests and its checks."""
    python.packages("requirements-dev.txt", log_path)


def board_packages(log_path: Path) -> None:
    """What the board's own checks need."""
    node.board_packages(log_path)


PROFILES: dict[str, list[Callable[[Path], None]]] = {
    "run": [
        python.environment,
        run_packages,
        search.begin,
        mongod_libraries,
        system.chinese_fonts,
        node.board,
        search.finish,
    ],
    "test": [
        python.environment,
        dev_packages,
        search.begin,
        mongod_libraries,
        system.chinese_fonts,
        system.chromium,
        system.slapd,
        node.board,
        node.foreign_packages,
        search.finish,
    ],
    "lint": [python.environment, dev_packages, board_packages],
}


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Two set-ups in one checkout would install over each other: the second waits."""
    with (python.ROOT / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step("另一个准备过程正在进行,等待它完成"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
