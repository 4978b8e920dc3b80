"""Papers about nobody, to see a wording before it is approved: every value is the name of what will stand there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from server.papers import data, forms
from server.papers.forms import AnnouncementKind

_DOCUMENTS = (data.DocumentLine(name="（文书名称一）"), data.DocumentLine(name="（文书名称二）", copies=2))
_VARIANTS = {"appealable": AnnouncementKind.JUDGMENT, "final": AnnouncementKind.JUDGMENT}


def specimen(kind: str, *, court_name: str, made_at: datetime, blocks: tuple[str, ...] = ()) -> Any:
    """Data of the kind for `render`. `blocks`: the changed ones; the first decides which announcement is shown."""
    head = {"court_name": court_name, "case_number": "（案号）", "made_at": made_at, "cause": "（案由）"}
    number = {"number": "（文书编号）"}
    if kind == "proof":
        return _proof(head, blocks)
    if kind == "report":
        return _report(head)
    if kind == "announcement":
        return _announcement(head | number, blocks)
    if kind == "entrust_letter":
        return _entrust(head | number, blocks)
    return _OTHERS[kind](head | number)


def _proof(head: dict[str, Any], blocks: tuple[str, ...]) -> data.ProofOfService:
    shown = [one for one in data.CaseKind if one.value in blocks]
    values = {name: value for name, value in head.items() if name != "made_at"}
    return data.ProofOfService(
        **values,
        case_kind=shown[0] if shown else data.CaseKind.CIVIL,
        documents=_DOCUMENTS,
        recipient_name="（受送达人）",
        address="（送达地址）",
        manner=data.Manner.NOT_SERVED,
        outcome_code="",
        outcome_label="（送达结果）",
        servers=(data.Staff(name="（送达人）"),),
        issued_by="（填发人）",
        issued_at=head["made_at"],
        proof_number="（文书编号）",
    )


def _report(head: dict[str, Any]) -> data.ServiceReport:
    return data.ServiceReport(
        **head,
        recipients=(data.ReportRecipient(name="（受送达人）", role="（诉讼地位）", address="（送达地址）"),),
        documents=_DOCUMENTS,
        attempts=(),
        report_number="（文书编号）",
        made_by="（制作人）",
    )


def _announcement(head: dict[str, Any], blocks: tuple[str, ...]) -> forms.Announcement:
    kinds = {one.value: one for one in AnnouncementKind} | _VARIANTS
    kind = next((kinds[name] for name in blocks if name in kinds), AnnouncementKind.COMPLAINT)
    return forms.Announcement(
        **head,
        kind=kind,
        recipient_names=("（受送达人）",),
        reason="（公告原因）",
        plaintiff="（原告）",
        defendant="（被告）",
        third_party="（第三人）",
        gist="（要点）",
        hearing=forms.Hearing(place="（开庭地点）"),
        decision=forms.Decision(
            number="（裁判文书号）", title="民事判决书", appeal_court="（上诉法院）", appealable="final" not in blocks
        ),
    )


def _entrust(head: dict[str, Any], blocks: tuple[str, ...]) -> forms.EntrustLetter:
    shown = [one for one in forms.Region if any(name.endswith(f"_{one.value}") for name in blocks)]
    return forms.EntrustLetter(
        **head,
        region=shown[0] if shown else forms.Region.DOMESTIC,
        to_court="（受委托法院）",
        recipient_name="（受送达人）",
        recipient_address="（受送达人地址）",
        documents=_DOCUMENTS,
        parties=(("原告", "（原告）"), ("被告", "（被告）")),
        reason="（委托原因）",
        decision="（裁判日期和文书号）",
    )


def _assist(head: dict[str, Any]) -> forms.AssistLetter:
    return forms.AssistLetter(
        **head,
        to_organisation="（协查单位）",
        subject_name="（被查询人）",
        items=("（协查事项一）", "（协查事项二）"),
        reason="（协查原因）",
    )


def _notice(head: dict[str, Any]) -> forms.Notice:
    return forms.Notice(**head, recipient_name="（受送达人）", documents=_DOCUMENTS, url="https://example.invalid/")


def _voucher(head: dict[str, Any]) -> forms.ElectronicVoucher:
    return forms.ElectronicVoucher(
        **head,
        recipient_name="（受送达人）",
        channel="（送达方式）",
        address="（电子地址）",
        documents=(forms.ElectronicDocument(name="（文书名称）"),),
        sent_at=head["made_at"],
        arrived_at=head["made_at"] + timedelta(seconds=1),
    )


def _exhaustion(head: dict[str, Any]) -> forms.ExhaustionProof:
    return forms.ExhaustionProof(
        **head,
        recipient_name="（受送达人）",
        documents=_DOCUMENTS,
        lines=(forms.ExhaustionLine(label="（地址、号码或者方式）", state="tried", text="（原因和经过）"),),
        complete=True,
        conclusion="（结论）",
        article="（依据）",
        rule_version="（规则版本）",
    )


def _scene(kind: type[forms.SceneForm]) -> Callable[[dict[str, Any]], forms.SceneForm]:
    extra: dict[str, Any] = {"explanation": "（说明）"} if kind is forms.Statement else {}
    return lambda head: kind(**head, recipient_name="（受送达人）", documents=_DOCUMENTS, **extra)


_OTHERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "address_form": lambda head: forms.AddressForm(**head, party_name="（当事人）"),
    "leaving_record": _scene(forms.LeavingRecord),
    "work_record": _scene(forms.WorkRecord),
    "statement": _scene(forms.Statement),
    "assist_letter": _assist,
    "notice": _notice,
    "e_voucher": _voucher,
    "exhaustion": _exhaustion,
}
