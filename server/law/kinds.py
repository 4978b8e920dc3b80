"""Every period the engine knows by name (R1.33): how long, from what event, by which article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.law import periods
from server.law.periods import MonthRule, Unit
from server.law.refusals import LawRefused

_ROLL_CIVIL = periods.CIVIL
_ROLL_CRIMINAL = "刑事诉讼法第一百零五条"
_ROLL_ADMIN = "行诉解释第四十八条"
_MONTH_CRIMINAL = "刑诉解释第二百零二条"


@dataclass(frozen=True, slots=True)
class Kind:
    """One period by name. `from_zh` says which event starts it. `counting` is the article it is counted by.

    `threshold` names the number of the rule set that takes the place of `amount`. `backward`: days before a day.
    `by_order`: the length is set case by case, so a caller may give it.
    """

    code: str
    label_zh: str
    amount: int
    unit: Unit
    from_zh: str
    articles: tuple[str, ...]
    counting: str = _ROLL_CIVIL
    rolls: bool = True
    month_rule: MonthRule = "civil"
    threshold: str = ""
    backward: bool = False
    by_order: bool = False


def _days(code: str, label: str, amount: int, from_zh: str, *articles: str, threshold: str = "") -> Kind:
    return Kind(code, label, amount, "day", from_zh, articles, threshold=threshold)


def _criminal(code: str, label: str, amount: int, from_zh: str, *articles: str) -> Kind:
    return Kind(code, label, amount, "day", from_zh, articles, counting=_ROLL_CRIMINAL)


def _admin(code: str, label: str, amount: int, from_zh: str, *articles: str) -> Kind:
    return Kind(code, label, amount, "day", from_zh, articles, counting=_ROLL_ADMIN)


def _before(code: str, label: str, amount: int, *articles: str, threshold: str = "") -> Kind:
    return Kind(code, label, amount, "day", "开庭日", articles, rolls=False, threshold=threshold, backward=True)


_SERVED = "送达日"
_COPY = "收到起诉状副本之日"
_LAW = "民事诉讼法"
_APPEAL = f"{_LAW}第一百七十一条"
_APPEAL_ABROAD = f"{_LAW}第二百八十六条"
_ANSWER = f"{_LAW}第一百二十八条"
_SECOND = f"{_LAW}第一百七十四条"
_ADMIN_ANSWER = "行政诉讼法第六十七条"
_ADMIN_APPEAL = "行政诉讼法第八十五条"
_CRIMINAL_APPEAL = "刑事诉讼法第二百三十条"
_HEARING_CRIMINAL = ("刑事诉讼法第一百八十七条", "刑诉解释第二百二十一条")

_KINDS = (
    _days("appeal-judgment", "对判决的上诉期", 15, _SERVED, f"{_APPEAL}第一款"),
    _days("appeal-ruling", "对裁定的上诉期", 10, _SERVED, f"{_APPEAL}第二款"),
    _days("appeal-abroad", "境内无住所当事人的上诉期", 30, _SERVED, _APPEAL_ABROAD),
    _days("answer", "答辩期", 15, _COPY, _ANSWER),
    _days("answer-abroad", "境内无住所被告的答辩期", 30, _COPY, f"{_LAW}第二百八十五条"),
    _days("complaint-copy", "发送起诉状副本", 5, "立案日", _ANSWER, threshold="complaint_copy_days"),
    _days("answer-copy", "发送答辩状副本", 5, "收到答辩状之日", _ANSWER),
    _days("appeal-copy", "送达上诉状副本", 5, "收到上诉状之日", _SECOND),
    _days("appeal-answer", "二审答辩期", 15, "收到上诉状副本之日", _SECOND),
    _days("appeal-answer-abroad", "境内无住所被上诉人的答辩期", 30, "收到上诉状副本之日", _APPEAL_ABROAD),
    _days("appeal-answer-copy", "发送二审答辩状副本", 5, "收到答辩状之日", _SECOND),
    _days(
        "entrusted",
        "受托法院代为送达",
        10,
        "受托法院收到委托函及文书之日",
        "民诉法解释第一百三十四条第二款",
        threshold="entrusted_days",
    ),
    _days("payment-order", "支付令送达债务人", 30, "发出支付令之日", "民诉法解释第四百三十条第二项"),
    _days("payment-order-objection", "对支付令提出书面异议", 15, "收到支付令之日", f"{_LAW}第二百二十七条"),
    _days("mail-mismatch", "代收邮件后退回（内容与回执不符）", 3, "收到邮件之日", "法院专递规定第十条"),
    _days("online-link", "核验身份并关联案件", 3, "收到通知之日", "人民法院在线诉讼规则第十条"),
    Kind("mail-abroad", "向境外邮寄送达", 3, "month", "邮寄之日", (f"{_LAW}第二百八十三条第一款第八项",)),
    _days(
        "execution-notice",
        "发出执行通知",
        10,
        "收到申请执行书或移交执行书之日",
        "民诉法解释第四百八十条",
        threshold="execution_notice_days",
    ),
    _days("execution-notice-after-measure", "采取措施后补发执行通知", 3, "采取执行措施之日", "执行程序解释第二十二条"),
    _days("valuation-publication", "评估报告网上公示视为收到", 15, "公示之日", "确定财产处置参考价规定第二十一条"),
    _before(
        "hearing",
        "送达传票的最后日期",
        3,
        f"{_LAW}第一百三十九条",
        "民诉法解释第二百二十七条",
        threshold="hearing_notice_days",
    ),
    _before("criminal-indictment", "送达起诉书副本的最后日期", 10, *_HEARING_CRIMINAL),
    _before("criminal-summons", "送达传票、通知书的最后日期", 3, *_HEARING_CRIMINAL),
    _criminal("criminal-judgment-copy", "当庭宣判后送达判决书", 5, "宣判日", "刑诉解释第三百零二条"),
    _criminal("criminal-appeal-judgment", "刑事判决的上诉、抗诉期", 10, "接到判决书之日", _CRIMINAL_APPEAL),
    _criminal("criminal-appeal-ruling", "刑事裁定的上诉、抗诉期", 5, "接到裁定书之日", _CRIMINAL_APPEAL),
    _criminal("criminal-entrusted", "受托法院代为送达（刑事）", 10, "收到委托之日", "刑诉解释第二百零六条"),
    Kind(
        "criminal-month",
        "刑事按月计算的期间",
        1,
        "month",
        "起算日",
        (_MONTH_CRIMINAL,),
        counting=_ROLL_CRIMINAL,
        month_rule="criminal",
        by_order=True,
    ),
    Kind("criminal-half-month", "刑事半个月的期间", 15, "day", "起算日", (_MONTH_CRIMINAL,), counting=_ROLL_CRIMINAL),
    Kind(
        "custody-month",
        "羁押期限（按月）",
        1,
        "month",
        "羁押起算日",
        (_MONTH_CRIMINAL,),
        counting=_ROLL_CRIMINAL,
        rolls=False,
        month_rule="criminal",
        by_order=True,
    ),
    Kind(
        "custody-days",
        "羁押期限（按日）",
        14,
        "day",
        "羁押起算日",
        (),
        counting=_ROLL_CRIMINAL,
        rolls=False,
        by_order=True,
    ),
    Kind("ordered-days", "法院指定的期间（按日）", 15, "day", "通知送达之日", (), by_order=True),
    Kind("ordered-months", "法院指定的期间（按月）", 1, "month", "通知送达之日", (), by_order=True),
    _admin("admin-complaint-copy", "行政：发送起诉状副本", 5, "立案日", _ADMIN_ANSWER),
    _admin("admin-answer", "行政：答辩期", 15, _COPY, _ADMIN_ANSWER),
    _admin("admin-appeal-judgment", "行政判决的上诉期", 15, _SERVED, _ADMIN_APPEAL),
    _admin("admin-appeal-ruling", "行政裁定的上诉期", 10, _SERVED, _ADMIN_APPEAL),
)
KINDS: Mapping[str, Kind] = {one.code: one for one in _KINDS}


def kind_of(code: str) -> Kind:
    """Raises LawRefused (`law.unknown_kind`)."""
    found = KINDS.get(code)
    if found is None:
        raise LawRefused(code="law.unknown_kind", title=f"没有这种期间：{code}", rule="R1.33")
    return found
