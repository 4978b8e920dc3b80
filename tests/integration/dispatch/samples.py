"""A small court day: approved tasks around 西城, two or more process servers, nothing random."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from routing import to_wgs84
from server.core.fields import sealed_address
from server.core.ids import new_id
from server.dispatch.models import Roster, Visit
from server.dispatch.services import select_visits
from server.service.actor import Actor
from server.service.models import ServiceTask

COURT = "京0102"
DAY = "2026-11-24"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MANAGER = Actor("manager-1", "送达管理员甲")
H = 3600


def point(step: int) -> dict[str, Any]:
    """Doors on a line going east, some 400 m apart, GCJ-02."""
    lng, lat = 116.36 + 0.005 * step, 39.93
    return {
        "lng": lng,
        "lat": lat,
        "datum": "GCJ-02",
        "wgs84": {"type": "Point", "coordinates": list(to_wgs84(lng, lat, "GCJ-02"))},
    }


def recipient(step: int, **changes: Any) -> dict[str, Any]:
    party_id = changes.setdefault("party_id", new_id())
    address = changes.pop("address", f"北京市西城区试验路{step}号{step}号楼1单元101号")
    made = {
        "id": new_id(),
        "contact_point_id": new_id(),
        "name": f"当事人{step}",
        "kind": "自然人",
        "standing": "被告",
        "id_mask": "110***********1234",
        "phone_mask": "199****1234",
        "address": sealed_address(address, court=COURT, subject=party_id),
        "address_basis": "送达地址确认书",
        "point": point(step),
        "state": "pending",
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def task(step: int, **changes: Any) -> dict[str, Any]:
    """A raw approved task with one recipient; `recipient=` changes that one."""
    of_recipient = changes.pop("recipient", {})
    made: dict[str, Any] = {
        "_id": new_id(),
        "court": COURT,
        "case_id": new_id(),
        "case_number": f"（2026）京0102民初{10000 + step}号",
        "case_kind": "民事",
        "cause": "民间借贷纠纷",
        "channel": "direct",
        "documents": [{"name": "起诉状副本", "copies": 1}, {"name": "应诉通知书", "copies": 1}],
        "recipients": [recipient(step, **of_recipient)],
        "state": "in_progress",
        "due_on": DAY,
        "windows": [],
        "remarks": [],
        "origin": "import",
        "steps": [],
        "outbox": [],
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return {**made, **changes}


def store_tasks(*tasks: dict[str, Any]) -> None:
    ServiceTask._get_collection().insert_many(list(tasks))


def entry(number: int, **changes: Any) -> dict[str, Any]:
    made = {
        "server_id": f"server-{number}",
        "staff_no": f"WC{number:03d}",
        "name": f"送达员{number}",
        "start": point(0),
        "shift_start_s": 8 * H + 1800,
        "shift_end_s": 17 * H + 1800,
        "break_start_s": 12 * H,
        "break_end_s": 13 * H,
        "mode": "ebike",
        "max_stops": 28,
        "skills": ["行政执行", "执法记录仪", "双人组"],
        "status": "on_duty",
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def store_roster(*entries: dict[str, Any], day: str = DAY, court: str = COURT) -> None:
    Roster._get_collection().insert_one(
        {"_id": new_id(), "court": court, "date": day, "entries": list(entries), "version": 1, "updated_at": NOW}
    )


def make_day(visits: int = 4, servers: int = 2, **of_task: Any) -> list[dict[str, Any]]:
    """Tasks, roster and selected visits; returns the raw visits from west to east."""
    store_tasks(*(task(step, **of_task) for step in range(1, visits + 1)))
    store_roster(*(entry(number) for number in range(1, servers + 1)))
    select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    return all_visits()


def all_visits() -> list[dict[str, Any]]:
    return list(Visit._get_collection().find({"court": COURT}).sort("case_number", 1))


def visit_of(visit_id: str) -> dict[str, Any]:
    return Visit._get_collection().find_one({"_id": visit_id})


def due(days: int) -> str:
    return date.fromordinal(date.fromisoformat(DAY).toordinal() + days).isoformat()
