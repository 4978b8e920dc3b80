"""Points where the law is disputed or could not be confirmed: a setting each, with every reading and its source.

The answers of this package follow the reading a court chose and show what the others would give (docs/law.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a disputed point."""

    code: str
    text_zh: str
    source: str


@dataclass(frozen=True, slots=True)
class Disputed:
    """A disputed or unconfirmed point; `default` is the code of the reading the program ships with."""

    code: str
    question_zh: str
    readings: tuple[Reading, ...]
    default: str

    def text_zh(self, reading: str) -> str:
        return next(one.text_zh for one in self.readings if one.code == reading)


_POINTS = (
    Disputed(
        "notice_roll",
        "公告期最后一日是法定休假日的，是否顺延",
        (
            Reading(
                "no",
                "公告期满之日不顺延（公告期是拟制送达的期间，不是当事人为行为的期间）",
                "法律、司法解释没有明确规定",
            ),
            Reading("yes", "公告期满之日顺延至休假日后的第一日", "民事诉讼法第八十五条"),
        ),
        default="no",
    ),
    Disputed(
        "notice_effect",
        "“经过三十日”的送达日是第三十日还是其次日",
        (
            Reading("last_day", "公告期满之日即送达之日", "法律、司法解释没有明确规定"),
            Reading("day_after", "公告期满的次日为送达之日", "法律、司法解释没有明确规定"),
        ),
        default="last_day",
    ),
    Disputed(
        "notice_abroad",
        "境内无住所的受送达人，公告期是六十日还是三个月",
        (
            Reading("days_60", "六十日（2023年修正后的法律）", "民事诉讼法第二百八十三条"),
            Reading("months_3", "三个月（早于2023年修正的司法解释）", "民诉法解释第五百三十二条"),
        ),
        default="days_60",
    ),
    Disputed(
        "notice_hkmo",
        "港澳台受送达人，公告期是三个月还是六十日",
        (
            Reading("months_3", "三个月（港澳、台湾送达专门规定；涉台条文的期间未能核实原文）", "涉港澳送达规定第九条"),
            Reading("days_60", "六十日（认为2023年修正后参照适用）", "民事诉讼法第二百八十三条"),
        ),
        default="months_3",
    ),
    Disputed(
        "days_before",
        "“开庭三日前”怎样倒算",
        (
            Reading("distance", "开庭日减三日为最后送达日", "民事诉讼法第一百三十九条"),
            Reading("clear_days", "送达日与开庭日之间应有完整的三日", "民事诉讼法第一百三十九条"),
        ),
        default="distance",
    ),
    Disputed(
        "telephone_effect",
        "电话告知能否产生送达效力",
        (
            Reading("confirm", "仅在审判人员确认后按送达处理（政策文件，非司法解释）", "法发〔2017〕19号第十四条"),
            Reading("never", "电话只作通知，不产生送达效力", "未核实"),
        ),
        default="confirm",
    ),
    Disputed(
        "mail_unclaimed",
        "地址无误而无人签收退回的邮件，是否提出视为送达的建议",
        (
            Reading("none", "不提出：无人签收本身不在视为送达的情形之列", "法院专递规定第十一条"),
            Reading("propose", "提出建议，由审判人员核对依据后决定", "部分送达服务合同"),
        ),
        default="none",
    ),
    Disputed(
        "others_signed",
        "地址由受送达人负责而邮件由他人签收的，是否以签收之日视为送达",
        (
            Reading("no", "不视为送达（按未见该字样的文本）", "法发〔2017〕19号第七条"),
            Reading("yes", "以他人签收之日视为送达（一份转载文本另有“或由他人签收之日”）", "转载文本，未核实"),
        ),
        default="no",
    ),
    Disputed(
        "divorce_spouse",
        "离婚案件的配偶及其直系亲属能否代收",
        (
            Reading("barred", "不能（邮政法院专递操作规范，实务做法）", "邮政法院专递操作规范（非法律）"),
            Reading("allowed", "同住成年家属即可（法律没有限制，但对方当事人本人除外）", "民事诉讼法第八十八条"),
        ),
        default="barred",
    ),
    Disputed(
        "call_days_counted",
        "“三日内拨打四次”的三日怎样算",
        (
            Reading("calendar_days", "首次拨打当日计为第一日", "送达服务合同约定不明"),
            Reading("hours_72", "自首次拨打时起七十二小时", "送达服务合同约定不明"),
        ),
        default="calendar_days",
    ),
    Disputed(
        "switched_off_counted",
        "关机的“上下午不少于2次”怎样算",
        (
            Reading("two_in_all", "上午、下午各至少一次", "送达服务合同约定不明"),
            Reading("two_each", "上午、下午各至少两次", "送达服务合同约定不明"),
        ),
        default="two_in_all",
    ),
)
DISPUTED: Mapping[str, Disputed] = {one.code: one for one in _POINTS}
