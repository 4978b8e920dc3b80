"""穷尽送达证明: what was tried on a recipient, line by line (CPL art. 95 ¶2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from server.papers import forms
from server.reports.forms.common import Head, documents_of
from server.reports.forms.material import Material
from server.service.services import ledger

_STATES: dict[str, Literal["tried", "excused", "open"]] = {"tried": "tried", "excused": "excused", "open": "open"}


def exhaustion(one: Material, _typed: Mapping[str, Any], head: Head) -> forms.ExhaustionProof:
    """穷尽送达证明: the recipient's ledger as it stands (CPL art. 95 ¶2)."""
    found = ledger.ledger(court=one.court.id, task_id=one.task.id, recipient_id=one.recipient.id, now=one.now)
    return forms.ExhaustionProof(
        **head.of(one),
        recipient_name=one.recipient.name,
        documents=documents_of(one),
        lines=tuple(
            forms.ExhaustionLine(
                label=line.label_zh,
                state=_STATES[line.state],
                text=line.text_zh,
                evidence=len(line.evidence),
            )
            for line in found.lines
        ),
        complete=found.complete,
        conclusion=found.text_zh,
        article=found.article,
        rule_version=found.rule_version,
        made_by=head.made_by,
        judge=one.task.judge_name or "",
    )
