"""`make run` from the command to ready, on an empty and on a kept VAR, and what its processes hold in memory.

The environment (venv, built board) is there: what is measured is the databases, the demo court and the program.
Memory is read from /proc/<pid>/smaps_rollup: RSS counts shared pages in every process, PSS shares them out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure
from tools.stack.child import Child
from tools.stack.ports import free_ports, is_free
from tools.stack.procfs import group_members

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN_S = 300.0
SETTLE_S = 5.0
PROCESSES = ("web", "live", "worker", "beat")
MASTERED = ("web", "live")


class Stack:
    """`python -m tools.stack run`, which is what `make run` runs, at a VAR of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        port = next(one for one in free_ports(16) if is_free(one) and is_free(one + 1))
        environ = {key: value for key, value in os.environ.items() if key not in ("MONGODB_URI", "REDIS_URL")}
        self.child = Child(
            "supervisor",
            [sys.executable, "-m", "tools.stack", "run"],
            log_path=var.parent / "supervisor.log",
            env={**environ, "PORT": str(port), "VAR": str(var), "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stop_timeout_s=60.0,
        )

    def state(self) -> dict[str, object]:
        try:
            found: dict[str, object] = json.loads((self.var / "run" / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def start(self) -> float:
        """Seconds until it says that it is ready."""
        start = time.monotonic()
        self.child.start()
        while not self.state().get("ready"):
            if not self.child.running or time.monotonic() - start > READY_WITHIN_S:
                raise SystemExit(f"the stack did not start:\n{self.child.log_tail(30)}")
            time.sleep(0.05)
        return time.monotonic() - start

    def stop(self) -> None:
        self.child.stop()

    def memory_mb(self) -> dict[str, dict[str, list[float]]]:
        """Service → `Rss` and `Pss` in MB of each of its processes that loaded the program, the biggest first."""
        services = self.state()["services"]
        if not isinstance(services, dict):
            raise SystemExit(f"the supervisor wrote an odd state: {services}")
        found = {}
        for name in PROCESSES:
            # gunicorn's master starts and stops the others and loads nothing.
            pids = [pid for pid in group_members(services[name]) if name not in MASTERED or pid != services[name]]
            rollups = [rollup_mb(pid) for pid in pids]
            found[name] = {kind: sorted((one[kind] for one in rollups), reverse=True) for kind in ("Rss", "Pss")}
        return found


def rollup_mb(pid: int) -> dict[str, float]:
    """`Rss` and `Pss` of one process in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    pairs = (line.split(":") for line in lines)
    return {name: float(value.split()[0]) * 1024 / 1e6 for name, value in pairs if name in ("Rss", "Pss")}


def figures(quick: bool) -> list[Figure]:
    """Times of starts, then memory of the last one when it has settled."""
    cold: list[float] = []
    warm: list[float] = []
    memory: dict[str, dict[str, list[float]]] = {}
    for _ in range(1 if quick else 3):
        with tempfile.TemporaryDirectory(prefix="songda-bench-") as folder:
            stack = Stack(Path(folder) / "var")
            try:
                for times in (cold, warm):
                    times.append(stack.start())
                    if times is warm:
                        time.sleep(SETTLE_S)
                        memory = stack.memory_mb()
                    stack.stop()
            finally:
                stack.stop()
    return [
        Figure("make run, VAR empty", cold, "s"),
        Figure("make run, VAR kept", warm, "s"),
        *(
            Figure(f"{name}, each of its processes, {kind.upper()}", memory[name][kind], "MB")
            for name in PROCESSES
            for kind in ("Rss", "Pss")
        ),
        Figure("web, live, worker, beat together, PSS", [sum(sum(one["Pss"]) for one in memory.values())], "MB"),
    ]


if __name__ == "__main__":
    subprocess.run([sys.executable, "-m", "bench", "stack"], check=True, cwd=ROOT)
