"""`python -m routing solve FILE`: a day in our JSON, or a VRPTW instance as Solomon wrote them.

The answer goes to standard output; with `--trace` the anytime curve goes to standard error, one JSON object per
improvement: `{"seconds": …, "objective": …}` (for VRPTW files the objective is the distance).
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from routing import vrptw
from routing.explain import reason_text_zh
from routing.files import FileError, load_json, plan_from_json, plan_to_json, problem_from_json
from routing.plan import Plan, Progress
from routing.problem import ProblemError
from routing.solve import solve
from routing.stop import MaxSeconds

FAILED = 2
# What tells a JSON file from a table, looking at its beginning.
_GLANCE = 4096


def main(arguments: Sequence[str]) -> int:
    """See the module. 0 when there is an answer, 2 when the file or the request cannot be meant."""
    asked = _parser().parse_args(arguments)
    try:
        kind = asked.format or guessed_format(asked.file)
        answer = _solve_json(asked) if kind == "json" else _solve_solomon(asked)
    except FileError as error:
        return _refused(error.text_zh)
    except ProblemError as error:
        return _refused(f"{error.message_zh}（{error.subject}）" if error.subject else error.message_zh)
    sys.stdout.write(answer + "\n")
    return 0


def _refused(text_zh: str) -> int:
    sys.stderr.write(text_zh + "\n")
    return FAILED


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 86_400.0:
        raise argparse.ArgumentTypeError("应在 0 到 86400 秒之间")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 2**31:
        raise argparse.ArgumentTypeError("应为非负整数")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m routing solve", description="为一日的上门任务排出路线。")
    parser.add_argument("file", type=Path, metavar="FILE", help="待排问题（JSON）或 Solomon 格式的实例")
    parser.add_argument("--seconds", type=_seconds, default=10.0, help="用时上限（秒），默认 10")
    parser.add_argument("--seed", type=_count, default=0, help="随机种子，默认 0")
    parser.add_argument("--format", choices=("solomon", "json"), help="文件格式；默认按内容判断")
    parser.add_argument("--processes", type=_count, default=2, help="进程数，0 或 1 为单进程，默认 2")
    parser.add_argument("--warm-start", type=Path, metavar="PLAN", help="由此计划（JSON）改进，变动按权重计价")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.add_argument("--trace", action="store_true", help="每有改进，向标准错误输出一行 JSON")
    return parser


def guessed_format(path: Path) -> str:
    """ "json" or "solomon", by how the file begins. Raises FileError if it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return "json" if file.read(_GLANCE).lstrip().startswith(("{", "[")) else "solomon"
    except OSError as error:
        raise FileError("file.unreadable", f"无法读取文件 {path.name}") from error


class _Trace:
    """Writes the anytime curve."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.began = time.monotonic()

    def day(self, progress: Progress) -> None:
        self._line(progress.objective)

    def distances(self, solution: vrptw.Solution) -> None:
        self._line(solution.distance)

    def _line(self, objective: float) -> None:
        if self.wanted:
            told = {"seconds": round(time.monotonic() - self.began, 3), "objective": objective}
            sys.stderr.write(json.dumps(told) + "\n")
            sys.stderr.flush()


def _solve_json(asked: argparse.Namespace) -> str:
    trace = _Trace(asked.trace)
    problem = problem_from_json(load_json(asked.file))
    before = plan_from_json(load_json(asked.warm_start)) if asked.warm_start is not None else None
    plan = solve(
        problem,
        MaxSeconds(asked.seconds),
        asked.seed,
        warm_start=before,
        on_improve=trace.day,
        processes=asked.processes,
    )
    return json.dumps(plan_to_json(plan), ensure_ascii=False) if asked.json else _told(plan)


def _told(plan: Plan) -> str:
    """The plan for people."""
    planned = {stop.visit_id for route in plan.routes for stop in route.stops}
    counts = f"安排 {len(planned)} 件，未安排 {len(plan.unplanned)} 件"
    costs = f"全程 {plan.distance_m / 1000:.1f} 公里，目标值 {plan.objective}，用时 {plan.elapsed_s:.1f} 秒"
    lines = [f"{counts}，{costs}"]
    for route in plan.routes:
        if route.stops:
            stops = "，".join(f"{_clock(stop.start_s)} {stop.visit_id}" for stop in route.stops)
            lines.append(f"{route.server_id}（{_clock(route.depart_s)} 出发，{_clock(route.back_s)} 结束）：{stops}")
    left = [(item.visit_id, "；".join(map(reason_text_zh, item.reasons))) for item in plan.unplanned]
    return "\n".join([*lines, *(f"未安排 {visit_id}：{why}" for visit_id, why in left)])


def _clock(moment_s: int) -> str:
    return f"{moment_s // 3600:02d}:{moment_s % 3600 // 60:02d}"


def _solve_solomon(asked: argparse.Namespace) -> str:
    solution = vrptw.solve_file(asked.file, asked.seconds, asked.seed, asked.processes, _Trace(asked.trace).distances)
    told: dict[str, Any] = {
        "distance": solution.distance,
        "routes": [list(route) for route in solution.routes],
        "vehicles": len(solution.routes),
        "seconds": round(solution.seconds, 3),
        "engine": solution.engine,
    }
    if asked.json:
        return json.dumps(told)
    lines = [f"路线 {told['vehicles']} 条，总里程 {told['distance']}，用时 {told['seconds']:.1f} 秒"]
    lines += [f"路线 {number}：{' '.join(map(str, route))}" for number, route in enumerate(told["routes"], start=1)]
    return "\n".join(lines)
