"""The embedded travel matrix of a thousand doors, and the memory of planning a thousand visits."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from bench.figures import Figure
from routing import HaversineTravel, MaxSeconds, Point, check, solve

from .days import ROOT, made_up_day

DOORS, AIM_MATRIX_S = 1000, 0.15
VISITS, AIM_MB = 1000, 600.0
_LOOK_EVERY_S = 0.05
_MODES = ("car", "ebike", "transit", "walk")


def matrices(rounds: int) -> list[Figure]:
    """Seconds for DOORS² seconds and metres of one mode and hour; other doors each time, so that no cache answers."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(rounds):
        spots = np.array([116.37, 39.93]) + rng.normal(0.0, 0.06, (DOORS, 2))
        points = [Point(float(lng), float(lat)) for lng, lat in spots]
        began = time.perf_counter()
        HaversineTravel().matrix(points, _MODES[number % len(_MODES)], 10)
        found.append(time.perf_counter() - began)
    return [Figure(f"matrix {DOORS}², embedded", found, "s", aim=AIM_MATRIX_S)]


def memory(seconds: float, kind: str) -> list[Figure]:
    """Peak of the shares of memory (PSS) of a planning process and all its children, from start to end."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.routing.matrix", str(seconds), kind], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    peak_mb = rss_mb = 0.0
    while child.poll() is None:
        family = _family(child.pid)
        peak_mb = max(peak_mb, sum(_mb(one, "Pss:") for one in family))
        rss_mb = max(rss_mb, sum(_mb(one, "Rss:") for one in family))
        time.sleep(_LOOK_EVERY_S)
    if child.returncode:
        raise SystemExit(f"the planning process ended with {child.returncode}")
    return [
        Figure(f"memory of planning {VISITS} visits ({kind}), PSS of all processes", [peak_mb], "MB", aim=AIM_MB),
        Figure(f"memory of planning {VISITS} visits ({kind}), RSS added up", [rss_mb], "MB"),
    ]


def _family(first: int) -> list[int]:
    """The process and everything it started."""
    found, todo = [], [first]
    while todo:
        one = todo.pop()
        found.append(one)
        for path in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                todo += [int(word) for word in path.read_text("ascii").split()]
            except OSError:
                continue
    return found


def _mb(process: int, what: str) -> float:
    """A line of smaps_rollup; 0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith(what)) * 1024 / 1e6


def _plan(seconds: float, kind: str) -> None:
    """The planning process."""
    problem = made_up_day(VISITS, "plain" if kind == "plain" else "full", 1).problem
    broken = check(problem, solve(problem, MaxSeconds(seconds)))
    if broken:
        raise SystemExit(f"the plan does not hold: {broken[:3]}")


if __name__ == "__main__":
    _plan(float(sys.argv[1]), sys.argv[2])
