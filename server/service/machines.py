"""States of the service core and what moves them, as tables: the services' guards and the drawings come from here.

Every event in every state is either a transition below or refused with `state.refused`. `by` says who may cause an
event: people by what they do (`specialist`, `court_staff`, `judge`, `server`), or the `machine` itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.core.errors import Conflict
from server.service import errors

SPECIALIST, COURT_STAFF, JUDGE, SERVER, MACHINE = "specialist", "court_staff", "judge", "server", "machine"
WHO_ZH: Mapping[str, str] = {
    SPECIALIST: "送达管理员",
    COURT_STAFF: "法官助理、书记员",
    JUDGE: "承办法官",
    SERVER: "外出送达员",
    MACHINE: "系统",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens. `moves`: state before → state after; in every other state it is refused."""

    code: str
    label_zh: str
    by: tuple[str, ...]
    moves: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Machine:
    """One kind of thing with its states (code → Chinese), the first of which is where it starts."""

    code: str
    label_zh: str
    states: Mapping[str, str]
    events: Mapping[str, Event]

    @property
    def start(self) -> str:
        return next(iter(self.states))


def _machine(code: str, label_zh: str, states: Mapping[str, str], *events: Event) -> Machine:
    return Machine(code, label_zh, states, {one.code: one for one in events})


def _to(target: str, *sources: str) -> dict[str, str]:
    return dict.fromkeys(sources, target)


TASK = _machine(
    "task",
    "送达任务",
    {
        "pending_review": "待审核",
        "in_progress": "送达中",
        "completed": "已完成",
        "returned": "已退回",
        "withdrawn": "已撤回",
    },
    Event("approve", "审核通过", (SPECIALIST,), _to("in_progress", "pending_review")),
    Event("return", "审核退回", (SPECIALIST,), _to("returned", "pending_review")),
    Event("resubmit", "修改后重新提交", (COURT_STAFF, JUDGE), _to("pending_review", "returned")),
    Event("complete", "全部受送达人送达完毕", (MACHINE,), _to("completed", "in_progress")),
    Event("reopen", "送达效力被否定，继续送达", (COURT_STAFF, JUDGE, MACHINE), _to("in_progress", "completed")),
    Event(
        "withdraw",
        "撤回任务",
        (SPECIALIST, COURT_STAFF, JUDGE),
        _to("withdrawn", "pending_review", "in_progress", "returned"),
    ),
)

_UNSETTLED = ("pending", "in_progress", "awaiting", "failed")
RECIPIENT = _machine(
    "recipient",
    "受送达人",
    {
        "pending": "待送达",
        "in_progress": "送达中",
        "awaiting": "待确认效力",
        "served": "已送达",
        "failed": "本次未送达",
        "withdrawn": "已撤出",
    },
    Event("open", "开始一次送达", (SPECIALIST, MACHINE), _to("in_progress", *_UNSETTLED)),
    Event("release", "取消本次送达", (SPECIALIST, MACHINE), _to("pending", "in_progress")),
    Event("resume", "取消本次送达，原送达仍待确认", (SPECIALIST, MACHINE), _to("awaiting", "in_progress")),
    Event("propose", "拟认定送达效力，待确认", (MACHINE,), _to("awaiting", *_UNSETTLED, "served")),
    Event("serve", "认定送达", (SPECIALIST, COURT_STAFF, JUDGE), _to("served", *_UNSETTLED, "served")),
    Event(
        "fail",
        "本次送达无效力",
        (MACHINE, COURT_STAFF, JUDGE),
        _to("failed", *_UNSETTLED, "served"),
    ),
    Event("withdraw", "撤出送达", (SPECIALIST, COURT_STAFF, JUDGE), _to("withdrawn", *_UNSETTLED)),
    Event("restore", "恢复送达", (SPECIALIST, COURT_STAFF, JUDGE), _to("pending", "withdrawn")),
)

ATTEMPT = _machine(
    "attempt",
    "送达行为",
    {"open": "进行中", "under_review": "待审核", "closed": "已结束", "withdrawn": "已取消"},
    Event("submit", "提交送达结果", (SERVER,), _to("under_review", "open")),
    Event("send_back", "退回补正", (SPECIALIST,), _to("open", "under_review")),
    Event("close", "登记结果并结束", (SPECIALIST, COURT_STAFF), _to("closed", "open", "under_review")),
    Event("withdraw", "取消本次送达", (SPECIALIST, COURT_STAFF, JUDGE, MACHINE), _to("withdrawn", "open")),
)

_ANY_STATUS = ("none", "proposed", "confirmed", "rejected")
EFFECT = _machine(
    "effect",
    "送达效力",
    {"none": "尚无效力", "proposed": "拟认定", "confirmed": "已确认", "rejected": "不予认定"},
    Event("propose", "系统拟认定", (MACHINE,), _to("proposed", *_ANY_STATUS)),
    Event("clear", "依现有材料不产生效力", (MACHINE,), _to("none", "none", "proposed")),
    Event(
        "confirm",
        "确认",
        (SPECIALIST, COURT_STAFF, JUDGE),
        _to("confirmed", "proposed"),
    ),
    Event("reject", "不予认定", (COURT_STAFF, JUDGE), _to("rejected", "proposed", "confirmed")),
    Event("set", "另行认定", (JUDGE,), _to("confirmed", *_ANY_STATUS)),
)

TODO = _machine(
    "todo",
    "待办",
    {"open": "待处理", "taken": "处理中", "done": "已办结", "cancelled": "已取消"},
    Event("take", "领办", (SPECIALIST, COURT_STAFF, JUDGE), _to("taken", "open")),
    Event("put_back", "退回待处理", (SPECIALIST, COURT_STAFF, JUDGE), _to("open", "taken")),
    Event("finish", "办结", (SPECIALIST, COURT_STAFF, JUDGE), _to("done", "open", "taken")),
    Event("cancel", "事由消失", (MACHINE,), _to("cancelled", "open", "taken")),
    Event("reopen", "事由再现", (MACHINE,), _to("open", "cancelled")),
)

LOCK = _machine(
    "lock",
    "送达方式锁定",
    {"free": "未锁定", "held": "已锁定"},
    Event("take", "开始一次送达", (SPECIALIST, MACHINE), _to("held", "free")),
    Event("release", "本次送达结束或者取消", (SPECIALIST, MACHINE), _to("free", "held")),
)

MACHINES: Mapping[str, Machine] = {one.code: one for one in (TASK, RECIPIENT, ATTEMPT, EFFECT, TODO, LOCK)}


def next_state(machine: Machine, state: str, event: str) -> str:
    """The state after `event`. Raises `state.refused` (409) when it cannot happen there; KeyError for unknown words."""
    target = machine.events[event].moves.get(state)
    if target is None:
        raise refusal(machine, state, event)
    return target


def allows(machine: Machine, state: str, event: str) -> bool:
    """Whether `event` can happen in `state`."""
    return state in machine.events[event].moves


def sources(machine: Machine, event: str) -> list[str]:
    """The states in which `event` can happen: the guard of an atomic update."""
    return list(machine.events[event].moves)


def refusal(machine: Machine, state: str, event: str) -> Conflict:
    """`state.refused` in words: “送达任务”处于“已完成”，不能“撤回任务”."""
    return errors.state_refused(
        machine=machine.code,
        state=state,
        event=event,
        title=f"{machine.label_zh}处于“{machine.states[state]}”状态，不能“{machine.events[event].label_zh}”",
    )
