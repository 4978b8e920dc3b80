"""公告送达: when it counts as issued, when it has run, what it must say (R1.22-R1.29, R1.34).

Issued on the last posting or publication (INT art. 138). 30 days at home (CPL art. 95), 60 for a recipient without
domicile in the PRC (CPL art. 283), 3 months for Hong Kong, Macao and Taiwan. What is disputed about the last day is a
setting; the answer shows what the other readings give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from server.law import periods
from server.law.calendars import DAY, Calendar, shipped
from server.law.deadlines import Alternative, Deadline
from server.law.disputed import DISPUTED
from server.law.documents import document_class
from server.law.periods import Unit
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet

REGIONS = {"": "notice", "abroad": "notice-abroad", "hkmo": "notice-hkmo", "taiwan": "notice-taiwan"}
LABELS = {
    "notice": "公告期",
    "notice-abroad": "公告期（境内无住所）",
    "notice-hkmo": "公告期（港澳）",
    "notice-taiwan": "公告期（台湾）",
}
_ARTICLES = {
    "notice": "民事诉讼法第九十五条",
    "notice-abroad": "民事诉讼法第二百八十三条",
    "notice-hkmo": "涉港澳送达规定第九条",
    "notice-taiwan": "涉台送达规定第八条",
}
_ISSUED = "民诉法解释第一百三十八条"
_CONTENTS = "民诉法解释第一百三十九条"
_CLASSES: dict[str, tuple[tuple[str, str], ...]] = {
    "complaint": (("gist", "起诉或者上诉要点"), ("answer_period", "答辩期限"), ("no_answer", "逾期不答辩的法律后果")),
    "summons": (("hearing", "出庭的时间和地点"), ("absence", "逾期不出庭的法律后果")),
    "judgment": (("main_content", "裁判主要内容"), ("appeal", "上诉权利、上诉期限和上诉的人民法院（有权上诉的）")),
}
_AS = {"appeal": "complaint", "counterclaim": "complaint", "ruling": "judgment"}


def issued_on(postings: Sequence[date]) -> date:
    """The day an announcement was issued: the last posting or publication. Raises LawRefused when there is none."""
    if not postings:
        raise LawRefused(code="law.bad_input", title="公告没有张贴或者刊登日期", rule=_ISSUED)
    return max(postings)


def notice(
    kind: str,
    postings: Sequence[date],
    *,
    calendar: Calendar | None = None,
    rules: RuleSet = NATIONAL,
) -> Deadline:
    """When an announcement of this kind (a key of LABELS) has run: `ends_on` its last day, `effective_on` service."""
    if kind not in LABELS:
        raise LawRefused(code="law.unknown_kind", title=f"没有这种公告期：{kind}", rule="R1.22")
    start = issued_on(postings)
    days = calendar or shipped()
    length_point = {"notice-abroad": "notice_abroad", "notice-hkmo": "notice_hkmo", "notice-taiwan": "notice_hkmo"}
    points = [one for one in (length_point.get(kind), "notice_roll", "notice_effect") if one]
    chosen = {point: rules.reading(point) for point in points}
    counted, effective = _run(kind, start, chosen, days, rules)
    posted = f"共 {len(postings)} 次张贴或者刊登，以最后一次 {periods.day_zh(start)} 为发出公告日期"
    working = [posted, *counted.working]
    working += [f"{DISPUTED[point].question_zh}：按“{DISPUTED[point].text_zh(chosen[point])}”" for point in points]
    working.append(f"视为送达日期 {periods.day_zh(effective)}")
    return Deadline(
        kind,
        LABELS[kind],
        start,
        counted.raw_end_on,
        counted.ends_on,
        counted.provisional,
        tuple(working),
        (_ARTICLES[kind], _ISSUED, periods.CIVIL),
        rules.version,
        effective,
        tuple(_alternatives(kind, start, chosen, days, rules, (counted.ends_on, effective))),
    )


def _run(
    kind: str, start: date, chosen: dict[str, str], days: Calendar, rules: RuleSet
) -> tuple[periods.Counted, date]:
    amount, unit = _length(kind, chosen, rules)
    counted = periods.count(amount, unit, start, calendar=days, rolls=chosen["notice_roll"] == "yes")
    return counted, counted.ends_on + (DAY if chosen["notice_effect"] == "day_after" else DAY * 0)


def _length(kind: str, chosen: dict[str, str], rules: RuleSet) -> tuple[int, Unit]:
    reading = chosen.get("notice_abroad") or chosen.get("notice_hkmo")
    if reading is None:
        return rules.value("notice_days"), "day"
    if reading == "days_60":
        return rules.value("notice_abroad_days"), "day"
    return rules.value("notice_taiwan_months" if kind == "notice-taiwan" else "notice_hkmo_months"), "month"


def _alternatives(
    kind: str, start: date, chosen: dict[str, str], days: Calendar, rules: RuleSet, own: tuple[date, date]
) -> Iterable[Alternative]:
    """Every other combination of readings that gives another day, each told once."""
    told = {own}
    points = list(chosen)
    for readings in product(*([one.code for one in DISPUTED[point].readings] for point in points)):
        other = dict(zip(points, readings, strict=True))
        counted, effective = _run(kind, start, other, days, rules)
        if (counted.ends_on, effective) in told:
            continue
        told.add((counted.ends_on, effective))
        differs = [point for point in points if other[point] != chosen[point]]
        text = "；".join(DISPUTED[point].text_zh(other[point]) for point in differs)
        yield Alternative("+".join(differs), "+".join(other[one] for one in differs), text, counted.ends_on, effective)


@dataclass(frozen=True, slots=True)
class Content:
    """One thing an announcement must say."""

    code: str
    text_zh: str
    article: str = _CONTENTS


def contents(documents: Iterable[str]) -> tuple[Content, ...]:
    """What an announcement of these documents must say: the reason always, the rest by document (INT art. 139)."""
    found = {"reason": Content("reason", "公告送达的原因")}
    for name in documents:
        kind = document_class(name)
        for code, text in _CLASSES.get(_AS.get(kind, kind), ()):
            found.setdefault(code, Content(code, text))
    return tuple(found.values())


def missing_contents(documents: Iterable[str], said: Iterable[str]) -> tuple[Content, ...]:
    """What it still has to say, in the order of `contents`."""
    have = set(said)
    return tuple(one for one in contents(documents) if one.code not in have)
