"""Visits as dispatch orders them, with task and attempt behind them; what a phone sends about them."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from server.accounts.models import Person
from server.cases.models import Party
from server.core.clock import court_day, utc_now
from server.core.fields import Sealed
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.service import services
from server.service.actor import Actor
from server.service.models import Attempt
from server.service.services import Wanted
from tests.factories.service import task as make_task

COURT = "京0102"
# 北京西城某处, GCJ-02 and the same place in WGS-84.
GCJ = (116.3743, 39.9297)
WGS = (116.36806, 39.92830)


def visit(*, server: Person | None = None, second: Person | None = None, court: str = COURT, **fields: Any) -> Visit:
    """An assigned visit (open when no server is given) of today, its attempt open and its recipient locked."""
    now = utc_now()
    task = make_task(court=court)
    recipient = task.recipients[0]
    wanted = Wanted(task.id, recipient.id, "direct", "test", "测试")
    (attempt,) = services.open_attempts(court=court, wanted=[wanted], actor=Actor("p0", "送达管理员"), now=now)
    assert isinstance(attempt, Attempt), attempt
    values: dict[str, Any] = {
        "court": court,
        "date": court_day(now).isoformat(),
        "task_id": task.id,
        "recipient_id": recipient.id,
        "attempt_id": attempt.id,
        "case_number": task.case_number,
        "case_kind": "民事",
        "cause": "民间借贷纠纷",
        "recipient_name": recipient.name,
        "recipient_kind": "自然人",
        "standing": "被告",
        "id_mask": "410***********5909",
        "phone_mask": "199****1234",
        "party_id": recipient.party_id,
        "address": recipient.address,
        "address_basis": "原告提供",
        "point": {
            "lng": GCJ[0],
            "lat": GCJ[1],
            "datum": "GCJ-02",
            "wgs84": {"type": "Point", "coordinates": list(WGS)},
        },
        "documents": [{"name": "起诉状副本", "copies": 1}, {"name": "应诉通知书", "copies": 1}],
        "rule": "test",
        "windows": [[30600, 63000]],
        "minutes": 8.0,
        "due_on": court_day(now + timedelta(days=3)).isoformat(),
        "created_at": now,
        "updated_at": now,
    }
    if server is not None:
        values |= {"server_id": server.id, "state": "assigned", "position": 1}
    if second is not None:
        values |= {"second_server_id": second.id, "crew": 2, "second_position": 1}
    made = Visit(**(values | fields))
    made.save(force_insert=True)
    return made


def party_of(one: Visit, *, phone: str | None = None, id_number: str | None = None) -> Party:
    """The party behind a visit, with sealed numbers."""
    now = utc_now()
    values: dict[str, Any] = {"identity": new_id(), "name": one.recipient_name, "kind": "自然人"}
    if phone:
        values["phone"] = Sealed.of_phone(phone, court=one.court, subject=one.party_id)
    if id_number:
        values["id_number"] = Sealed.of_id_number(id_number, court=one.court, subject=one.party_id)
    party = Party(id=one.party_id, court=one.court, case_id=new_id(), created_at=now, updated_at=now, **values)
    party.save(force_insert=True)
    return party


def visit_values(number: int) -> dict[str, Any]:
    """A bare visit document of nobody's, to fill a collection with."""
    return {
        "_id": new_id(),
        "court": COURT,
        "date": f"2026-10-{number % 28 + 1:02d}",
        "attempt_id": new_id(),
        "task_id": new_id(),
        "server_id": f"p{number % 7}",
        "state": "ended",
        "review": {"state": "accepted", "round": 1},
    }


def reassign(one: Visit, to: Person, *, by_name: str = "送达管理员") -> None:
    """Another server has it now, as dispatch writes it."""
    change = {
        "at": utc_now(),
        "by": "p0",
        "by_name": by_name,
        "what": "reassigned",
        "from_server": one.server_id,
        "to_server": to.id,
    }
    Visit._get_collection().update_one(
        {"_id": one.id},
        {"$set": {"server_id": to.id, "state": "assigned"}, "$push": {"changes": change}, "$inc": {"version": 1}},
    )


def fix(**changes: Any) -> dict[str, Any]:
    """A position as JSON; `lng`, `lat`, `datum` go into its point."""
    point = {key: changes.pop(key) for key in ("lng", "lat", "datum") if key in changes}
    return {
        "point": {"lng": GCJ[0], "lat": GCJ[1], "datum": "GCJ-02", **point},
        "accuracy_m": 12.0,
        "provider": "gps",
        "at": now_text(),
        **changes,
    }


def event(kind: str = "accept", **changes: Any) -> dict[str, Any]:
    return {"client_id": new_id(), "kind": kind, "happened_at": now_text(), **changes}


def now_text(**ago: float) -> str:
    return (utc_now() - timedelta(**ago)).isoformat()


def form(data: bytes, kind: str = "photo_door", **changes: Any) -> dict[str, Any]:
    """The multipart fields of one upload."""
    fields: dict[str, Any] = {
        "client_id": new_id(),
        "kind": kind,
        "sha256": hashlib.sha256(data).hexdigest(),
        "captured_at": now_text(minutes=1),
        "lng": str(GCJ[0]),
        "lat": str(GCJ[1]),
        "datum": "GCJ-02",
        "accuracy_m": "15",
        "provider": "gps",
        **changes,
    }
    fields = {key: value for key, value in fields.items() if value is not None}
    return fields | {"file": (io.BytesIO(data), "photo.jpg")}


EPOCH = datetime(1970, 1, 1, tzinfo=UTC).isoformat()
