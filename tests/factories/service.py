"""Service tasks that need no import."""

from __future__ import annotations

from typing import Any

from server.core.clock import utc_now
from server.core.fields import DatumPoint, Sealed
from server.core.ids import new_id
from server.service.models import DocumentCopies, Recipient, ServiceTask

ADDRESS = "北京市西城区人定湖北巷7号楼3单元401号"


def recipient(name: str = "赵某甲", *, court: str = "京0102", **changes: Any) -> Recipient:
    """`address` is plain here and sealed in what is made."""
    address = changes.pop("address", ADDRESS)
    party_id = changes.setdefault("party_id", new_id())
    given: dict[str, Any] = {
        "id": new_id(),
        "contact_point_id": new_id(),
        "name": name,
        "kind": "自然人",
        "standing": "被告",
        "id_mask": "110***********1234",
        "phone_mask": "199****0000",
        "address": Sealed.of_address(address, court=court, subject=party_id),
        "address_basis": "送达地址确认书",
        "point": DatumPoint(lng=116.386738, lat=39.96332, datum="GCJ-02", wgs84=[116.38049, 39.96192]),
    }
    return Recipient(**{**given, **changes})


def task(court: str = "京0102", recipients: int | list[Recipient] = 1, **changes: Any) -> ServiceTask:
    """A saved task, in progress unless told otherwise. `recipients`: how many, or who."""
    now = utc_now()
    if isinstance(recipients, int):
        recipients = [recipient(f"赵某{n}", court=court) for n in range(recipients)]
    given: dict[str, Any] = {
        "court": court,
        "case_id": new_id(),
        "case_number": "（2026）京0102民初10265号",
        "case_kind": "民事",
        "cause": "民间借贷纠纷",
        "channel": "direct",
        "documents": [DocumentCopies(name="民事判决书", copies=1)],
        "recipients": recipients,
        "state": "in_progress",
        "due_on": "2026-11-24",
        "created_at": now,
        "updated_at": now,
    }
    saved: ServiceTask = ServiceTask(**{**given, **changes}).save(force_insert=True)
    return saved
