"""What is due next, for doors and phones alike: which try, from when, by when, why (T01, T02, T08, T19; K3, K20).

Doors are tried at different times of life: a working day, the evening after 17, a day off, the morning before 9. A
switched-off phone is called in the other half of the day. After a failure another channel starts within 24 hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from server.law.attempts import SHANGHAI, day_of
from server.law.calendars import Calendar, sensible, shipped
from server.law.calls import LABELS, NOON, Call, number_tried
from server.law.deadlines import deadline
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.terms import WAYS, known

KINDS: Mapping[str, str] = {"address": "送达地址", "phone": "电话号码", "e_address": "电子地址"}
BANDS: Mapping[str, str] = {
    "day": "工作日白天",
    "late": "工作日17时后",
    "rest": "休息日",
    "early": "工作日9时前",
}
_EARLY, _LATE, _DAWN, _NIGHT = 9, 17, 7, 20


@dataclass(frozen=True, slots=True)
class Contact:
    """One known way to the recipient. `kind`: a key of KINDS. `text` is what people see (masked if need be)."""

    id: str
    kind: str
    text: str
    basis: str = ""

    def __post_init__(self) -> None:
        known(self.kind, KINDS, what="联系方式")


@dataclass(frozen=True, slots=True)
class Try:
    """One try that ended, or still runs (`result` open). `call_result` for telephone: a label of server.law.calls."""

    id: str
    contact_id: str
    channel: str
    at: datetime
    result: str
    call_result: str = ""
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known(self.channel, WAYS, what="送达方式")
        known(self.result, ("failed", "served", "open"), what="结果")
        if self.call_result:
            known(self.call_result, LABELS, what="通话结果")
        sensible(self.at)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do: between `not_before_at` and `due_at`, by this rule. `overdue` when `due_at` has passed."""

    action: str
    text_zh: str
    rule: str
    due_at: datetime
    not_before_at: datetime | None = None
    contact_id: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due, most urgent first; empty once served."""

    due: tuple[Due, ...]
    rule_version: str

    @property
    def overdue(self) -> tuple[Due, ...]:
        """The red list."""
        return tuple(one for one in self.due if one.overdue)


def plan(
    contacts: Sequence[Contact],
    tries: Sequence[Try],
    *,
    accepted_at: datetime,
    now: datetime,
    hearing_on: date | None = None,
    calendar: Calendar | None = None,
    rules: RuleSet = NATIONAL,
) -> Plan:
    """The next tries for one recipient. Raises LawRefused: a try before the task was accepted, or after `now`."""
    _check(tries, accepted_at, now)
    if any(one.result == "served" for one in tries):
        return Plan((), rules.version)
    days = calendar or shipped()
    found: list[Due] = []
    for contact in contacts:
        ours = [one for one in tries if one.contact_id == contact.id]
        if contact.kind == "phone":
            found += _phone(contact, ours, accepted_at, now, rules)
        elif contact.kind == "address":
            found += _door(contact, ours, now, days, rules)
    found += _switch(tries, rules)
    found += _targets(accepted_at, hearing_on, rules)
    marked = [_mark(one, now) for one in found]
    return Plan(tuple(sorted(marked, key=lambda one: (one.due_at, one.action, one.contact_id))), rules.version)


def _check(tries: Iterable[Try], accepted_at: datetime, now: datetime) -> None:
    sensible(accepted_at, now)
    if any(not accepted_at <= one.at <= now for one in tries):
        raise LawRefused(code="law.contradiction", title="送达行为早于受理或者晚于现在", rule="T08")


def _mark(one: Due, now: datetime) -> Due:
    return Due(
        one.action, one.text_zh, one.rule, one.due_at, one.not_before_at, one.contact_id, overdue=one.due_at < now
    )


def calls_of(contact: Contact, tries: Iterable[Try]) -> list[Call]:
    """The calls made to a phone contact; a try without a label counts as unanswered."""
    ours = [one for one in tries if one.contact_id == contact.id and one.channel == "telephone"]
    return [Call(contact.id, one.at, one.call_result or "no_answer") for one in ours]


def _phone(contact: Contact, tries: list[Try], accepted_at: datetime, now: datetime, rules: RuleSet) -> list[Due]:
    calls = calls_of(contact, tries)
    if not calls:
        due_at = accepted_at + timedelta(hours=rules.value("switch_hours"))
        return [Due("call", f"首次拨打 {contact.text}", "T01", due_at, contact_id=contact.id)]
    state = number_tried(contact.id, calls, rules=rules)
    if state.failed or state.reached:
        return []
    last = max(calls, key=lambda one: one.at)
    start, end = _other_half(last.at)
    if last.result == "switched_off":
        return [Due("call", f"{contact.text} 关机，应在另一个半天再次拨打", "T02", end, start, contact.id)]
    why = f"{contact.text} 未接通，{rules.value('call_days')} 日内还应拨打 {max(state.still, 1)} 次"
    if state.until_on is not None and state.until_on < day_of(now):
        why += "，原期限已过，须重新计算"
        start, end = _other_half(now)
    return [Due("call", why, "T01", end, start, contact.id)]


def _other_half(moment: datetime) -> tuple[datetime, datetime]:
    """The next half-day after the one this moment lies in."""
    here = moment.astimezone(SHANGHAI)
    if here.hour < NOON:
        return _at(here.date(), NOON), _at(here.date(), _NIGHT)
    following = here.date() + timedelta(days=1)
    return _at(following, _EARLY), _at(following, NOON)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


def band_of(moment: datetime, calendar: Calendar) -> str:
    """Which time of life a visit fell into (a key of BANDS)."""
    here = moment.astimezone(SHANGHAI)
    if calendar.rest(here.date()):
        return "rest"
    if here.hour < _EARLY:
        return "early"
    return "late" if here.hour >= _LATE else "day"


def _door(contact: Contact, tries: list[Try], now: datetime, calendar: Calendar, rules: RuleSet) -> list[Due]:
    visits = [one for one in tries if one.channel == "direct"]
    if not visits or any(one.result == "open" for one in visits):
        return []  # the first visit is dispatched by selection; one under way is not planned again
    tried = {band_of(one.at, calendar) for one in visits}
    if len(tried) >= min(rules.value("door_tries"), len(BANDS)):
        return []
    band = next(one for one in BANDS if one not in tried)
    start, end = _next_slot(band, now, calendar)
    text = f"{contact.text} 已上门 {len(visits)} 次，应换在{BANDS[band]}再次上门"
    return [Due("visit", text, "勤勉送达（不同时段）", end, start, contact.id)]


def _next_slot(band: str, now: datetime, calendar: Calendar) -> tuple[datetime, datetime]:
    """The next stretch of time of this band that has not ended."""
    hours = {"day": (_EARLY, _LATE), "late": (_LATE, _NIGHT), "rest": (_EARLY, _NIGHT), "early": (_DAWN, _EARLY)}
    first, last = hours[band]
    day = day_of(now)
    while (calendar.rest(day) is not None) != (band == "rest") or _at(day, last) <= now:
        day += timedelta(days=1)
    return _at(day, first), _at(day, last)


def _switch(tries: Sequence[Try], rules: RuleSet) -> list[Due]:
    """T08: after the last failure, a different channel within so many hours."""
    failed = [one for one in tries if one.result == "failed"]
    if not failed:
        return []
    last = max(failed, key=lambda one: one.at)
    if any(one.at >= last.at and one.channel != last.channel for one in tries):
        return []
    hours = rules.value("switch_hours")
    text = f"{WAYS[last.channel]}失败，{hours} 小时内应更换送达方式"
    return [Due("switch", text, "T08", last.at + timedelta(hours=hours))]


def _targets(accepted_at: datetime, hearing_on: date | None, rules: RuleSet) -> list[Due]:
    found = [
        Due("target", f"{rules.value(code)} 日{label}", rule, accepted_at + timedelta(days=rules.value(code)))
        for code, label, rule in (("target_days", "内完成送达的目标", "T07"), ("mean_days", "平均送达时长上限", "T09"))
    ]
    if hearing_on is not None:
        last = deadline("hearing", hearing_on, rules=rules).ends_on
        text = f"{hearing_on.isoformat()} 开庭，最迟 {last.isoformat()} 送达，逾期请告知法官调整开庭日期"
        found.append(Due("hearing", text, "T19", _at(last, 23) + timedelta(minutes=59)))
    return found
