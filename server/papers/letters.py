"""Trees of the two letters: 委托送达函 (order of the Supreme Court's sample) and 协查函 with its slip.

Sources: CPL arts. 70, 91; INT art. 134; the arrangements with Hong Kong and Macao; the cross-strait rules of 2011.
"""

from __future__ import annotations

from server.papers import errors, rows, wording
from server.papers.forms import AssistLetter, EntrustLetter
from server.papers.payload import Exhibits, Tree
from server.papers.wording import Value, Wording

_NUMERALS = "〇一二三四五六七八九"


def check_entrust(data: EntrustLetter) -> None:
    """Names court, parties, reason, recipient, address and documents. Raises: DomainError `papers.incomplete`."""
    needed = {
        "to_court": data.to_court,
        "parties": data.parties,
        "reason": rows.clause(data.reason),
        "recipient_name": data.recipient_name,
        "recipient_address": data.recipient_address,
        "documents": data.documents,
    }
    lacking = [name for name, value in needed.items() if not value]
    if lacking:
        raise errors.incomplete(lacking, title="委托送达函")


def check_assist(data: AssistLetter) -> None:
    """Names whom it asks, about whom, what and why. Raises: DomainError `papers.incomplete`."""
    needed = {
        "to_organisation": data.to_organisation,
        "subject_name": data.subject_name,
        "items": data.items,
        "reason": rows.clause(data.reason),
    }
    lacking = [name for name, value in needed.items() if not value]
    if lacking:
        raise errors.incomplete(lacking, title="协查函")


def entrust_tree(data: EntrustLetter, _exhibits: Exhibits, words: Wording) -> Tree:
    """What `letter.typ` prints of 委托送达函: facts, recipient and address, legal basis, documents, the request."""
    decision = rows.clause(data.decision)
    values: dict[str, Value] = {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "受委托法院": data.to_court,
        "当事人": "，".join(f"{standing}{name}" for standing, name in data.parties),
        "裁判情况": f"{decision}。" if decision else "",
        "委托原因": rows.clause(data.reason),
        "受送达人": data.recipient_name,
        "期限": f"{chinese_number(data.days)}日",
    }
    region = data.region.value
    return rows.head(data, words) | {
        "addressee": data.to_court,
        "opening": wording.fill(_without_empty(words.texts["facts"], "裁判情况", decision), values),
        "facts": [
            one
            for one in (
                {"label": "受送达人", "text": data.recipient_name},
                {"label": "受送达人地址", "text": data.recipient_address},
                {"label": "受送达人电话", "text": data.recipient_phone},
            )
            if one["text"]
        ],
        "basis": wording.fill(words.texts[f"basis_{region}"], values),
        "documents": rows.document_list(data.documents),
        "items": [],
        "closing": wording.fill(words.texts[f"request_{region}"], values),
        "contact": rows.contact_rows(data.contact),
        "slip": None,
    }


def assist_tree(data: AssistLetter, _exhibits: Exhibits, words: Wording) -> Tree:
    """What `letter.typ` prints of 协查函: why, about whom, what; the slip repeats the questions for the answer."""
    days = data.reply_within_days
    values: dict[str, Value] = {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "协查单位": data.to_organisation,
        "被查询人": data.subject_name,
        "协查原因": rows.clause(data.reason),
        "期限": f"{days}日" if days else (wording.Blank(2), "日"),
    }
    return rows.head(data, words) | {
        "addressee": data.to_organisation,
        "opening": wording.fill(words.texts["facts"], values),
        "facts": [
            one
            for one in (
                {"label": "被查询人", "text": data.subject_name},
                {"label": "诉讼地位", "text": data.subject_role},
                {"label": "证件号码", "text": data.subject_id},
                {"label": "持函人", "text": rows.officers(data.bearers)},
            )
            if one["text"]
        ],
        "basis": wording.fill(words.texts["basis"], values),
        "documents": [],
        "items": list(data.items),
        "closing": wording.fill(words.texts["request"], values),
        "contact": rows.contact_rows(data.contact),
        "slip": {
            "title": words.texts["slip_title"],
            "opening": wording.fill(words.texts["slip"], values),
        },
    }


def _without_empty(text: str, placeholder: str, value: str) -> str:
    """An optional placeholder without a value disappears instead of leaving a blank."""
    return text if value else text.replace(f"{{{placeholder}}}", "")


def chinese_number(value: int) -> str:
    """`十`, `十五`, `三十` for 1 to 99, as periods are written in letters; digits beyond."""
    if not 0 < value < 100:
        return str(value)
    tens, ones = divmod(value, 10)
    front = {0: "", 1: "十"}.get(tens, f"{_NUMERALS[tens]}十")
    return front + (_NUMERALS[ones] if ones else "")
