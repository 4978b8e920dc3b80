"""From raw visit documents to what `answers.RouteAnswer` describes, in plain dictionaries: this is the hot path."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from server.core.permissions import Principal
from server.field.services.route import PhoneRoute
from server.law.outcomes import OUTCOMES
from server.law.required_evidence import Circumstances, bar

_NO_REVIEW: dict[str, Any] = {"state": "none", "reason": None, "round": 0}


def route(found: PhoneRoute, principal: Principal, *, now: datetime) -> dict[str, Any]:
    entry = found.entry or {}
    rest = [entry["break_start_s"], entry["break_end_s"]] if entry.get("break_start_s") is not None else None
    return {
        "date": found.day,
        "server": {
            "server_id": principal.person_id,
            "name": principal.name,
            "shift": [entry["shift_start_s"], entry["shift_end_s"]] if entry else None,
            "mode": entry.get("mode"),
            "status": entry.get("status", "off"),
            "start": point(entry.get("start")),
        },
        "stops": [stop(visit, found, principal.person_id) for visit in found.visits],
        "breaks": [rest] if rest else [],
        "as_of": now.isoformat(),
    }


def stop(visit: dict[str, Any], found: PhoneRoute, person_id: str) -> dict[str, Any]:
    lead = visit.get("server_id") == person_id
    review = visit.get("review") or {}
    documents = visit.get("documents") or []
    return {
        "visit_id": visit["_id"],
        "date": visit["date"],
        "position": visit.get("position") if lead else visit.get("second_position") or visit.get("position"),
        "role": "lead" if lead else "second",
        "state": visit["state"],
        "version": visit["version"],
        "planned_arrive_at": moment(visit.get("planned_arrive_at")),
        "planned_leave_at": moment(visit.get("planned_leave_at")),
        "windows": visit.get("windows") or [],
        "minutes": visit["minutes"],
        "case_number": visit["case_number"],
        "case_kind": visit["case_kind"],
        "cause": visit.get("cause"),
        "recipient": {
            "name": visit["recipient_name"],
            "kind": visit["recipient_kind"],
            "standing": visit.get("standing"),
            "id_mask": visit.get("id_mask"),
            "phone_mask": visit.get("phone_mask"),
        },
        "address": visit["address"],
        "point": point(visit.get("point")),
        "documents": [{"name": one["name"], "copies": one.get("copies", 1)} for one in documents],
        "remarks": visit.get("remarks") or [],
        "crew": [
            {"server_id": one, "name": found.names.get(one, "")}
            for one in (visit.get("server_id"), visit.get("second_server_id"))
            if one and visit.get("second_server_id")
        ],
        "hearing_at": moment(visit.get("hearing_at")),
        "due_on": visit["due_on"],
        "review": {
            "state": review.get("state", "none"),
            "reason": review.get("reason"),
            "round": review.get("round", 0),
        }
        if review
        else _NO_REVIEW,
        "outcome": (visit.get("outcome") or {}).get("code"),
        "evidence_held": found.evidence_held.get(visit["_id"], 0),
        "closed_outcomes": _closed(
            tuple(one["name"] for one in documents), visit["recipient_kind"], visit["case_kind"]
        ),
    }


def point(given: dict[str, Any] | None) -> dict[str, Any] | None:
    return {"lng": given["lng"], "lat": given["lat"], "datum": given["datum"]} if given else None


def moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


@lru_cache(maxsize=1024)
def _closed(documents: tuple[str, ...], recipient_kind: str, case_kind: str) -> list[str]:
    case = Circumstances(documents, recipient_kind, case_kind)
    return [code for code in OUTCOMES if bar(code, case) is not None]
