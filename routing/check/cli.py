"""`python -m routing check FILE SOLUTION [--published PLAN] [--json]`: does the plan hold?

Status 0: it holds. 1: it does not, and the findings say why. 2: a file cannot be read.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from routing.plan import Violation

from .day import check, objective_parts
from .files import read_plan, read_problem
from .unreadable import UnreadableError
from .vrptw import check_vrptw
from .wording import violation_text_zh

HOLDS, BROKEN, UNREADABLE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """See the module; prints to standard output, what cannot be read to standard error."""
    asked = _parser().parse_args(argv)
    try:
        found, facts = _judge(asked)
    except UnreadableError as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    if asked.json:
        answer = {"holds": not found, **facts, "violations": [_told(one) for one in found]}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(found, facts))
    return BROKEN if found else HOLDS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m routing check", description="核对路线计划是否成立（独立于求解程序）。"
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="待排问题（JSON）或 Solomon 格式的实例")
    parser.add_argument("solution", type=Path, metavar="SOLUTION", help="路线计划（JSON），或实例的解（JSON、.sol）")
    parser.add_argument("--published", type=Path, metavar="PLAN", help="已发布的计划，用于核对变动的代价")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    return parser


def _judge(asked: argparse.Namespace) -> tuple[list[Violation], dict[str, Any]]:
    if not _is_json(asked.file):
        return check_vrptw(asked.file, asked.solution), {}
    problem, plan = read_problem(asked.file), read_plan(asked.solution)
    published = read_plan(asked.published) if asked.published is not None else None
    found = check(problem, plan, published)
    if found:
        return found, {}
    made = {stop.visit_id for route in plan.routes for stop in route.stops}
    parts = asdict(objective_parts(problem, plan, published))
    facts = {"planned": len(made), "unplanned": len(plan.unplanned), "objective": plan.objective, "parts": parts}
    return found, facts


def _is_json(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.read(4096).lstrip().startswith("{")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"无法读取文件 {path.name}") from error


def _told(violation: Violation) -> dict[str, Any]:
    return {**asdict(violation), "text": violation_text_zh(violation)}


def _lines(found: Sequence[Violation], facts: dict[str, Any]) -> Iterator[str]:
    if found:
        yield f"不成立：{len(found)} 处"
    elif facts:
        yield f"成立：安排 {facts['planned']} 件，未安排 {facts['unplanned']} 件，目标值 {facts['objective']}"
    else:
        yield "成立"
    for violation in found:
        where = " ".join(filter(None, (violation.server_id, violation.visit_id)))
        yield f"  {where + '：' if where else ''}{violation_text_zh(violation)}（{violation.code}）"
