"""What a document is in the eyes of the rules of service: its class decides which channels are lawful.

The table `data/documents.csv` names every document the program knows; a name that is not in it is recognised by its
ending (…判决书, …裁定书 …), because courts put the subject in front. Anything else is refused, never guessed.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable
from pathlib import Path

from server.law.refusals import LawRefused

_TABLE = Path(__file__).parent / "data" / "documents.csv"

CLASSES = {
    "judgment": "判决书",
    "ruling": "裁定书",
    "mediation": "调解书",
    "decision": "决定书",
    "order": "命令",
    "payment_order": "支付令",
    "summons": "传票",
    "coercive_summons": "拘传票",
    "hearing_notice": "开庭、出庭通知",
    "complaint": "起诉状副本",
    "counterclaim": "反诉状副本",
    "appeal": "上诉状副本",
    "answer": "答辩状副本",
    "indictment": "起诉书副本",
    "execution_notice": "执行通知书",
    "assistance_notice": "协助执行通知书",
    "debt_notice": "履行到期债务通知",
    "valuation": "评估报告",
    "material": "当事人材料",
    "other": "其他诉讼文书",
}
# 裁判文书 in the narrow sense of OP17 art. 14 and CPL art. 90: judgment, ruling, mediation statement.
ADJUDICATIONS = frozenset({"judgment", "ruling", "mediation"})
# Must reach the person directly: 拘传票 (INT art. 175), 履行到期债务通知 (执行工作若干问题的规定 art. 45).
DIRECT_ONLY = {
    "coercive_summons": "民诉法解释第一百七十五条",
    "debt_notice": "执行工作若干问题的规定第四十五条",
}
_ENDINGS = (
    ("调解书", "mediation"),
    ("判决书", "judgment"),
    ("裁定书", "ruling"),
    ("决定书", "decision"),
    ("支付令", "payment_order"),
    ("拘传票", "coercive_summons"),
    ("传票", "summons"),
    ("反诉状副本", "counterclaim"),
    ("上诉状副本", "appeal"),
    ("起诉状副本", "complaint"),
    ("答辩状副本", "answer"),
    ("申请书副本", "material"),
    ("证据材料", "material"),
    ("通知书", "other"),
    ("告知书", "other"),
)


@functools.cache
def _table() -> dict[str, str]:
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["name"]: row["class"] for row in csv.DictReader(lines)}


def normal_name(name: str) -> str:
    """Without the marks of a book title and blanks."""
    return name.strip().strip("《》").strip()


@functools.lru_cache(maxsize=4096)
def document_class(name: str) -> str:
    """A key of CLASSES. Raises LawRefused (`law.unknown_document`) for what is no document the law knows."""
    normal = normal_name(name)
    found = _table().get(normal)
    if found is None:
        found = next((kind for ending, kind in _ENDINGS if normal.endswith(ending)), None)
    if found is None or len(normal) > 60:
        raise LawRefused(
            code="law.unknown_document", title=f"不认识的文书类型：{normal[:60]}", rule="民事诉讼法第八十七条"
        )
    return found


def classes(names: Iterable[str]) -> frozenset[str]:
    """The classes of several documents. Raises LawRefused for an unknown one."""
    return frozenset(document_class(name) for name in names)
