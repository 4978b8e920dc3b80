"""What can happen to a published day, as facts; `event_text_zh` puts each into a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.problem import Point, Visit, Window
from routing.words import clock, spans


@dataclass(frozen=True, slots=True)
class UrgentVisit:
    """A visit is added. Without a drop penalty (None) it must be made; else it competes by its value."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class VisitCancelled:
    """A visit need not be made any more."""

    visit_id: str


@dataclass(frozen=True, slots=True)
class ServerAbsent:
    """A server is not there from `from_s` on (None, or a moment that has passed: at once and for the whole day)."""

    server_id: str
    from_s: int | None = None


@dataclass(frozen=True, slots=True)
class ServerLate:
    """A server cannot leave before `until_s`, and does so at `at` (None: where the route starts)."""

    server_id: str
    until_s: int
    at: Point | None = None


@dataclass(frozen=True, slots=True)
class NeedsSecond:
    """A visit needs two servers. `refused`: the addressee refused to take the documents."""

    visit_id: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class NewWindow:
    """Other times at which a visit may start; None leaves that kind of window as it is, () lifts it."""

    visit_id: str
    windows: tuple[Window, ...] | None = None
    witness_windows: tuple[Window, ...] | None = None


@dataclass(frozen=True, slots=True)
class TakesLonger:
    """A visit takes `service_s` in all (for one under way: from now on)."""

    visit_id: str
    service_s: int


Event = UrgentVisit | VisitCancelled | ServerAbsent | ServerLate | NeedsSecond | NewWindow | TakesLonger


def event_text_zh(event: Event, names: Mapping[str, str] | None = None) -> str:
    """One Chinese sentence for an event; `names` replaces ids of visits and servers by what people call them."""
    called = names or {}

    def name(key: str) -> str:
        return called.get(key, key)

    match event:
        case UrgentVisit(visit):
            return f"新增紧急任务 {name(visit.id)}"
        case VisitCancelled(visit_id):
            return f"任务 {name(visit_id)} 已取消"
        case ServerAbsent(server_id, from_s):
            return f"送达员 {name(server_id)} " + ("今日缺勤" if from_s is None else f"自 {clock(from_s)} 起离岗")
        case ServerLate(server_id, until_s):
            return f"送达员 {name(server_id)} 最早 {clock(until_s)} 方能出发"
        case NeedsSecond(visit_id, refused):
            return f"任务 {name(visit_id)} {'遭拒收，' if refused else ''}须两人同往"
        case NewWindow(visit_id, windows, witness_windows):
            told = [f"任务 {name(visit_id)} "]
            told += [f"可上门时段改为 {_when(windows)}"] if windows is not None else []
            told += [f"见证人到场时段改为 {_when(witness_windows)}"] if witness_windows is not None else []
            return told[0] + "，".join(told[1:])
        case TakesLonger(visit_id, service_s):
            return f"任务 {name(visit_id)} 上门时长改为 {round(service_s / 60)} 分钟"


def _when(windows: tuple[Window, ...]) -> str:
    return spans([(window.start_s, window.end_s) for window in windows]) or "不限"
