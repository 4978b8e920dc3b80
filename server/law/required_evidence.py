"""What the law still wants before the server leaves the door: pure questions over an outcome as it would be entered.

Signing: CPL art. 88, INT art. 130, 132, 133. Leaving: CPL art. 89, INT art. 130; criminal cases: CRL art. 107.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.law.outcomes import OUTCOMES, Need, OutcomeRule, Piece, is_mediation_statement

_CRIMINAL = "刑事"
# Nobody but the party, or the receiver they named when they cannot sign themselves (INT art. 133).
_NOT_FOR_MEDIATION = ("refused_witness", "refused_video", "signed_family", "signed_agent")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the case says, before anybody knocks: the documents' names, the recipient's kind, the kind of case."""

    documents: tuple[str, ...] = ()
    recipient_kind: str = ""
    case_kind: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """What the server has: evidence items by kind, and the fields as typed (dotted: `witness.unit`)."""

    items: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing still wanted: its stable code, what to do, by which article."""

    code: str
    text_zh: str
    article: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Why an outcome may not be entered at all in these circumstances."""

    code: str
    text_zh: str
    article: str


def bar(outcome_code: str, circumstances: Circumstances) -> Bar | None:
    """Why this outcome is closed here, or None. KeyError for a code that is not of the list."""
    rule = OUTCOMES[outcome_code]
    kind = circumstances.recipient_kind
    if kind and kind not in rule.recipient_kinds:
        return Bar("outcome.wrong_recipient", f"受送达人为{kind}，不能登记“{rule.label_zh}”", rule.article)
    if outcome_code in _NOT_FOR_MEDIATION and is_mediation_statement(circumstances.documents):
        return Bar(
            "outcome.not_allowed",
            "调解书应当送达当事人本人或其指定的代收人，不得留置；拒收的请登记“拒收，文书带回交承办法官”",
            "民诉法解释第一百三十三条、民事诉讼法第一百零二条",
        )
    return None


def needs(outcome_code: str, circumstances: Circumstances) -> tuple[Need, ...]:
    """Everything this outcome rests on here, advice included. KeyError for a code that is not of the list."""
    rule = OUTCOMES[outcome_code]
    return tuple(need for need in rule.needs if not _waived(need, rule, circumstances))


def missing(outcome_code: str, *, circumstances: Circumstances, entered: Entered) -> list[Missing]:
    """What is still wanted, in the order of the list; empty when the outcome may be entered."""
    return [
        Missing(need.code, need.text_zh, need.article)
        for need in needs(outcome_code, circumstances)
        if need.required and not any(has(piece, entered) for piece in need.any_of)
    ]


def _waived(need: Need, rule: OutcomeRule, circumstances: Circumstances) -> bool:
    # CRL art. 107, CRI art. 204: in criminal cases a neighbour or any other witness will do, of no unit.
    return rule.code == "refused_witness" and need.code == "witness_unit" and circumstances.case_kind == _CRIMINAL


def has(piece: Piece, entered: Entered) -> bool:
    """Whether this piece is there: enough items of the kind, or the field filled in."""
    if piece.what in entered.items:
        return entered.items[piece.what] >= piece.count
    return bool((entered.fields.get(piece.what) or "").strip())
