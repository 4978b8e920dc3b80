"""What is stored, as the law asks for it: a recipient's situation, one attempt with its evidence, a visit's record.

Nothing here decides. Words typed at a door are matched with closed lists (`server.law.signers.RELATIONS`); what is not
recognised counts as what the outcome itself says. Raises `server.law.refusals.LawRefused` where facts contradict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from server.core.clock import court_day
from server.law import terms
from server.law.attempts import Attempt
from server.law.history import with_history
from server.law.reading import build, plain
from server.law.signers import ADULT
from server.law.situation import Situation

Raw = Mapping[str, Any]

# What a typed relation means; the first word found in it decides, so longer words stand before those they contain.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("family_elsewhere", ("不同住", "未同住", "非同住", "分居", "不在一起")),
    ("neighbour", ("邻居", "邻里", "对门")),
    ("guard", ("保安", "物业", "门卫", "门岗")),
    ("parcel_station", ("驿站", "快递柜", "丰巢", "快递", "商店", "超市", "小卖部")),
    ("guardian", ("法定代理人", "监护人")),
    ("legal_representative", ("法定代表人", "法人代表", "法人")),
    (
        "mail_receiver",
        ("收件", "收发", "前台", "办公室", "值班", "传达室", "行政", "文员", "秘书", "法务", "人事", "综合部"),
    ),
    ("principal", ("主要负责人", "负责人", "经营者", "总经理", "董事长", "厂长", "院长", "校长")),
    ("other_staff", ("其他员工", "普通员工", "员工", "职工", "职员", "保洁", "司机", "同事", "工友")),
    ("designated_receiver", ("代收人", "指定代收")),
    ("agent", ("诉讼代理人", "代理人", "律师")),
    (
        "cohabiting_adult",
        (
            *("同住", "家属", "配偶", "妻", "丈夫", "夫妻", "爱人", "老公", "老婆", "父", "母", "爸", "妈", "岳"),
            *("公公", "婆婆", "儿子", "女儿", "子女", "孙", "媳", "婿", "兄", "弟", "姐", "妹", "哥", "爷", "奶"),
            *("外公", "外婆"),
        ),
    ),
    ("self", ("本人", "自己")),
)
# 配偶及其直系亲属: in a divorce they stand on the other side.
_SPOUSE = ("配偶", "妻", "丈夫", "爱人", "老公", "老婆")
_IN_LAWS = ("岳", "公公", "婆婆", "妻父", "妻母", "丈人", "丈母")
# Which relations a signature entered under this outcome may turn out to be, the first when nothing is recognised.
# An agent or a designated receiver is who the outcome says, whatever else they are to the recipient.
_OF_OUTCOME: Mapping[str, tuple[str, ...]] = {
    "signed_recipient": ("self", "guardian"),
    "signed_family": ("cohabiting_adult",),
    "signed_organisation": ("mail_receiver",),
    "signed_agent": ("agent",),
    "signed_designated": ("designated_receiver",),
}
_AGE = re.compile(r"(\d{1,3})\s*岁")
_AS_ENTERED = ("signed_agent", "signed_designated")
_LEFT = ("refused_witness", "refused_video", "refused_unwitnessed")
_NOT_OF_THE_RECORD = frozenset({"id", "channel", "result"})


class Contact(Protocol):
    """A way to reach the recipient, as `server.law.diligence.Contact` has it."""

    @property
    def kind(self) -> str: ...

    @property
    def basis(self) -> str: ...


def situation_of(
    task: Raw,
    recipient: Raw,
    *,
    attempts: Sequence[Attempt] = (),
    contacts: Iterable[Contact] = (),
    document_class: str = "other",
) -> Situation:
    """Case and recipient as the rules see them: what the case says, what was put on record, what attempts made true.

    `task` and `recipient` are raw documents. `contacts`: an electronic address the recipient gave opens that way.
    `document_class` decides whose refusal counts. Raises LawRefused for words the law does not know.
    """
    on_record: dict[str, Any] = plain(recipient.get("situation") or {})
    known = {
        "case_kind": task["case_kind"],
        "procedure": task.get("procedure") or "",
        "recipient_kind": recipient["kind"],
        "address_basis": recipient.get("address_basis") or "",
        **on_record,
    }
    if is_divorce(task):
        known["divorce"] = True
    if not known.get("e_address") and any(_gave(one) for one in contacts):
        known["e_address"] = "given"
    found: Situation = build(Situation, known, "situation")
    return with_history(found, attempts, document_class=document_class) if attempts else found


def is_divorce(task: Raw) -> bool:
    """Whether the recipient's spouse stands on the other side (案由含“离婚”)."""
    return "离婚" in (task.get("cause") or "")


def _gave(contact: Contact) -> bool:
    return contact.kind == "e_address" and terms.basis_class(contact.basis) == terms.GIVEN


def law_attempt(attempt: Raw, exhibits: Iterable[Raw] = (), *, divorce: bool = False) -> Attempt:
    """A stored attempt with the exhibits (raw, or `{kind, attempt_id}`) that rest on it. Raises LawRefused.

    In a divorce the spouse who signs is the opposing party.
    """
    record = {name: one for name, one in plain(attempt.get("record") or {}).items() if one is not None}
    values: dict[str, Any] = {name: one for name, one in record.items() if name not in _NOT_OF_THE_RECORD}
    items = [one if isinstance(one, dict) else {"kind": one} for one in values.pop("items", ())]
    items += [{"kind": one["kind"], "attempt_id": one["attempt_id"]} for one in exhibits]
    known = {
        "id": attempt["_id"],
        "channel": record.get("channel") if record.get("channel") == "message" else attempt["channel"],
        "result": attempt.get("outcome") or record.get("result") or "",
        "items": items,
        **values,
    }
    found: Attempt = build(Attempt, known, "")
    typed = found.fields.get("signer.relation") or ""
    if divorce and found.signer is not None and _has(typed, _SPOUSE):
        return replace(found, signer=replace(found.signer, opposing=True, spouse_side=True))
    return found


def door_record(visit: Raw, evidence_kinds: Iterable[str]) -> dict[str, Any]:
    """`record` of the attempt behind a visit whose outcome was accepted (`visit` raw, `evidence_kinds` one per item).

    Days are of Asia/Shanghai. A refusal without a name is the recipient's own; an organisation refuses through whoever
    receives its mail.
    """
    outcome = visit["outcome"]
    code, signer = outcome["code"], outcome.get("signer") or {}
    record: dict[str, Any] = {
        "result": code,
        "address_basis": visit.get("address_basis") or "",
        "place": "domicile",
        "items": list(evidence_kinds),
        "fields": _fields(outcome),
    }
    day = _day(outcome["happened_at"])
    if code.startswith("signed_"):
        record["signer"] = _person(signer, relation_of(code, signer.get("relation")))
        record["signed_on"] = day
    elif code.startswith("refused_"):
        record["refuser"] = _person(signer, _refuser(visit["recipient_kind"], signer.get("relation")))
        if code in _LEFT:
            record["left_on"] = day
    elif outcome.get("left_at_place"):
        record["left_on"] = day  # OP17 art. 7: left at an address that turned out to be wrong
    return record


def relation_of(outcome_code: str, typed: str | None) -> str:
    """A key of RELATIONS: what was typed when it is recognised, otherwise what the outcome says."""
    own = _OF_OUTCOME.get(outcome_code, ("unknown",))
    if outcome_code in _AS_ENTERED:
        return own[0]
    return _recognised(typed) or own[0]


def _refuser(recipient_kind: str, typed: str | None) -> str:
    return _recognised(typed) or ("self" if recipient_kind == terms.PERSON else "mail_receiver")


def _recognised(typed: str | None) -> str:
    words = (typed or "").strip()
    return next((relation for relation, known in _WORDS if _has(words, known)), "")


def _has(typed: str, words: Sequence[str]) -> bool:
    return any(word in typed for word in words)


def _person(signer: Raw, relation: str) -> dict[str, Any]:
    typed = signer.get("relation") or ""
    found: dict[str, Any] = {"relation": relation, "name": signer.get("name") or ""}
    if _has(typed, _SPOUSE) or _has(typed, _IN_LAWS):
        found["spouse_side"] = True
    age = _AGE.search(typed)
    if age:
        found["age"] = int(age.group(1))
    elif "未成年" in typed:
        found["age"] = ADULT - 1  # the law asks only whether somebody is of age
    return found


def _fields(outcome: Raw) -> dict[str, str]:
    signer, witness = outcome.get("signer") or {}, outcome.get("witness") or {}
    typed = {
        "signer.name": signer.get("name"),
        "signer.relation": signer.get("relation"),
        "witness.name": witness.get("name"),
        "witness.unit": witness.get("unit"),
        "refusal_reason": outcome.get("refusal_reason"),
        "left_at_place": outcome.get("left_at_place"),
        "note": outcome.get("note"),
    }
    return {name: one for name, one in typed.items() if one}


def _day(moment: datetime) -> str:
    return court_day(moment).isoformat()
