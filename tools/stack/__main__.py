"""`python -m tools.stack run|up|status|down`, at the place PORT and VAR name."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from tools import progress
from tools.stack import supervisor
from tools.stack.child import StackError
from tools.stack.config import ROOT
from tools.stack.guard import Place, Refusal
from tools.stack.procfs import Identity

UP_TIMEOUT_S = 300.0
DOWN_TIMEOUT_S = 120.0


def main(arguments: list[str]) -> int:
    """Exit code 0 done, 1 refused or failed, 2 wrong call, 3 (`status`) not running."""
    progress.prepare_output()
    command = COMMANDS.get(arguments[0]) if len(arguments) == 1 else None
    if command is None:
        print("用法:python -m tools.stack run|up|status|down(环境变量 PORT、VAR、HOST)", file=sys.stderr)
        return 2
    try:
        return command(Place.from_environ(os.environ))
    except (Refusal, StackError) as problem:
        print(f"\n✗ {problem}", file=sys.stderr)
        return 1


def run(place: Place) -> int:
    """In the foreground, until Ctrl-C."""
    supervisor.run(place)
    return 0


def up(place: Place) -> int:
    """In the background; returns when it is ready."""
    place.log_dir.mkdir(parents=True, exist_ok=True)
    log_path = place.log_dir / "supervisor.log"
    with log_path.open("ab") as log:
        start = log.tell()
        started = subprocess.Popen(
            [sys.executable, "-m", "tools.stack", "run"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, "PORT": str(place.port), "VAR": str(place.var)},
            start_new_session=True,
        )
    deadline = time.monotonic() + UP_TIMEOUT_S
    while not (_state(place).get("ready") and _state(place).get("supervisor") == started.pid):
        if started.poll() is not None:
            raise StackError(f"未能启动,日志 {log_path}:\n{progress.tail(log_path, start, 40)}")
        if time.monotonic() > deadline:
            raise StackError(f"{UP_TIMEOUT_S:.0f} 秒后仍未就绪,见日志 {log_path}")
        time.sleep(0.1)
    progress.plain(progress.tail(log_path, start, 40))
    return 0


def status(place: Place) -> int:
    """What runs, one line each."""
    state = _state(place)
    owner = Identity.read(place.supervisor_pid_path)
    if owner is None or not owner.is_alive():
        progress.plain(f"{place.var}:没有运行")
        return 3
    phase = "已就绪" if state.get("ready") else "正在启动"
    progress.plain(f"{place.var}:{phase} {state.get('url', '')}(进程 {owner.pid})")
    for name, pid in state.get("services", {}).items():
        progress.plain(f"  {name:<8} {pid:>8}  {'运行中' if Identity.of(pid) else '已退出,等待重新启动'}")
    return 0


def down(place: Place) -> int:
    """Stops the stack at the place and waits until it is gone."""
    owner = Identity.read(place.supervisor_pid_path)
    if owner is None or not owner.is_alive():
        progress.plain(f"{place.var}:没有运行")
        return 0
    owner.signal(signal.SIGTERM)
    with progress.step("停止"):
        deadline = time.monotonic() + DOWN_TIMEOUT_S
        while owner.is_alive():
            if time.monotonic() > deadline:
                raise StackError(f"进程 {owner.pid} 在 {DOWN_TIMEOUT_S:.0f} 秒内没有结束")
            time.sleep(0.1)
    return 0


def _state(place: Place) -> dict[str, Any]:
    try:
        found = json.loads(place.state_path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


COMMANDS = {"run": run, "up": up, "status": status, "down": down}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
