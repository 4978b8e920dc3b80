"""Versioned rules of a court: thresholds it may set, readings it chooses where the law is disputed (feature E18).

Periods of statute are not here: nobody sets them. A threshold may be stricter than its source, never laxer; that is
checked once, when the set is approved. Every answer of this package carries the version it was given under, so an old
decision can be explained as it was taken.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from server.law.disputed import DISPUTED
from server.law.refusals import LawRefused


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number a court may set. `at_least`/`at_most`: what the source allows; `binding` false: contract, practice."""

    code: str
    label_zh: str
    unit: str
    default: int
    source: str
    at_least: int | None = None
    at_most: int | None = None
    binding: bool = True


_THRESHOLDS = (
    Threshold("notice_days", "公告期", "日", 30, "民事诉讼法第九十五条", at_least=30),
    Threshold("notice_abroad_days", "公告期（境内无住所）", "日", 60, "民事诉讼法第二百八十三条", at_least=60),
    Threshold("notice_hkmo_months", "公告期（港澳）", "个月", 3, "涉港澳送达规定第九条", at_least=3),
    Threshold("notice_taiwan_months", "公告期（台湾）", "个月", 3, "涉台送达规定第八条（期间未核实）", at_least=3),
    Threshold("hearing_notice_days", "开庭前送达传票", "日", 3, "民事诉讼法第一百三十九条", at_least=3),
    Threshold(
        "complaint_copy_days", "立案后发送起诉状副本", "日", 5, "民事诉讼法第一百二十八条", at_least=1, at_most=5
    ),
    Threshold("entrusted_days", "受托法院代为送达", "日", 10, "民诉法解释第一百三十四条第二款", at_least=1, at_most=10),
    Threshold("execution_notice_days", "发出执行通知", "日", 10, "民诉法解释第四百八十条", at_least=1, at_most=10),
    Threshold("mail_tries", "邮政五日内投递次数", "次", 3, "法院专递规定第六条", at_least=3),
    Threshold("mail_days", "邮政投递天数", "日", 5, "法院专递规定第六条", at_least=1, at_most=5),
    Threshold("calls", "未接通电话的拨打次数", "次", 4, "送达服务合同的通行要求", at_least=4, binding=False),
    Threshold(
        "call_days", "拨打次数的完成天数", "日", 3, "送达服务合同的通行要求", at_least=1, at_most=3, binding=False
    ),
    Threshold(
        "switched_off_calls", "关机当日上下午拨打次数", "次", 2, "送达服务合同的通行要求", at_least=2, binding=False
    ),
    Threshold("door_tries", "上门次数（不同时段）", "次", 3, "内部标准", at_least=1, binding=False),
    Threshold(
        "switch_hours",
        "失败后更换送达方式",
        "小时",
        24,
        "送达服务合同的通行要求",
        at_least=1,
        at_most=24,
        binding=False,
    ),
    Threshold("target_days", "任务完成目标", "日", 7, "送达服务合同的通行要求", at_least=1, at_most=7, binding=False),
    Threshold(
        "mean_days", "平均送达时长上限", "日", 15, "送达服务合同的通行要求", at_least=1, at_most=15, binding=False
    ),
    Threshold(
        "gallery_import",
        "允许从手机相册导入证据材料",
        "（0 不允许，1 允许）",
        0,
        "内部标准",
        at_least=0,
        at_most=1,
        binding=False,
    ),
)
THRESHOLDS: Mapping[str, Threshold] = {one.code: one for one in _THRESHOLDS}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one court from a day on. `court` "" is the national default.

    `thresholds` and `readings` hold only what differs from the defaults. A set with an empty `approved_by` is a draft.
    """

    version: str
    court: str
    dated: date
    drafted_by: str = ""
    approved_by: str = ""
    approved_on: date | None = None
    thresholds: Mapping[str, int] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)

    def value(self, code: str) -> int:
        """The threshold in force. KeyError for a code that is not of the list."""
        found = self.thresholds.get(code)
        return THRESHOLDS[code].default if found is None else found

    def reading(self, code: str) -> str:
        """The reading chosen of a disputed point. KeyError for a code that is not of the list."""
        return self.readings.get(code) or DISPUTED[code].default


NATIONAL = RuleSet("national-2026-11-21", "", date(2026, 11, 21), approved_by="statute")


def faults(draft: RuleSet) -> list[str]:
    """Chinese sentences: what keeps this set from being approved. Empty when nothing does."""
    found = [_fault(code, value) for code, value in draft.thresholds.items()]
    found += [_unread(code, chosen) for code, chosen in draft.readings.items()]
    if not draft.version.strip():
        found.append("规则版本号为空")
    return [one for one in found if one]


def _fault(code: str, value: int) -> str:
    known = THRESHOLDS.get(code)
    if known is None:
        return f"没有这项标准：{code}"
    label = f"{known.label_zh} {value} {known.unit}"
    if known.at_least is not None and value < known.at_least:
        return f"{label}，低于{known.source}要求的 {known.at_least} {known.unit}"
    if known.at_most is not None and value > known.at_most:
        return f"{label}，超过{known.source}允许的 {known.at_most} {known.unit}"
    return ""


def _unread(code: str, chosen: str) -> str:
    known = DISPUTED.get(code)
    if known is None:
        return f"没有这个争议点：{code}"
    if chosen not in {one.code for one in known.readings}:
        return f"{known.question_zh}没有这种读法：{chosen}"
    return ""


def approve(draft: RuleSet, *, by: str, on: date) -> RuleSet:
    """The set signed off. Raises LawRefused: below the source (`law.below_statute`), or approved by who drafted it."""
    wrong = faults(draft)
    if wrong:
        raise LawRefused(code="law.below_statute", title="；".join(wrong), rule="E18")
    if not by.strip() or by == draft.drafted_by:
        raise LawRefused(code="law.own_approval", title="规则应由起草人以外的人员批准", rule="E18")
    return dataclasses.replace(draft, approved_by=by, approved_on=on)


def in_force(sets: Iterable[RuleSet], *, court: str, on: date) -> RuleSet:
    """The approved set of this court latest dated on or before `on`; the national default when there is none."""
    ours = [one for one in sets if one.court == court and one.approved_by and one.dated <= on]
    return max(ours, key=lambda one: (one.dated, one.version), default=NATIONAL)
