"""Terms of the service contracts as data and sums: volumes, prices, penalties, the help desk (T11, T12, T13, T15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from server.core.clock import COURT_ZONE
from server.law.calendars import Calendar, shipped


@dataclass(frozen=True, slots=True)
class Volume:
    """How much a contract foresees in twelve months. `counts`: tasks' cases, or services at the door."""

    code: str
    check: str
    text_zh: str
    foreseen: int
    counts: str  # cases, direct


VOLUMES = (
    Volume("cases_50000", "T12", "年处理案件能力50000件", 50_000, "cases"),
    Volume("cases_6250", "T12", "年处理案件6250件，每件160元", 6_250, "cases"),
    Volume("cases_70000", "T11", "12个月处理案件不少于70000件", 70_000, "cases"),
    Volume("direct_7000", "T11", "12个月直接送达不少于7000件", 7_000, "direct"),
)


@dataclass(frozen=True, slots=True)
class Price:
    """A price in fen, and for what."""

    code: str
    text_zh: str
    fen: int


PRICES = (
    Price("case", "每件案件", 16_000),
    Price("ems_city", "司法专邮首重500克（同城）", 2_000),
    Price("ems_region", "司法专邮首重500克（区域内）", 3_000),
    Price("ems_other", "司法专邮首重500克（其他地区）", 4_000),
    Price("cross_region_print", "异地打印，每件", 800),
)
PRICE_OF: Mapping[str, int] = {one.code: one.fen for one in PRICES}
FIRST_GRAMS = 500


def cost_fen(counts: Mapping[str, int]) -> int:
    """What so many of each cost. Raises KeyError for something without a price, ValueError for a negative number."""
    if any(number < 0 for number in counts.values()):
        raise ValueError("a number of things cannot be negative")
    return sum(PRICE_OF[code] * number for code, number in counts.items())


@dataclass(frozen=True, slots=True)
class Used:
    """How far a volume has been used up, in whole numbers and as a share."""

    volume: Volume
    done: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.done, self.volume.foreseen)

    @property
    def left(self) -> int:
        """Negative once more was done than foreseen."""
        return self.volume.foreseen - self.done


def used(counts: Mapping[str, int]) -> list[Used]:
    """`counts`: cases and direct services of the twelve months."""
    return [Used(one, counts.get(one.counts, 0)) for one in VOLUMES]


# ---- penalties (T11)

PENALTY_STEP_DAYS = 10
PENALTY_PER_STEP = Fraction(3, 1000)
PENALTY_CAP = Fraction(3, 100)
PENALTY_READINGS: Mapping[str, str] = {
    "full": "每满10日计一次",
    "begun": "不满10日按10日计",
    "daily": "按日折算",
}


def penalties_fen(*, price_fen: int, late_days: int) -> dict[str, int]:
    """What being late costs, under each reading of 每10日0.3%, 上限3%; rounded down to the fen."""
    if late_days < 0 or price_fen < 0:
        raise ValueError("neither days nor prices are negative")
    steps = {
        "full": Fraction(late_days // PENALTY_STEP_DAYS),
        "begun": Fraction(-(-late_days // PENALTY_STEP_DAYS)),
        "daily": Fraction(late_days, PENALTY_STEP_DAYS),
    }
    return {code: int(price_fen * min(PENALTY_CAP, steps[code] * PENALTY_PER_STEP)) for code in PENALTY_READINGS}


# ---- the help desk (T13)

DESK_OPENS, DESK_CLOSES = time(9), time(17)  # 5×8
SOLUTION_HOURS = 24
FAULT_HOURS = 2
SOLUTION_READINGS: Mapping[str, str] = {
    "clock": "24小时连续计算",
    "desk": "24小时按服务台工作时间（5×8）计算，即3个工作日",
}


@dataclass(frozen=True, slots=True)
class TicketClock:
    """When a ticket's answer is due, and by which rule. `provisional`: the year's holidays are not known yet."""

    due_at: datetime
    rule_zh: str
    provisional: bool = False

    def late(self, now: datetime, answered_at: datetime | None = None) -> bool:
        """Answered, or still open, after `due_at`."""
        return (answered_at or now) > self.due_at


def fault_due(reported_at: datetime) -> TicketClock:
    """A fault of the system: day and night, every day."""
    return TicketClock(reported_at + timedelta(hours=FAULT_HOURS), "故障7×24小时响应，2小时内排除")


def solution_due(reported_at: datetime, *, reading: str = "clock", calendar: Calendar | None = None) -> TicketClock:
    """A question that was not answered at once. What is reported out of hours counts from the next opening.

    Raises KeyError for an unknown reading, ValueError for a moment without a zone.
    """
    if reported_at.tzinfo is None:
        raise ValueError("a moment needs its zone")
    days = calendar or shipped()
    rule = SOLUTION_READINGS[reading]
    begun = next_open(reported_at, days)
    if reading == "clock":
        due = begun + timedelta(hours=SOLUTION_HOURS)
    else:
        due = _after_desk_hours(begun, timedelta(hours=SOLUTION_HOURS), days)
    return TicketClock(due, rule, not (days.knows(court_date(begun)) and days.knows(court_date(due))))


def court_date(moment: datetime) -> date:
    return moment.astimezone(COURT_ZONE).date()


def next_open(moment: datetime, days: Calendar) -> datetime:
    """`moment` itself while the desk is open, else when it opens next."""
    local = moment.astimezone(COURT_ZONE)
    today = local.date()
    if days.rest(today) is None and local.time() < DESK_CLOSES:
        return max(local, _opening(today))
    return _opening(days.first_working_day(today + timedelta(days=1)))


def _opening(day: date) -> datetime:
    return datetime.combine(day, DESK_OPENS, COURT_ZONE)


def _after_desk_hours(begun: datetime, hours: timedelta, days: Calendar) -> datetime:
    """The moment when the desk has been open for so long since `begun`, itself within opening hours."""
    while True:
        today = datetime.combine(begun.date(), DESK_CLOSES, COURT_ZONE) - begun
        if hours <= today:
            return begun + hours
        hours -= today
        begun = _opening(days.first_working_day(begun.date() + timedelta(days=1)))


# ---- messages nobody answered (T15)

ANSWER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Message:
    """A message that wants an answer: `about` is what people read of it."""

    id: str
    about: str
    received_at: datetime
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One line of the list that is chased: since when it is late, and by how many full days."""

    message: Message
    due_at: datetime
    late_days: int


def unanswered(messages: Iterable[Message], *, now: datetime) -> list[Unanswered]:
    """Messages without an answer after seven days, the oldest first. Exactly seven days later it is not late yet."""
    found = []
    for one in messages:
        due = one.received_at + timedelta(days=ANSWER_DAYS)
        if one.answered_at is None and now > due:
            found.append(Unanswered(one, due, (now - due).days))
    return sorted(found, key=lambda line: (line.due_at, line.message.id))
