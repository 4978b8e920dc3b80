"""Every kind of paper the print room makes: its title, the letters its numbers begin with, its template's version."""

from __future__ import annotations

from dataclasses import dataclass

from server.papers import data, forms


@dataclass(frozen=True, slots=True)
class PaperKind:
    """One kind. `prefix` begins its numbers (`HZ20261124-…`); `template_version` goes with every paper made.

    `about`: what a paper of this kind is made for (visit, attempt, recipient, task, case, court). `data`: the class
    `render(code, …)` takes. `needs_seal`: it speaks for the court and is not finished without its seal.
    """

    code: str
    title: str
    prefix: str
    about: str
    data: type
    template_version: str = "1"
    needs_seal: bool = False


_TABLE = (
    PaperKind("proof", "送达回证", "HZ", "visit", data.ProofOfService, "2"),
    PaperKind("report", "送达报告书", "BG", "task", data.ServiceReport, "2"),
    PaperKind("address_form", "送达地址确认书", "DZ", "recipient", forms.AddressForm),
    PaperKind("leaving_record", "留置送达笔录", "LZ", "attempt", forms.LeavingRecord),
    PaperKind("work_record", "外出送达工作记录", "GZ", "attempt", forms.WorkRecord),
    PaperKind("statement", "送达情况说明", "SM", "recipient", forms.Statement),
    PaperKind("announcement", "公告", "GG", "recipient", forms.Announcement, needs_seal=True),
    PaperKind("entrust_letter", "委托送达函", "WT", "recipient", forms.EntrustLetter, needs_seal=True),
    PaperKind("assist_letter", "协查函", "XC", "recipient", forms.AssistLetter, needs_seal=True),
    PaperKind("notice", "送达告知书", "TZ", "recipient", forms.Notice),
    PaperKind("e_voucher", "电子送达凭证", "DS", "attempt", forms.ElectronicVoucher, needs_seal=True),
    PaperKind("exhaustion", "穷尽送达证明", "QJ", "recipient", forms.ExhaustionProof),
)
KINDS: dict[str, PaperKind] = {one.code: one for one in _TABLE}
