"""What is assumed of the load and of the people: plain values, validated, no dates and no names.

Days are counted from 0 and are working days; day 0 is the first weekday of `Assumptions.weekdays`. Times are seconds
since local midnight, as everywhere in `routing`.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

from routing.problem import Break, Mode, Point, ProblemError, Window

HOURS = 24
LUNCH = Break(Window(12 * 3600, 13 * 3600), 3600)
OFFICE = Window(8 * 3600 + 1800, 17 * 3600 + 1800)


def _require(good: bool, code: str, message_zh: str, subject: str = "") -> None:
    if not good:
        raise ProblemError(code, message_zh, subject)


def _finite(value: float, low: float, high: float, name_zh: str, subject: str = "") -> None:
    good = isinstance(value, int | float) and math.isfinite(value) and low <= value <= high
    _require(good, "capacity.out_of_range", f"{name_zh}应在 {low:g} 到 {high:g} 之间", subject)


@dataclass(frozen=True, slots=True)
class Area:
    """Where visits arise: `per_day` on an average working day, spread evenly over a disc of `radius_m`."""

    name: str
    centre: Point
    radius_m: float
    per_day: float

    def __post_init__(self) -> None:
        _finite(self.radius_m, 0, 100_000, "区域半径（米）", self.name)
        _finite(self.per_day, 0, 2_000, "日均新增件数", self.name)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of visit. `share` of all arrivals (shares are relative), `minutes` at the door.

    `success` is the chance by hour of the day that a first visit serves (24 values), `again` what a return visit's
    chance is multiplied by. `crew_share` of them need two servers. Service starts inside `windows` (none: any time).
    """

    name: str
    share: float
    minutes: float
    success: tuple[float, ...] = (0.6,) * HOURS
    again: float = 0.9
    windows: tuple[Window, ...] = ()
    crew_share: float = 0.0
    skills: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _finite(self.share, 0, 1_000_000, "占比", self.name)
        _finite(self.minutes, 0.5, 240, "每件分钟数", self.name)
        _finite(self.again, 0, 2, "再次上门的成功率系数", self.name)
        _finite(self.crew_share, 0, 1, "两人同往的比例", self.name)
        _require(len(self.success) == HOURS, "capacity.hours", "成功率应按 24 个小时给出", self.name)
        for chance in self.success:
            _finite(chance, 0, 1, "成功率", self.name)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The load of a court. Servers start and end at `depot`.

    weekdays: how the weekdays compare (one value per working weekday, Monday first; their mean counts as 1).
    due_days: working days from arrival to the day a visit should be done by, (least, most), every day as likely.
    hearing_share / hearing_days: how many have a hearing (deadline), and how many working days ahead it is.
    urgent_share: of arrivals that must be gone to on the day they come in.
    return_days: working days between a vain visit and the next; tries: visits in all before the task goes back.
    backlog: visits waiting when the month begins. promise_days: "served within n working days" is reported for n.
    """

    areas: tuple[Area, ...]
    kinds: tuple[Kind, ...]
    depot: Point
    weekdays: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    due_days: tuple[int, int] = (3, 8)
    hearing_share: float = 0.3
    hearing_days: tuple[int, int] = (8, 20)
    urgent_share: float = 0.02
    return_days: int = 2
    tries: int = 3
    backlog: int = 0
    promise_days: int = 5

    def __post_init__(self) -> None:
        _require(bool(self.areas), "capacity.no_areas", "至少需要一个区域")
        _require(sum(kind.share for kind in self.kinds) > 0, "capacity.no_kinds", "至少需要一类上门任务")
        _require(1 <= len(self.weekdays) <= 7, "capacity.weekdays", "每周工作日应为 1 到 7 天")
        for factor in self.weekdays:
            _finite(factor, 0, 20, "星期系数")
        _require(sum(self.weekdays) > 0, "capacity.weekdays", "星期系数不能全为零")
        for least, most in (self.due_days, self.hearing_days):
            _require(0 <= least <= most <= 250, "capacity.days", "期限天数应从小到大，且不超过 250 天")
        for share, name_zh in ((self.hearing_share, "有开庭期限的比例"), (self.urgent_share, "加急比例")):
            _finite(share, 0, 1, name_zh)
        _finite(self.return_days, 0, 60, "再次上门间隔（工作日）")
        _finite(self.tries, 1, 10, "上门次数上限")
        _finite(self.backlog, 0, 20_000, "期初积压件数")
        _finite(self.promise_days, 1, 250, "承诺天数")

    @property
    def per_day(self) -> float:
        return sum(area.per_day for area in self.areas)


@dataclass(frozen=True, slots=True)
class Group:
    """`count` servers of one kind. `cost` of one of them on one working day, in any currency."""

    name: str
    count: int
    mode: Mode = "ebike"
    shift: Window = OFFICE
    breaks: tuple[Break, ...] = (LUNCH,)
    max_visits: int | None = 28
    skills: frozenset[str] = frozenset()
    max_km: float | None = None
    overtime_s: int = 0
    crew_ok: bool = True
    cost: float = 0.0

    def __post_init__(self) -> None:
        _finite(self.count, 0, 500, "人数", self.name)
        _finite(self.cost, 0, 1_000_000, "每人每日成本", self.name)


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who is there every working day."""

    name: str
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        twice = [name for name, times in Counter(group.name for group in self.groups).items() if times > 1]
        _require(not twice, "capacity.group_twice", "人员类别重名", twice[0] if twice else "")

    @property
    def servers(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def cost(self) -> float:
        """Of one working day."""
        return sum(group.count * group.cost for group in self.groups)


@dataclass(frozen=True, slots=True)
class DayResult:
    """One working day. `open` counts what is left when it ends; seconds and metres over all servers."""

    day: int
    arrived: int
    visits: int
    served: int
    given_back: int
    open: int
    overdue: int
    metres: int
    worked_s: int
    overtime_s: int
    available_s: int


@dataclass(frozen=True, slots=True)
class Month:
    """What a simulated month came to. Shares are of what came in (and was due) early enough to be judged."""

    staffing: Staffing
    seed: int
    days: tuple[DayResult, ...] = field(default_factory=tuple)
    served_in_promise: float = 0.0
    served_before_hearing: float = 0.0
    first_visit_success: float = 0.0

    @property
    def visits_per_day(self) -> float:
        return sum(day.visits for day in self.days) / max(1, len(self.days))

    @property
    def backlog(self) -> int:
        return self.days[-1].open if self.days else 0

    @property
    def backlog_growth(self) -> float:
        """Open visits per day by which the backlog grew over the second half of the month."""
        half = self.days[len(self.days) // 2 :]
        return (half[-1].open - half[0].open) / max(1, len(half) - 1) if half else 0.0

    @property
    def km_per_day(self) -> float:
        return sum(day.metres for day in self.days) / 1000 / max(1, len(self.days))

    @property
    def overtime_h(self) -> float:
        return sum(day.overtime_s for day in self.days) / 3600

    @property
    def utilisation(self) -> float:
        """Time on the road and at doors against the time people are there (breaks left out)."""
        there = sum(day.available_s for day in self.days)
        return sum(day.worked_s for day in self.days) / there if there else 0.0

    @property
    def cost(self) -> float:
        return self.staffing.cost * len(self.days)
