"""The tree of the announcement (公告): who, why, what, how long, what then (INT arts. 138, 139; CPL arts. 95, 283)."""

from __future__ import annotations

from server.papers import errors, rows, wording
from server.papers.forms import (
    NOTICE_PERIODS,
    Announcement,
    AnnouncementKind,
    Decision,
    Hearing,
    Period,
    Region,
)
from server.papers.payload import Exhibits, Tree
from server.papers.text import COURT_ZONE, day
from server.papers.wording import Blank, Value, Wording

TITLE = "公告"
_K = AnnouncementKind
_SUMMONS = (_K.SUMMONS, _K.COMPLAINT_SUMMONS, _K.THIRD_PARTY)
_DEFAULT_DOCUMENTS = {
    _K.COMPLAINT: "起诉状副本",
    _K.SUMMONS: "开庭传票",
    _K.COMPLAINT_SUMMONS: "起诉状副本及开庭传票",
    _K.THIRD_PARTY: "起诉状副本、参加诉讼通知书及开庭传票",
    _K.APPEAL: "上诉状副本",
}
_BASIS = {
    Region.DOMESTIC: "《中华人民共和国民事诉讼法》第九十五条",
    Region.ABROAD: "《中华人民共和国民事诉讼法》第二百八十三条",
    Region.HKMO: "《最高人民法院关于涉港澳民商事案件司法文书送达问题若干规定》第九条",
    Region.TAIWAN: "《最高人民法院关于涉台民事诉讼文书送达的若干规定》第八条",
}
# Days that a month is never shorter than, to compare periods of both units.
_MONTH_DAYS = 28


def check(data: Announcement) -> None:
    """Says what INT art. 139 asks of its kind, for no shorter time than the statute's.

    Raises: DomainError `papers.incomplete`, `papers.unlawful`.
    """
    lacking = [name for name, value in _required(data).items() if not value]
    if lacking:
        raise errors.incomplete(lacking, title=TITLE)
    if any("支付令" in one.name for one in data.documents):
        raise errors.unlawful(
            "支付令不适用公告送达", rule="民诉法解释第四百二十七条、第四百三十条", fields=["documents"]
        )
    floor = 30 if data.region is Region.DOMESTIC else 60
    if _days(_period(data)) < floor:
        raise errors.unlawful(
            f"公告期不得少于{floor}日", rule="民事诉讼法第九十五条、第二百八十三条", fields=["period"]
        )


def _required(data: Announcement) -> dict[str, object]:
    needed: dict[str, object] = {
        "recipient_names": any(name.strip() for name in data.recipient_names),
        "reason": rows.clause(data.reason),
        "plaintiff": data.plaintiff,
    }
    if data.kind is not _K.APPEAL:
        needed["defendant"] = data.defendant
    if data.kind is not _K.SUMMONS:
        needed["gist"] = rows.clause(data.gist)
    if data.kind in _SUMMONS:
        needed["hearing"] = data.hearing and data.hearing.place
    if data.kind is _K.THIRD_PARTY:
        needed["third_party"] = data.third_party
    if data.kind in (_K.JUDGMENT, _K.APPEAL):
        decision = data.decision
        needed["decision"] = decision and decision.number
        if data.kind is _K.JUDGMENT and decision and decision.appealable:
            needed["appeal_court"] = decision.appeal_court
    return needed


def _period(data: Announcement) -> Period:
    return data.period or NOTICE_PERIODS[data.region]


def _days(period: Period) -> int:
    return period.amount * (_MONTH_DAYS if period.unit == "month" else 1)


def tree(data: Announcement, _exhibits: Exhibits, words: Wording) -> Tree:
    """Everything `announcement.typ` prints."""
    values = _values(data)
    return rows.head(data, words) | {
        "addressee": "、".join(data.recipient_names),
        "body": [paragraph for name in _blocks(data) for paragraph in wording.fill(words.texts[name], values)],
        "contact": rows.contact_rows(data.contact),
    }


def _blocks(data: Announcement) -> list[str]:
    decision = data.decision
    if data.kind is _K.JUDGMENT:
        return ["judgment", "appealable" if decision and decision.appealable else "final"]
    return [data.kind.value]


def _values(data: Announcement) -> dict[str, Value]:
    decision = data.decision or Decision(number="")
    return {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "受送达人": "、".join(data.recipient_names),
        "称谓": "你单位" if data.organisation else "你",
        "原告": data.plaintiff,
        "被告": data.defendant,
        "第三人": data.third_party,
        "公告原因": rows.clause(data.reason),
        "公告文书": _documents(data, decision),
        "要点": rows.clause(data.gist),
        "公告依据": _BASIS[data.region],
        "公告期": _period_text(_period(data)),
        "答辩期": f"{data.answer_days or (30 if data.region is Region.ABROAD else 15)}日",
        "举证期": f"{data.evidence_days}日" if data.evidence_days else (Blank(2), "日"),
        "开庭时间": _hearing_text(data.hearing or Hearing()),
        "开庭地点": (data.hearing or Hearing()).place,
        "裁判文书号": decision.number,
        "裁判文书": decision.title,
        "上诉期": f"{decision.appeal_days or _appeal_days(data.region, decision.title)}日",
        "上诉法院": decision.appeal_court,
    }


def _appeal_days(region: Region, title: str) -> int:
    if region is Region.ABROAD:
        return 30
    return 10 if "裁定" in title else 15


def _documents(data: Announcement, decision: Decision) -> str:
    if data.documents:
        return rows.document_names(data.documents)
    if data.kind is _K.JUDGMENT:
        return f"{decision.number}{decision.title}"
    return _DEFAULT_DOCUMENTS[data.kind]


def _period_text(period: Period) -> str:
    return f"{period.amount}{'日' if period.unit == 'day' else '个月'}"


def _hearing_text(hearing: Hearing) -> Value:
    """The sample's 公告期满后第( )日( )时( )分, or the fixed moment in Asia/Shanghai."""
    if hearing.at is not None:
        local = hearing.at.astimezone(COURT_ZONE)
        return f"{day(local.date())}{local.hour}时{local.minute:02d}分"
    at = hearing.time_of_day
    return (
        "公告期满后第",
        str(hearing.days_after) if hearing.days_after else Blank(2),
        "日",
        str(at.hour) if at else Blank(2),
        "时",
        f"{at.minute:02d}" if at else Blank(2),
        "分（遇法定节假日顺延）",
    )
