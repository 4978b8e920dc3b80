"""Showing a full personal value to somebody who says why, in the context of one task, and counting it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.alerts.services import count_look
from server.cases.models import Party
from server.core import audit
from server.core.crypto import SubjectDestroyed
from server.core.errors import DomainError, Invalid, NotFound
from server.core.fields import Sealed
from server.core.permissions import Principal
from server.service import errors
from server.service.models import Recipient, ServiceTask

FIELDS = {"id_number": "证件号码", "phone": "电话", "address": "送达地址"}
SHORTEST_REASON = 4


@dataclass(frozen=True, slots=True)
class Unmasked:
    """The plain value, for one look."""

    field: str
    value: str


def unmask(
    *, principal: Principal, task_id: str, recipient_id: str, field: str, reason: str, now: datetime
) -> Unmasked:
    """The full `id_number`, `phone` or `address` of a recipient of this task.

    The look is counted first and recorded with the blind index of the value, so that "who saw this number" finds it.
    Raises `personal.reason_required`, `task.not_found`, `personal.nothing_there`, `personal.destroyed`,
    `personal.too_many`.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid(code="personal.reason_required", title="请写明查看完整信息的事由（至少4个字）")
    task = ServiceTask.objects(court=principal.court, id=task_id).first()
    recipient = task.recipient(recipient_id) if task else None
    if task is None or recipient is None:
        raise errors.task_not_found()
    sealed = _sealed(principal.court, recipient, field)
    if sealed is None:
        raise NotFound(code="personal.nothing_there", title=f"没有登记{FIELDS[field]}")
    count_look(principal=principal, subject=sealed.index, now=now)
    audit.subjects(sealed.index)
    audit.note(field=field, reason=reason.strip()[:200], case_number=task.case_number, party_id=recipient.party_id)
    try:
        return Unmasked(field, sealed.open(court=principal.court, subject=recipient.party_id))
    except SubjectDestroyed as error:
        raise DomainError(code="personal.destroyed", status=410, title="该当事人的个人信息已销毁") from error


def _sealed(court: str, recipient: Recipient, field: str) -> Sealed | None:
    if field == "address":
        return recipient.address
    party = Party.objects(court=court, id=recipient.party_id).first()
    return getattr(party, field, None) if party else None
