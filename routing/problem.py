"""What a day's planning problem is: visits, process servers, travel times and the weights of the objective.

All times are whole seconds since local midnight (Asia/Shanghai) of the planned day, all points WGS-84, all values
of the objective "seconds": one second of travel costs `Weights.travel_s`, leaving a visit out costs its drop penalty.
"""

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from .travel import HaversineTravel, TravelTimes

Mode = Literal["car", "ebike", "transit", "walk", "bike"]
Position = Literal["first", "last"]
MODES: tuple[Mode, ...] = ("car", "ebike", "transit", "walk", "bike")

# A planning day may run past midnight (a shift that ends at 01:00 is 25 h), never longer than two days.
LATEST_S = 48 * 3600


class ProblemError(Exception):
    """The problem cannot be meant: `code` for programs, `message_zh` for people, `subject` names the culprit."""

    def __init__(self, code: str, message_zh: str, subject: str = "") -> None:
        super().__init__(f"{code}: {message_zh}" + (f" ({subject})" if subject else ""))
        self.code = code
        self.message_zh = message_zh
        self.subject = subject


def _whole(value: Any, name_zh: str, subject: str, *, low: int = 0, high: int = LATEST_S) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProblemError("problem.not_integer", f"{name_zh}必须是整数", subject)
    if not low <= value <= high:
        raise ProblemError("problem.out_of_range", f"{name_zh}应在 {low} 到 {high} 之间", subject)


@dataclass(frozen=True, slots=True)
class Point:
    """A WGS-84 position in degrees."""

    lng: float
    lat: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lng) and math.isfinite(self.lat)):
            raise ProblemError("problem.point_not_finite", "坐标不是有效数字", f"{self.lng},{self.lat}")
        if not (-180.0 <= self.lng <= 180.0 and -90.0 <= self.lat <= 90.0):
            raise ProblemError("problem.point_out_of_range", "坐标超出经纬度范围", f"{self.lng},{self.lat}")


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the day, both ends included, in seconds since local midnight."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        subject = f"{self.start_s}-{self.end_s}"
        _whole(self.start_s, "时段开始", subject)
        _whole(self.end_s, "时段结束", subject)
        if self.end_s < self.start_s:
            raise ProblemError("problem.window_reversed", "时段的结束早于开始", subject)


@dataclass(frozen=True, slots=True)
class Visit:
    """One door to stand at.

    Service must *start* inside one of `windows` (none = any time of the shift) and takes `service_s`.
    `drop_penalty` is what leaving it out costs, in seconds of the objective; None makes the visit mandatory.
    `skills` are what the leading server must have. `crew` 2 means two servers who start together.
    `building` groups visits that one server should make in one go. `locked_server` fixes who leads.
    `pinned` means already under way: it stays first in its locked server's route and its windows no longer bind.
    `witness_windows`: when the witness can be there (none = no matter); service must start inside one of these too.
    `forbidden_servers` (recusal) neither lead nor second it. `position` holds it as the first stop of its locked
    server (behind the pinned ones) or as the last. `area` is the name of the area it lies in, if areas are kept.
    """

    id: str
    point: Point
    service_s: int
    windows: tuple[Window, ...] = ()
    drop_penalty: int | None = None
    skills: frozenset[str] = frozenset()
    crew: int = 1
    building: str | None = None
    locked_server: str | None = None
    pinned: bool = False
    label: str = ""
    witness_windows: tuple[Window, ...] = ()
    forbidden_servers: frozenset[str] = frozenset()
    position: Position | None = None
    area: str | None = None

    def __post_init__(self) -> None:
        if not self.id:
            raise ProblemError("problem.id_empty", "上门任务缺少编号")
        _whole(self.service_s, "上门时长", self.id)
        if self.drop_penalty is not None:
            _whole(self.drop_penalty, "不安排的代价", self.id, high=10**8)
        if self.crew not in (1, 2):
            raise ProblemError("problem.crew", "同行人数只能是 1 或 2", self.id)
        if self.pinned and self.locked_server is None:
            raise ProblemError("problem.pinned_unlocked", "进行中的任务必须指明送达员", self.id)
        if self.position not in (None, "first", "last"):
            raise ProblemError("problem.position", f"未知的固定次序：{self.position}", self.id)
        if self.position is not None and self.locked_server is None:
            raise ProblemError("problem.position_unlocked", "固定次序的任务必须指明送达员", self.id)
        if self.locked_server is not None and self.locked_server in self.forbidden_servers:
            raise ProblemError("problem.locked_forbidden", "任务指定的送达员应当回避", self.id)


@dataclass(frozen=True, slots=True)
class Break:
    """A pause of `duration_s` that must lie wholly inside `window`; travel may be interrupted, service not."""

    window: Window
    duration_s: int

    def __post_init__(self) -> None:
        subject = f"{self.window.start_s}-{self.window.end_s}"
        _whole(self.duration_s, "休息时长", subject)
        if self.window.start_s + self.duration_s > self.window.end_s:
            raise ProblemError("problem.break_too_long", "休息时长超过休息时段", subject)


@dataclass(frozen=True, slots=True)
class Server:
    """A process server's day. `end` None means the route ends at the last door.

    `overtime_s` is how far past the shift the route may run, priced by `Weights.overtime_s`. `max_km` bounds the
    route's length, the way back included. `areas` are the names of those this server knows (none: knows all).
    `fixed_cost` (objective seconds) is paid once the server makes any visit. `not_with` are servers this one never
    makes a crew with, whichever of the two says so.
    """

    id: str
    start: Point
    end: Point | None
    shift: Window
    breaks: tuple[Break, ...] = ()
    mode: Mode = "car"
    skills: frozenset[str] = frozenset()
    max_visits: int | None = None
    crew_ok: bool = True
    overtime_s: int = 0
    max_km: float | None = None
    areas: frozenset[str] = frozenset()
    fixed_cost: int = 0
    not_with: frozenset[str] = frozenset()
    ready_s: int | None = None

    def __post_init__(self) -> None:
        if not self.id:
            raise ProblemError("problem.id_empty", "送达员缺少编号")
        if self.max_km is not None and not (math.isfinite(self.max_km) and 0 <= self.max_km <= 10_000):
            raise ProblemError("problem.out_of_range", "最远里程应在 0 到 10000 公里之间", self.id)
        _whole(self.fixed_cost, "出勤成本", self.id, high=10**8)
        if self.mode not in MODES:
            raise ProblemError("problem.mode", f"未知的交通方式：{self.mode}", self.id)
        if self.max_visits is not None:
            _whole(self.max_visits, "最多件数", self.id, high=100_000)
        _whole(self.overtime_s, "可加班时长", self.id)
        if self.ready_s is not None:
            _whole(self.ready_s, "可出发时间", self.id)
        ordered = sorted(self.breaks, key=lambda pause: pause.window.start_s)
        for earlier, later in itertools.pairwise(ordered):
            if later.window.start_s + later.duration_s < earlier.window.start_s + earlier.duration_s:
                raise ProblemError("problem.breaks_nested", "两次休息的先后次序不明确", self.id)

    @property
    def begin_s(self) -> int:
        """The first moment the server can leave `start`."""
        return self.shift.start_s if self.ready_s is None else max(self.shift.start_s, self.ready_s)

    @property
    def breaks_due(self) -> tuple[Break, ...]:
        """The breaks this shift owes, in order: one that cannot fit inside the shift (a half day) is not owed."""
        fits = (
            pause
            for pause in self.breaks
            if max(pause.window.start_s, self.begin_s) + pause.duration_s <= min(pause.window.end_s, self.shift.end_s)
        )
        return tuple(sorted(fits, key=lambda pause: pause.window.start_s))


@dataclass(frozen=True, slots=True)
class Weights:
    """Price of each part of the objective, in objective seconds.

    value: what drop penalties are multiplied by. travel_s: per second of travel. overtime_s: per second past the
    shift. fairness: per visit above a server's fair share. split_building: per additional server who comes to the
    same building. unknown_area: per visit in an area its leading server does not know. disruption: per visit that
    changes server against the warm start; reorder: per visit of the warm start that follows another visit of the
    same server than it did (visits no longer asked for are left out of account).
    """

    travel_s: int = 1
    overtime_s: int = 4
    fairness: int = 60
    split_building: int = 600
    disruption: int = 0
    value: int = 1
    unknown_area: int = 300
    reorder: int = 0

    def __post_init__(self) -> None:
        for weight in fields(self):
            _whole(getattr(self, weight.name), f"权重 {weight.name} ", weight.name, high=10**6)


@dataclass(frozen=True, slots=True)
class Problem:
    """A day to plan. Visits may lock an absent server: such a visit stays unplanned, with that reason."""

    visits: tuple[Visit, ...]
    servers: tuple[Server, ...]
    travel: TravelTimes = field(default_factory=HaversineTravel)
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        for kind_zh, ids in (
            ("上门任务", [visit.id for visit in self.visits]),
            ("送达员", [server.id for server in self.servers]),
        ):
            twice = [key for key, times in Counter(ids).items() if times > 1]
            if twice:
                raise ProblemError("problem.id_twice", f"{kind_zh}编号重复", twice[0])
        # A visit under way has its place already: the next one may be fixed as the first behind it.
        held = (visit for visit in self.visits if visit.position is not None and not visit.pinned)
        ends = Counter((visit.locked_server, visit.position) for visit in held)
        for (server_id, position), times in ends.items():
            if times > 1:
                place_zh = "第一站" if position == "first" else "最后一站"
                raise ProblemError("problem.position_twice", f"同一送达员有两件任务固定为{place_zh}", server_id or "")
