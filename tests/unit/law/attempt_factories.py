"""Attempts as the tests of effect make them: complete by default, so that each test takes away what it is about."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from server.law.attempts import SHANGHAI, Attempt, Item
from server.law.effects.effect import Effect, effect
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.signers import Signer
from server.law.situation import Consent, Situation

ON = date(2026, 11, 20)
CIVIL = Situation(address_basis="送达地址确认书")
E_CONSENT = Situation(consent=Consent("express"), e_address="given")
TIED = Situation(e_address="tied")
LEFT = {"refusal_reason": "称与其无关", "left_at_place": "门口鞋柜上"}
WITNESS = {"witness.name": "张某", "witness.unit": "某某社区居民委员会"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def items(*kinds: str) -> tuple[Item, ...]:
    return tuple(Item(kind) for kind in kinds)


def signed(relation: str = "self", result: str = "signed_recipient", **more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "a1",
            "channel": "direct",
            "result": result,
            "signer": Signer(relation, "赵某"),
            "signed_on": date(2026, 11, 3),
            "items": items("signature_recipient", "photo_documents", "receipt", "mail_receipt", "letter"),
            "fields": {"signer.name": "赵某", "signer.relation": "本人"},
            **more,
        }
    )


def left(result: str = "refused_witness", refuser: str = "self", **more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "a1",
            "channel": "direct",
            "result": result,
            "refuser": Signer(refuser),
            "left_on": date(2026, 11, 4),
            "items": items(
                "signature_witness",
                "signature_server",
                "photo_left",
                "photo_door",
                "video",
                "signature_court",
                "minutes",
            ),
            "fields": {**LEFT, **WITNESS, "note": "社区无人愿意到场"},
            **more,
        }
    )


def returned(reason: str, **more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "m1",
            "channel": "postal",
            "result": "mail_returned",
            "posted_on": date(2026, 11, 2),
            "returned_on": date(2026, 11, 12),
            "return_reason": reason,
            "tried_on": (date(2026, 11, 4), date(2026, 11, 5), date(2026, 11, 7)),
            "contact_tried": True,
            "items": items("return_slip"),
            **more,
        }
    )


def sent(**more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "e1",
            "channel": "electronic",
            "result": "e_sent",
            "sent_at": at("2026-11-05 09:00"),
            "items": items("voucher"),
            **more,
        }
    )


def call(**more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "p1",
            "channel": "telephone",
            "result": "call_told",
            "called_at": at("2026-11-05 09:00"),
            "items": items("recording"),
            "fields": {"note": "010-83900001 拨打，告知开庭时间"},
            **more,
        }
    )


def notice_(**more: Any) -> Attempt:
    return Attempt(
        **{
            "id": "n1",
            "channel": "notice",
            "result": "notice_published",
            "postings": (date(2026, 9, 2), date(2026, 8, 20)),
            "confirmed_by": "法官甲",
            "items": items("notice_proof", "reason_record"),
            **more,
        }
    )


def ask(
    *attempts: Attempt,
    document: str = "起诉状副本",
    situation: Situation = CIVIL,
    on: date = ON,
    rules: RuleSet = NATIONAL,
) -> Effect:
    found = effect(document, attempts, situation, on=on, rules=rules)
    assert found.rule_version == rules.version
    assert found.article
    assert found.text_zh
    assert all(one.article and one.text_zh for one in found.findings)
    return found


def refused(code: str, call: Any) -> None:
    with pytest.raises(LawRefused) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.rule
