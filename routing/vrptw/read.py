"""Reader of the Solomon and Gehring & Homberger text format, and the instance as arrays."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.problem import ProblemError

Ints = NDArray[np.int32]

# One decimal is kept, the rest cut off: the convention of the 12th DIMACS challenge, with which the best known
# distances of these instances are published.
SCALE = 10
_FIELDS = ("编号", "横坐标", "纵坐标", "需求量", "开始时间", "截止时间", "服务时长")
_LARGEST = 10_000
_HIGHEST = 10**7


@dataclass(frozen=True, slots=True)
class Instance:
    """A VRPTW with one depot (node 0) and n customers. Distances, times: tenths of the file's unit."""

    name: str
    vehicles: int
    capacity: int
    points: NDArray[np.float64]  # (n + 1, 2)
    dist: Ints  # (n + 1, n + 1)
    demand: Ints  # (n + 1,)
    opens: Ints
    closes: Ints
    service: Ints

    @property
    def customers(self) -> int:
        return len(self.demand) - 1

    def parts(self) -> tuple[str, int, int, NDArray[np.float64]]:
        """What `build` makes the same instance of."""
        columns = (self.demand, self.opens, self.closes, self.service)
        rows = np.column_stack([self.points, *(column.astype(np.float64) for column in columns)])
        return self.name, self.vehicles, self.capacity, rows

    def distance(self, routes: list[list[int]]) -> int:
        """Length of the routes in tenths."""
        return sum(int(self.dist[a, b]) for r in routes if r for a, b in zip([0, *r], [*r, 0], strict=True))

    def holds(self, route: list[int]) -> bool:
        """Whether one vehicle can drive this route: load, windows, and home before the depot closes."""
        t, at = int(self.opens[0]), 0
        for c in route:
            t = max(t + int(self.dist[at, c]), int(self.opens[c]))
            if t > self.closes[c]:
                return False
            t, at = t + int(self.service[c]), c
        return t + int(self.dist[at, 0]) <= self.closes[0] and int(self.demand[route].sum()) <= self.capacity


def _at(line: int, message_zh: str) -> str:
    return f"第 {line} 行：{message_zh}"


def _number(text: str, name_zh: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ProblemError("vrptw.not_a_number", _at(line, f"{name_zh}“{text[:20]}”不是数字")) from None
    if not math.isfinite(value) or abs(value) > _HIGHEST:
        raise ProblemError("vrptw.out_of_range", _at(line, f"{name_zh}“{text[:20]}”超出范围"))
    return value


def _tenths(value: float, name_zh: str, line: int) -> int:
    if value < 0:
        raise ProblemError("vrptw.negative", _at(line, f"{name_zh}不能为负数"))
    return math.floor(value * SCALE + 1e-6)


def _row(words: list[str], line: int) -> tuple[float, float, int, int, int, int]:
    if len(words) != len(_FIELDS):
        raise ProblemError("vrptw.fields", _at(line, f"应有 {len(_FIELDS)} 个字段，实有 {len(words)} 个"))
    x, y, demand, opens, closes, service = (
        _number(word, name, line) for word, name in zip(words[1:], _FIELDS[1:], strict=True)
    )
    if demand < 0 or demand != int(demand):
        raise ProblemError("vrptw.demand", _at(line, "需求量应为非负整数"))
    if opens > closes:
        raise ProblemError("vrptw.window_reversed", _at(line, "开始时间晚于截止时间"))
    times = (_tenths(v, n, line) for v, n in zip((opens, closes, service), _FIELDS[4:], strict=True))
    return (x, y, int(demand), *times)  # type: ignore[return-value]  # three of them


def _fleet(lines: list[tuple[int, list[str]]]) -> tuple[int, int, int]:
    """Vehicles, capacity, and the index of the line behind them."""
    at = next((i for i, (_, words) in enumerate(lines) if words[0].upper() == "NUMBER"), None)
    if at is None or at + 1 >= len(lines):
        raise ProblemError("vrptw.no_fleet", "缺少“NUMBER CAPACITY”一节")
    line, words = lines[at + 1]
    if len(words) != 2:
        raise ProblemError("vrptw.fields", _at(line, f"车辆数与载量应有 2 个字段，实有 {len(words)} 个"))
    vehicles, capacity = (_number(w, n, line) for w, n in zip(words, ("车辆数", "载量"), strict=True))
    if vehicles < 1 or capacity < 0 or vehicles != int(vehicles) or capacity != int(capacity):
        raise ProblemError("vrptw.bad_fleet", _at(line, "车辆数应为正整数，载量应为非负整数"))
    return int(vehicles), int(capacity), at + 2


def parse(text: str, name: str = "") -> Instance:
    """The instance in `text`. Raises ProblemError `vrptw.*` with the line and the field that is wrong."""
    lines = [(i, raw.split()) for i, raw in enumerate(text.splitlines(), 1) if raw.strip()]
    if not lines:
        raise ProblemError("vrptw.empty", "文件是空的")
    vehicles, capacity, at = _fleet(lines)
    if at < len(lines) and lines[at][1][0].upper() == "CUSTOMER":
        at += 1
    if at < len(lines) and lines[at][1][0].upper() == "CUST":
        at += 1
    rows: list[tuple[float, float, int, int, int, int]] = []
    for line, words in lines[at:]:
        row = _row(words, line)
        if _number(words[0], _FIELDS[0], line) != len(rows):
            raise ProblemError("vrptw.numbering", _at(line, f"编号应为 {len(rows)}，实为“{words[0][:20]}”"))
        rows.append(row)
    if not rows:
        raise ProblemError("vrptw.no_depot", "没有客户行：第一行客户应为起点（编号 0）")
    if len(rows) > _LARGEST + 1:
        raise ProblemError("vrptw.too_large", f"客户数超过 {_LARGEST}")
    return build(name or " ".join(lines[0][1])[:60], vehicles, capacity, np.array(rows, dtype=np.float64))


def build(name: str, vehicles: int, capacity: int, rows: NDArray[np.float64]) -> Instance:
    """From rows of x, y, demand, opening, closing, service (the last three in tenths); the depot is the first."""
    points = rows[:, :2].copy()
    apart = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    dist = np.floor(SCALE * apart + 1e-9).astype(np.int32)
    demand, opens, closes, service = (rows[:, i].astype(np.int32) for i in range(2, 6))
    instance = Instance(name, vehicles, capacity, points, dist, demand, opens, closes, service)
    _check_alone(instance)
    return instance


def _check_alone(instance: Instance) -> None:
    """Refuses customers no vehicle can serve even on a trip of their own."""
    start = np.maximum(instance.opens[0] + instance.dist[0], instance.opens)
    late = start > instance.closes
    home_late = start + instance.service + instance.dist[:, 0] > instance.closes[0]
    heavy = instance.demand > instance.capacity
    for bad, code, why in (
        (heavy, "vrptw.too_heavy", "的需求量超过载量"),
        (late, "vrptw.unreachable", "在截止时间前无法到达"),
        (home_late, "vrptw.no_return", "服务后无法在起点关闭前返回"),
    ):
        hit = np.flatnonzero(bad[1:])
        if len(hit):
            raise ProblemError(code, f"客户 {int(hit[0]) + 1} {why}")


def read(path: str | Path) -> Instance:
    """Reads a file. Raises ProblemError `vrptw.*`; what is not text is refused the same way."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProblemError("vrptw.not_text", "文件不是文本") from None
    except OSError as error:
        raise ProblemError("vrptw.unreadable", f"文件无法读取：{path.name}") from error
    return parse(text)
