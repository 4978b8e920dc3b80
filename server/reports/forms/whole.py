"""送达报告书 of a task: every recipient, every attempt by channel with exhibits, the effect as it stands (D5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from server.law.attempts import RETURN_REASONS
from server.law.calls import LABELS
from server.law.outcomes import EVIDENCE_KINDS
from server.law.proof import KINDS
from server.papers import data as paper
from server.papers.text import day
from server.reports import gather as door
from server.reports.effects import effects_of
from server.reports.forms.common import Head, moment_of
from server.reports.forms.material import Material
from server.service.models import Attempt, Exhibit
from server.service.record_fields import E_ADDRESSES, RECORD_FIELDS

Typed = Mapping[str, Any]
# What a record says of an attempt, in the words and the order of the report.
_MOMENTS = (
    ("sent_at", "发送"),
    ("arrived_at", "到达"),
    ("read_at", "查阅"),
    ("replied_at", "回复"),
    ("acted_at", "诉讼行为"),
    ("called_at", "通话"),
)
_DAYS = (
    ("received_on", "受托（转交）单位收到日期"),
    ("posted_on", "交邮日期"),
    ("tried_on", "投递日期"),
    ("postings", "公告刊登、张贴日期"),
    ("signed_on", "签收日期"),
    ("left_on", "留置日期"),
    ("returned_on", "退回日期"),
)
_FIELDS = ("waybill", "kind", "address", "sender", "numbers", "call_result", "url", "refusal_reason", "note")


def report(one: Material, _typed: Typed, head: Head) -> paper.ServiceReport:
    """The report of everything that has ended; what still runs is listed as running."""
    task = one.task
    attempts = sorted(one.attempts, key=lambda found: found.happened_at or found.opened_at)
    numbers: dict[str, int] = {}
    exhibits: list[paper.EvidenceLine] = []
    printed = [_attempt(one, found, numbers, exhibits) for found in attempts if found.state != "withdrawn"]
    return paper.ServiceReport(
        court_name=one.court.name,
        case_number=task.case_number,
        cause=task.cause or "",
        recipients=tuple(
            paper.ReportRecipient(
                name=found.name,
                role=found.standing or "",
                address=one.addresses[found.id],
                address_basis=found.address_basis,
                documents=tuple(paper.DocumentLine(name=n, copies=c) for n, c in one.documents_of(found)),
            )
            for found in one.recipients
        ),
        documents=tuple(paper.DocumentLine(name=doc.name, copies=doc.copies) for doc in task.documents),
        attempts=tuple(printed),
        report_number=head.number,
        made_by=head.made_by,
        made_at=head.made_at,
        version=head.version,
        procedure=task.procedure or "",
        division=one.division,
        judge=task.judge_name or "",
        clerk=task.clerk_name or "",
        effects=effects_of(one.effects),
        evidence=tuple(exhibits),
    )


def _attempt(
    one: Material, attempt: Attempt, numbers: dict[str, int], exhibits: list[paper.EvidenceLine]
) -> paper.Attempt:
    number = numbers[attempt.recipient_id] = numbers.get(attempt.recipient_id, 0) + 1
    visit = one.visits.get(attempt.id)
    found = door.gather(court=one.court.id, visit_id=visit.id, store=one.store) if visit else None
    if found is not None and found.visit.outcome is not None:
        exhibits += door.evidence_of(found)
        return door.attempt_of(found, number=number)
    handed_in = one.exhibits.get(attempt.id, [])
    exhibits += [_exhibit_line(exhibit) for exhibit in handed_in]
    name = next(recipient.name for recipient in one.recipients if recipient.id == attempt.recipient_id)
    return paper.Attempt(
        number=number,
        channel_label=one.channel_label(attempt),
        recipient_name=name,
        outcome_label=one.result_label(attempt),
        served=any(effect.attempt_id == attempt.id and effect.state != "none" for effect in one.effects),
        started_at=attempt.opened_at,
        address=one.place_of(attempt),
        facts=_facts(attempt),
        log=_log(attempt),
        photos=tuple(_photo(one, exhibit) for exhibit in handed_in if exhibit.media_type.startswith("image/")),
    )


def _facts(attempt: Attempt) -> tuple[tuple[str, str], ...]:
    record = attempt.record or {}
    fields = record.get("fields") or {}
    signer = record.get("signer") or {}
    pairs = [("签收人", signer.get("name"))]
    pairs += [(label, _days(record.get(name))) for name, label in _DAYS]
    pairs += [(RECORD_FIELDS[name], _word(name, fields.get(name))) for name in _FIELDS]
    if record.get("return_reason"):
        pairs.append(("退回原因", RETURN_REASONS[record["return_reason"]][0]))
    return tuple((label, str(text)) for label, text in pairs if text)


def _word(name: str, value: str | None) -> str | None:
    """Codes of closed lists in words."""
    if value and name == "call_result":
        return LABELS[value].label_zh if value in LABELS else value
    return E_ADDRESSES.get(value, value) if value and name == "kind" else value


def _days(value: Any) -> str:
    """One day or several, as ISO text: `2026年11月2日、2026年11月4日`."""
    several = value if isinstance(value, list) else [value] if value else []
    return "、".join(day(date.fromisoformat(str(one)[:10])) for one in several)


def _log(attempt: Attempt) -> tuple[paper.LogEntry, ...]:
    """The moments of the record, in order."""
    record = attempt.record or {}
    found = [(moment_of(record[name]), title) for name, title in _MOMENTS if record.get(name)]
    return tuple(paper.LogEntry(occurred_at=when, title=title) for when, title in sorted(found))


def _exhibit_line(exhibit: Exhibit) -> paper.EvidenceLine:
    return paper.EvidenceLine(
        name=exhibit.filename or _kind(exhibit.kind),
        kind=_kind(exhibit.kind),
        size_bytes=exhibit.size,
        sha256=exhibit.sha256,
        captured_at=exhibit.received_at,
    )


def _kind(kind: str) -> str:
    return KINDS.get(kind) or EVIDENCE_KINDS.get(kind, kind)


def _photo(one: Material, exhibit: Exhibit) -> paper.Photo:
    with one.store.open(exhibit.store_key) as stream:
        image = stream.read()
    return paper.Photo(
        name=exhibit.filename or _kind(exhibit.kind), image=image, caption=_kind(exhibit.kind), sha256=exhibit.sha256
    )
