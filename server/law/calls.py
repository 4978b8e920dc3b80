"""Telephone diligence: what a call was, when a number counts as failed, what an effective call must cover.

T01: four calls to a number within three days before "电话失败". T02: a switched-off phone is tried in the morning and
in the afternoon. T03-T05: what an effective first call settles, and that every connected call is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.law.attempts import SHANGHAI, day_of
from server.law.calendars import sensible
from server.law.rulesets import NATIONAL, RuleSet
from server.law.terms import known

NOON = 12


@dataclass(frozen=True, slots=True)
class Label:
    """How a call ended. `reached`: the recipient (or agent) spoke. `dead`: no further call can succeed."""

    label_zh: str
    reached: bool = False
    dead: bool = False
    valid: bool = False
    connected: bool = False


LABELS: Mapping[str, Label] = {
    "agreed_electronic": Label("同意电子送达", reached=True, valid=True, connected=True),
    "agreed_pickup": Label("同意上门领取", reached=True, valid=True, connected=True),
    "agreed_mail": Label("同意邮寄送达", reached=True, valid=True, connected=True),
    "refuses_talk": Label("本人拒绝沟通", reached=True, connected=True),
    "not_the_person": Label("接听非本人", connected=True),
    "denies": Label("称非本案当事人", connected=True),
    "hung_up": Label("拒接、挂断"),
    "no_answer": Label("无人接听"),
    "busy": Label("正在通话"),
    "restricted": Label("呼叫受限"),
    "switched_off": Label("关机"),
    "suspended": Label("停机"),
    "out_of_service": Label("暂停服务"),
    "no_such_number": Label("空号", dead=True),
    "wrong_number": Label("号码错误", dead=True),
}
# T04: what the first effective call has to cover before it is labelled so.
CHECKLIST: Mapping[str, str] = {
    "identity": "核对身份",
    "court_staff": "告知承办法官、书记员姓名和电话",
    "address": "核对送达地址和送达方式（优先电子送达）",
    "content": "告知领取时间地点、起诉或者答辩要点、开庭时间地点",
    "warning": "告知通话录音和不到庭的法律后果",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call to one number. `recording`: id of its recording, linked to the task. Raises LawRefused."""

    number: str
    at: datetime
    result: str
    recording: str = ""

    def __post_init__(self) -> None:
        known(self.result, LABELS, what="通话结果")
        sensible(self.at)


@dataclass(frozen=True, slots=True)
class NumberTried:
    """Where one number stands. `failed`: diligence is done and nobody was reached. `still`: calls owed."""

    number: str
    failed: bool
    reached: bool
    dead: bool
    made: int
    still: int
    until_on: date | None
    working: tuple[str, ...]
    rule_version: str


def number_tried(number: str, calls: Iterable[Call], *, rules: RuleSet = NATIONAL) -> NumberTried:
    """T01, T02 for the calls to one number."""
    ours = sorted((one for one in calls if one.number == number), key=lambda one: one.at)
    wanted, days = rules.value("calls"), rules.value("call_days")
    reached = any(LABELS[one.result].reached for one in ours)
    dead = any(LABELS[one.result].dead for one in ours)
    made = _most_in_a_window(ours, days, rules.reading("call_days_counted"))
    still = 0 if reached or dead else max(wanted - made, 0)
    off_done = _switched_off_done(ours, rules)
    until = _window_end(ours, days) if still else None
    working = [f"{days} 日内最多拨打 {made} 次，标准 {wanted} 次"]
    if dead:
        working = ["该号码为空号或者错误号码，无须继续拨打"]
    if reached:
        working.append("曾接通受送达人本人，不属于电话失败")
    if not off_done:
        working.append("关机的，当日上午、下午均应拨打，尚未做到")
    failed = not reached and (dead or (made >= wanted and off_done))
    return NumberTried(number, failed, reached, dead, made, still, until, tuple(working), rules.version)


def _most_in_a_window(calls: Sequence[Call], days: int, reading: str) -> int:
    """The most calls within any window of so many days that starts with a call."""
    most = 0
    for first in calls:
        if reading == "hours_72":
            inside = [one for one in calls if first.at <= one.at < first.at + timedelta(days=days)]
        else:
            inside = [one for one in calls if 0 <= (day_of(one.at) - day_of(first.at)).days < days]
        most = max(most, len(inside))
    return most


def _window_end(calls: Sequence[Call], days: int) -> date | None:
    """The last day on which the window of the latest calls still takes one; None before any call."""
    if not calls:
        return None
    last = day_of(calls[-1].at)
    inside = [one for one in calls if (last - day_of(one.at)).days < days]
    return day_of(inside[0].at) + timedelta(days=days - 1)


def _switched_off_done(calls: Sequence[Call], rules: RuleSet) -> bool:
    """T02: on one day it was off it was called before and after noon, often enough. True when it never was off."""
    off_days = {day_of(one.at) for one in calls if one.result == "switched_off"}
    each = 2 if rules.reading("switched_off_counted") == "two_each" else 1
    wanted = max(rules.value("switched_off_calls"), 2 * each)
    return not off_days or any(_both_halves(calls, day, each, wanted) for day in off_days)


def _both_halves(calls: Sequence[Call], day: date, each: int, wanted: int) -> bool:
    hours = [one.at.astimezone(SHANGHAI).hour for one in calls if day_of(one.at) == day]
    morning = sum(hour < NOON for hour in hours)
    return morning >= each and len(hours) - morning >= each and len(hours) >= wanted


def checklist_missing(ticked: Iterable[str]) -> tuple[str, ...]:
    """T04: what the call did not cover, in Chinese; () when it may be labelled effective."""
    have = set(ticked)
    return tuple(text for code, text in CHECKLIST.items() if code not in have)


def may_label(call: Call, *, ticked: Iterable[str], postal_address: str) -> tuple[str, ...]:
    """Why this call may not carry its label yet (T03-T05), in Chinese; () when it may."""
    label = LABELS[call.result]
    found = []
    if label.connected and not call.recording:
        found.append("接通的电话没有关联录音")
    if label.valid:
        found += [f"尚未{text}" for text in checklist_missing(ticked)]
    if call.result == "agreed_electronic" and not postal_address.strip():
        found.append("同意电子送达的，仍应核实邮寄裁判文书的地址")
    return tuple(found)
