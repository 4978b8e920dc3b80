"""电子送达凭证: what the program knows of one electronic delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from server.law import situation
from server.law.effects.findings import STATES
from server.papers import data as paper
from server.papers import forms
from server.reports.forms.common import Head, attempt_of, moment_of
from server.reports.forms.material import Material
from server.service.models import Attempt, Effect
from server.service.record_fields import E_ADDRESSES

Typed = Mapping[str, Any]
_VIEWS = (("arrived_at", "到达"), ("read_at", "查阅"), ("replied_at", "回复"), ("acted_at", "据此作出诉讼行为"))


def e_voucher(one: Material, typed: Typed, head: Head) -> forms.ElectronicVoucher:
    """电子送达凭证 (OL art. 31 ¶3) of one electronic attempt. Raises `papers.no_attempt`."""
    attempt = attempt_of(one, typed, channels=("electronic",), what="电子送达凭证")
    record, effect = attempt.record or {}, _effect_of(one, attempt)
    fields = record.get("fields") or {}
    said = one.recipient.situation or {}
    consent = (said.get("consent") or {}).get("form") or ""
    return forms.ElectronicVoucher(
        **head.of(one),
        recipient_name=one.recipient.name,
        channel=E_ADDRESSES.get(fields.get("kind") or "", "电子送达"),
        address=fields.get("address") or "",
        documents=tuple(
            forms.ElectronicDocument(name=name, copies=copies) for name, copies in one.documents_of(one.recipient)
        ),
        recipient_role=one.recipient.standing or "",
        id_number=one.recipient.id_mask or "",
        procedure=one.task.procedure or "",
        division=one.division,
        judge=one.task.judge_name or "",
        clerk=one.task.clerk_name or "",
        sender=fields.get("sender") or "",
        consent=situation.CONSENTS.get(consent, "") if consent else "",
        sent_at=_at(record, "sent_at"),
        arrived_at=_at(record, "arrived_at"),
        read_at=_at(record, "read_at"),
        served_on=date.fromisoformat(effect.served_on) if effect and effect.served_on else None,
        effect=STATES[effect.state] if effect else STATES["none"],
        article=(effect.article or "") if effect else "",
        views=tuple(
            paper.LogEntry(occurred_at=at, title=title)
            for name, title in _VIEWS
            if (at := _at(record, name)) is not None
        ),
        calls=_calls(one),
    )


def _at(record: Mapping[str, Any], name: str) -> datetime | None:
    return moment_of(record[name]) if record.get(name) else None


def _effect_of(one: Material, attempt: Attempt) -> Effect | None:
    ours = [effect for effect in one.effects if effect.recipient_id == one.recipient.id]
    return next((effect for effect in ours if effect.attempt_id == attempt.id), ours[0] if ours else None)


def _calls(one: Material) -> tuple[paper.LogEntry, ...]:
    """The recipient's telephone attempts in short (电话沟通简要记录)."""
    return tuple(
        paper.LogEntry(
            occurred_at=call.happened_at,
            title="电话联系",
            result=one.result_label(call),
            detail=((call.record or {}).get("fields") or {}).get("note") or "",
        )
        for call in one.attempts_of(one.recipient)
        if call.channel == "telephone" and call.happened_at
    )
