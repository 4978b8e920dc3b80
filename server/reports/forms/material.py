"""Everything a paper about a task or a recipient may need, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evidence.stores import Store
from server.accounts.models import Court, Division, Person
from server.addresses.models import ContactPoint
from server.cases.models import Case, Party
from server.core.errors import NotFound
from server.core.fields import open_fields
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.field.rules import USEFUL
from server.law.attempts import RESULTS
from server.law.terms import WAYS
from server.service.models import Attempt, Effect, Exhibit, Recipient, ServiceTask

_AT_AN_ADDRESS = ("direct", "postal", "entrusted", "forwarded")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which paper about what; `fields` as typed, by the names of the form."""

    court: str
    task_id: str
    recipient_id: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    portal_url: str = ""  # where parties read their papers, for the QR code


@dataclass(frozen=True, slots=True)
class Material:
    """A task with its case and what was tried; narrowed to one recipient when the paper is about one.

    `addresses`: recipient id → the whole address (papers are made of it). `visits`: attempt id → visit.
    """

    court: Court
    division: str
    task: ServiceTask
    case: Case | None
    recipients: list[Recipient]
    parties: dict[str, Party]
    addresses: dict[str, str]
    attempts: list[Attempt]
    visits: dict[str, Visit]
    items: dict[str, list[EvidenceItem]]  # visit id → evidence in order of capture
    exhibits: dict[str, list[Exhibit]]  # attempt id → what was handed in
    effects: list[Effect]
    people: dict[str, Person]
    store: Store
    now: datetime
    portal_url: str = ""

    @property
    def recipient(self) -> Recipient:
        """The one recipient of a paper that is about one."""
        return self.recipients[0]

    @property
    def address(self) -> str:
        return self.addresses[self.recipient.id]

    def documents_of(self, recipient: Recipient) -> list[tuple[str, int]]:
        """(name, copies) of what is meant for this recipient."""
        meant = set(recipient.documents or ())
        return [(one.name, one.copies) for one in self.task.documents if not meant or one.name in meant]

    def attempts_of(self, recipient: Recipient) -> list[Attempt]:
        return [one for one in self.attempts if one.recipient_id == recipient.id]

    def channel_label(self, attempt: Attempt) -> str:
        """外出上门的直接送达, 邮寄送达 …"""
        label = WAYS[attempt.channel]
        return f"{label}（外出上门）" if attempt.id in self.visits else label

    def result_label(self, attempt: Attempt) -> str:
        return RESULTS.get(attempt.outcome or "", attempt.outcome or "正在进行")

    def place_of(self, attempt: Attempt) -> str:
        """The address of a door or a letter; empty for what has none."""
        return self.addresses[attempt.recipient_id] if attempt.channel in _AT_AN_ADDRESS else ""

    def judge_phone(self) -> str:
        return (self.case.judge.phone or "") if self.case and self.case.judge else ""

    def clerk_phone(self) -> str:
        return (self.case.clerk.phone or "") if self.case and self.case.clerk else ""


def recipient_missing() -> NotFound:
    return NotFound(code="recipient.not_found", title="任务中没有这个受送达人")


def read(wanted: Wanted, *, store: Store, now: datetime) -> Material:
    """Raises `task.not_found`, `recipient.not_found`."""
    court = wanted.court
    task = ServiceTask.objects(court=court, id=wanted.task_id).first()
    if task is None:
        raise NotFound(code="task.not_found", title="没有这个送达任务")
    recipients = [one for one in task.recipients if wanted.recipient_id in (None, one.id)]
    if not recipients:
        raise recipient_missing()
    ids = [one.id for one in recipients]
    attempts = list(Attempt.objects(court=court, task_id=task.id, recipient_id__in=ids).order_by("opened_at"))
    visits = {one.attempt_id: one for one in Visit.objects(court=court, task_id=task.id, recipient_id__in=ids)}
    items: dict[str, list[EvidenceItem]] = {}
    here = {"court": court, "visit_id__in": [one.id for one in visits.values()]}
    for item in EvidenceItem.objects(**here, __raw__=USEFUL).order_by("captured_at"):
        items.setdefault(item.visit_id, []).append(item)
    exhibits: dict[str, list[Exhibit]] = {}
    for exhibit in Exhibit.objects(court=court, attempt_id__in=[one.id for one in attempts]).order_by("received_at"):
        exhibits.setdefault(exhibit.attempt_id, []).append(exhibit)
    return Material(
        court=Court.objects(id=court).get(),
        division=_division(task),
        task=task,
        case=Case.objects(court=court, id=task.case_id).first(),
        recipients=recipients,
        parties={one.id: one for one in Party.objects(court=court, case_id=task.case_id)},
        addresses=_addresses(court, recipients),
        attempts=attempts,
        visits=visits,
        items=items,
        exhibits=exhibits,
        effects=list(Effect.objects(court=court, task_id=task.id, recipient_id__in=ids).order_by("document")),
        people=_people(court, visits),
        store=store,
        now=now,
        portal_url=wanted.portal_url,
    )


def _division(task: ServiceTask) -> str:
    found = Division.objects(id=task.division_id).first() if task.division_id else None
    return found.name if found else ""


def _addresses(court: str, recipients: list[Recipient]) -> dict[str, str]:
    """Whole addresses; 已销毁 where the party's values were destroyed since."""
    opened = open_fields([{"text": one.address.text} for one in recipients], court=court)
    return {one.id: text for one, text in zip(recipients, opened, strict=True)}


def _people(court: str, visits: dict[str, Visit]) -> dict[str, Person]:
    wanted = {one.server_id for one in visits.values()} | {one.second_server_id for one in visits.values()}
    return {one.id: one for one in Person.objects(court=court, id__in=[one for one in wanted if one])}


def contact_points_of(court: str, party_id: str) -> list[ContactPoint]:
    """Every known address of a party, oldest first."""
    return list(ContactPoint.objects(court=court, party_id=party_id).order_by("created_at"))
