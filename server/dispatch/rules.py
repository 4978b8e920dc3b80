"""Which recipients need a visit, and what the visit asks of a server's day: pure questions over plain facts.

Law: CPL = 民事诉讼法, INT = 适用民诉法的解释, ENF = 执行工作若干问题的规定. What has no source below is practice,
written here, in one place, so that a court may read and change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from server.core.clock import court_day

ORGANISATIONS = ("法人", "非法人组织")
OFFICE_HOURS = ((9 * 3600, 17 * 3600 + 1800),)  # when an organisation's mail room can be met

# What the roster's skills mean here.
SKILL_ENFORCEMENT = "行政执行"  # trained for administrative and enforcement cases: those go to nobody else
SKILL_RECORDER = "执法记录仪"  # carries a body camera: needed where a refusal is likely (CPL art. 89, second way)
# Belongs to a standing pair. Shown to managers, never demanded: no article asks for two servers, so when a remark does,
# any two on duty may go. Demanding it would leave most visits of two undone on a day with few such people.
SKILL_PAIR = "双人组"

# remark → extra minutes at the door
REMARK_MINUTES = {
    "须两人同往": 4.0,
    "门禁，需联系物业": 2.0,
    "需社区人员见证": 5.0,
    "曾拒收": 4.0,
    "家中有犬": 1.0,
}
_BASE_MINUTES = 8.0
_ORGANISATION_MINUTES = 6.0
_MANY_DOCUMENTS = 4

MAX_PRIORITY = 10
MOST_OVERDUE_DAYS = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` is stable, `text` is for people, `hit` says whether the rule sends somebody to the door."""

    code: str
    text: str
    hit: bool


ASKED_DIRECT = Rule("judge_asked_direct", "承办法官指定直接送达", True)
MEDIATION = Rule("mediation_in_person", "调解书应当直接送达当事人本人（民诉法解释第一百三十三条），邮寄改为上门", True)
SUBPOENA = Rule("subpoena_direct", "拘传票必须直接送达被拘传人（民诉法解释第一百七十五条）", True)
THIRD_PARTY_DEBT = Rule("third_party_debt_direct", "履行到期债务通知必须直接送达第三人（执行工作规定第四十五条）", True)
OTHER_CHANNEL = {
    "electronic": Rule("asked_electronic", "承办法官指定电子送达", False),
    "telephone": Rule("asked_telephone", "承办法官指定电话送达", False),
    "postal": Rule("asked_postal", "承办法官指定邮寄送达", False),
    "pickup": Rule("asked_pickup", "承办法官指定来院领取", False),
    "notice": Rule("asked_notice", "承办法官指定公告送达", False),
    "entrusted": Rule("asked_entrusted", "承办法官指定委托送达", False),
    "forwarded": Rule("asked_forwarded", "承办法官指定转交送达", False),
}
BY_HAND = Rule("by_hand", "送达管理员选定上门送达", True)
LOCKED = Rule("locked", "已由其他送达方式锁定，不能同时上门", False)
CLOSED = Rule("closed", "已送达或任务不在送达中", False)
FAILED_BEFORE = Rule("failed_before", "前次送达未成功，请先选定下一种送达方式", False)
NO_POINT = Rule("no_point", "送达地址没有坐标，请先核实地址", False)
HEARING_OVER = Rule("hearing_over", "开庭时间已过，请与承办法官确认是否仍需送达传票", False)

# Documents that law wants handed over, whatever channel was named: words of the type → rule.
_BY_HAND = (("拘传票", SUBPOENA), ("履行到期债务", THIRD_PARTY_DEBT))

_ALL = (
    *(ASKED_DIRECT, MEDIATION, SUBPOENA, THIRD_PARTY_DEBT, BY_HAND),
    *(LOCKED, CLOSED, FAILED_BEFORE, NO_POINT, HEARING_OVER),
)
_TEXTS = {rule.code: rule.text for rule in (*_ALL, *OTHER_CHANNEL.values())}


def rule_text(code: str) -> str:
    """The rule in Chinese; the code itself for a rule of another time."""
    return _TEXTS.get(code, code)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at: one recipient of one approved task. `today` is the day the visits are wanted for."""

    channel: str
    documents: tuple[str, ...]
    recipient_state: str
    locked: bool
    has_point: bool
    hearing_at: datetime | None
    today: date


def decide(facts: Facts) -> Rule:
    """The one rule that hits: whether this recipient needs the door, or why not."""
    if facts.locked:
        return LOCKED
    if facts.recipient_state == "failed":
        return FAILED_BEFORE
    if facts.recipient_state != "pending":
        return CLOSED
    rule = _channel_rule(facts.channel, facts.documents)
    if not rule.hit:
        return rule
    if _hearing_is_over(facts):
        return HEARING_OVER
    return rule if facts.has_point else NO_POINT


def _channel_rule(channel: str, documents: Sequence[str]) -> Rule:
    for word, rule in _BY_HAND:
        if any(word in name for name in documents):
            return rule
    if channel == "direct":
        return ASKED_DIRECT
    # CPL art. 90 lets a mediation statement go electronically with consent, so only the post is overruled.
    if channel == "postal" and any("调解书" in name for name in documents):
        return MEDIATION
    return OTHER_CHANNEL[channel]


def _hearing_is_over(facts: Facts) -> bool:
    if facts.hearing_at is None or not any("传票" in name for name in facts.documents):
        return False
    return court_day(facts.hearing_at) < facts.today


def crew_of(remarks: Sequence[str]) -> int:
    """How many servers must stand at the door together."""
    return 2 if "须两人同往" in remarks else 1


def skills_of(case_kind: str, remarks: Sequence[str]) -> list[str]:
    """What the server who leads the visit must have."""
    skills = []
    if case_kind in ("行政", "执行"):
        skills.append(SKILL_ENFORCEMENT)
    if "曾拒收" in remarks:
        skills.append(SKILL_RECORDER)
    return skills


def minutes_of(recipient_kind: str, remarks: Sequence[str], documents: int) -> float:
    """Minutes at the door: 8 for a person, 6 for an organisation, more for what the remarks foretell."""
    minutes = _ORGANISATION_MINUTES if recipient_kind in ORGANISATIONS else _BASE_MINUTES
    minutes += sum(REMARK_MINUTES.get(remark, 0.0) for remark in remarks)
    return minutes + (1.0 if documents >= _MANY_DOCUMENTS else 0.0)


def windows_of(recipient_kind: str, windows: Sequence[Sequence[int]]) -> list[list[int]]:
    """The hours the recipient can be met: as the list says, else office hours for an organisation, else any time."""
    if windows:
        return [list(window) for window in windows]
    if recipient_kind in ORGANISATIONS:
        return [list(window) for window in OFFICE_HOURS]
    return []


def priority_of(*, due_on: date, hearing_at: datetime | None, today: date) -> int:
    """0 (may wait) to 10 (today or never): from the due date, raised when a hearing is near.

    A summons must arrive at least three days before the hearing (CPL art. 139).
    """
    days = (due_on - today).days
    priority = 8 if days <= 0 else max(0, 7 - 2 * days)
    if hearing_at is not None:
        left = (court_day(hearing_at) - today).days
        if left <= 4:
            priority = MAX_PRIORITY
        elif left <= 10:
            priority += 2
    return min(priority, MAX_PRIORITY)


def drop_penalty_s(priority: int, overdue_days: int = 0) -> int:
    """What leaving a visit out costs in the planner, in seconds of travel: two hours, and one more per priority.

    Priority already rises as the due date comes near; past it every day adds half an hour (five days at most), so
    that of two overdue visits the one that waits longer goes first.
    """
    return 3600 * (2 + priority) + 1800 * min(max(overdue_days, 0), MOST_OVERDUE_DAYS)


def area_of(address: str, areas: Iterable[str]) -> str | None:
    """Of the areas servers know, the most exact one the (cut) address names; None when it names none of them."""
    return max((area for area in areas if area in address), key=len, default=None)


def building_of(address: str) -> str | None:
    """The address up to its building (号楼, 栋, 幢, 座): neighbours go to one server. None when it names none."""
    found = re.match(r".+?[0-9A-Za-z一二三四五六七八九十甲乙丙丁]+(?:号楼|栋|幢|座)", address.strip())
    return found.group(0) if found else None
