"""The recipient's full telephone number for the server who stands at the door today."""

from __future__ import annotations

from datetime import datetime

from server.core.clock import court_day
from server.core.errors import Conflict
from server.core.permissions import Principal
from server.field.services import guard
from server.service.unmask import Unmasked, unmask


def unmask_at_door(*, principal: Principal, visit_id: str, field: str, now: datetime) -> Unmasked:
    """Only for a visit of one's own, on its day, until it has ended.

    Raises `visit.not_found`, `visit.not_yours`, `visit.withdrawn`, `visit.not_today`, and what `unmask` raises.
    """
    visit = guard.find(court=principal.court, visit_id=visit_id)
    guard.check_mine(visit, principal.person_id)
    if visit["state"] == "ended" or visit["date"] != court_day(now).isoformat():
        raise Conflict(code="visit.not_today", title="只能在上门当日、办结之前查看完整电话")
    return unmask(
        principal=principal,
        task_id=visit["task_id"],
        recipient_id=guard.recipient_of(visit),
        field=field,
        reason="上门当日联系受送达人",
        now=now,
    )
