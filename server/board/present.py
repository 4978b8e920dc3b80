"""From raw documents to what the board answers: plain functions, no schema walk, so that 600 visits stay cheap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.core.clock import utc_now
from server.dispatch import rules
from server.dispatch.services import show_addresses
from server.dispatch.wording import change_text, server_name
from server.law.outcomes import OUTCOMES, label_zh

Raw = Mapping[str, Any]


def wgs84(point: Raw | None) -> list[float] | None:
    """[lng, lat] of a raw DatumPoint."""
    if not point:
        return None
    place = point["wgs84"]
    return list(place["coordinates"] if isinstance(place, Mapping) else place)


def given(point: Raw) -> dict[str, Any]:
    return {"lng": point["lng"], "lat": point["lat"], "datum": point["datum"]}


def fix(raw: Raw | None) -> dict[str, Any] | None:
    if not raw:
        return None
    return {
        "point": given(raw["point"]),
        "wgs84": wgs84(raw["point"]),
        "accuracy_m": raw["accuracy_m"],
        "provider": raw["provider"],
        "at": raw["at"],
    }


def visits(raws: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """BoardVisitSchema for each visit of one court: whole addresses only of what is still to come, opened at once."""
    found = [dict(raw) for raw in raws]
    if not found:
        return []
    return [_visit(raw) for raw in show_addresses(found, court=found[0]["court"], now=utc_now())]


def visit(raw: Raw) -> dict[str, Any]:
    """BoardVisitSchema. For more than one, `visits`."""
    return visits([raw])[0]


def _visit(raw: Raw) -> dict[str, Any]:
    return {
        "id": raw["_id"],
        "state": raw["state"],
        "version": raw["version"],
        "date": raw["date"],
        "task_id": raw["task_id"],
        "case_number": raw["case_number"],
        "case_kind": raw["case_kind"],
        "cause": raw.get("cause"),
        "recipient_name": raw["recipient_name"],
        "recipient_kind": raw["recipient_kind"],
        "address": raw["address"],
        "address_masked": raw["address_masked"],
        "wgs84": wgs84(raw.get("point")),
        "windows": raw.get("windows") or [],
        "witness_windows": raw.get("witness_windows") or [],
        "recused": raw.get("recused") or [],
        "minutes": raw["minutes"],
        "crew": raw.get("crew") or 1,
        "skills": raw.get("skills") or [],
        "priority": raw.get("priority") or 0,
        "due_on": raw["due_on"],
        "hearing_at": raw.get("hearing_at"),
        "remarks": raw.get("remarks") or [],
        "server_id": raw.get("server_id"),
        "second_server_id": raw.get("second_server_id"),
        "position": raw.get("position"),
        "second_position": raw.get("second_position"),
        "planned_arrive_at": raw.get("planned_arrive_at"),
        "planned_leave_at": raw.get("planned_leave_at"),
        "review": review(raw.get("review") or {}),
        "outcome": outcome_label(raw.get("outcome")),
        "rule": raw["rule"],
        "rule_text": rules.rule_text(raw["rule"]),
        "building": raw.get("building"),
    }


def review(raw: Raw) -> dict[str, Any]:
    return {
        "state": raw.get("state", "none"),
        "reason": raw.get("reason"),
        "round": raw.get("round", 0),
        "by_name": raw.get("by_name"),
        "at": raw.get("at"),
    }


def outcome_label(raw: Raw | None) -> dict[str, Any] | None:
    if not raw:
        return None
    known = OUTCOMES.get(raw["code"])
    return {"code": raw["code"], "label": label_zh(raw["code"]), "serves": bool(known and known.serves)}


def outcome(raw: Raw | None) -> dict[str, Any] | None:
    """BoardOutcomeSchema."""
    short = outcome_label(raw)
    if raw is None or short is None:
        return None
    more = ("happened_at", "received_at", "refusal_reason", "left_at_place", "note")
    return {**short, **{name: raw.get(name) for name in more}}


def person_at_door(raw: Raw | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    """Signer or witness with masks only."""
    return {name: raw.get(name) for name in names} if raw else None


def change(raw: Raw, names: Mapping[str, str]) -> dict[str, Any]:
    """BoardChangeSchema; servers are told by name where the roster knows them."""
    return {
        "at": raw["at"],
        "by_name": raw["by_name"],
        "what": raw["what"],
        "text": change_text(raw, names),
        "from_server": server_name(raw.get("from_server"), names),
        "to_server": server_name(raw.get("to_server"), names),
        "reason": raw.get("reason"),
    }


def roster_entry(raw: Raw) -> dict[str, Any]:
    """BoardRosterEntrySchema."""
    rest = (raw.get("break_start_s"), raw.get("break_end_s"))
    second = (raw.get("second_break_start_s"), raw.get("second_break_end_s"))
    return {
        "server_id": raw["server_id"],
        "staff_no": raw["staff_no"],
        "name": raw["name"],
        "mode": raw["mode"],
        "shift": [raw["shift_start_s"], raw["shift_end_s"]],
        "break": list(rest) if None not in rest else None,
        "second_break": list(second) if None not in second else None,
        "max_stops": raw["max_stops"],
        "skills": raw.get("skills") or [],
        "areas": raw.get("areas") or [],
        "max_km": raw.get("max_km"),
        "start": {"point": given(raw["start"]), "wgs84": wgs84(raw["start"])},
        "status": raw["status"],
    }


def plan_summary(raw: Raw) -> dict[str, Any]:
    """BoardPlanSummarySchema."""
    return {
        "id": raw["_id"],
        "date": raw["date"],
        "number": raw["number"],
        "state": raw["state"],
        "seconds": raw["seconds"],
        "seed": raw["seed"],
        "progress": raw.get("progress") or {},
        "totals": raw.get("totals") or {},
        "failure": raw.get("failure") or None,
        "publication": raw.get("publication") or None,
        "queued_at": raw["queued_at"],
        "started_at": raw.get("started_at"),
        "finished_at": raw.get("finished_at"),
        "published_at": raw.get("published_at"),
    }


def plan(raw: Raw) -> dict[str, Any]:
    """BoardPlanSchema."""
    unplanned = [
        {
            "visit_id": left["visit_id"],
            "reasons": [{"code": reason["code"], "text": reason["text"]} for reason in left["reasons"]],
        }
        for left in raw.get("unplanned") or ()
    ]
    return {**plan_summary(raw), "routes": raw.get("routes") or [], "unplanned": unplanned}


def replan(raw: Raw) -> dict[str, Any]:
    """BoardReplanSchema. A plan of the whole day answers to nothing and lists no changes."""
    happening = raw.get("happening")
    whole = plan(raw)
    return {
        **{key: value for key, value in whole.items() if key != "routes"},
        "happening": {name: happening.get(name) for name in _HAPPENING} if happening else None,
        "revision": raw.get("revision"),
        "changes": raw.get("changes") or [],
        "price": raw.get("price") or None,
    }


_HAPPENING = ("kind", "text", "visit_id", "server_id")


def task(raw: Raw) -> dict[str, Any]:
    """BoardTaskSchema."""
    return {
        "id": raw["_id"],
        "version": raw["version"],
        "case_id": raw["case_id"],
        "case_number": raw["case_number"],
        "case_kind": raw["case_kind"],
        "cause": raw.get("cause"),
        "procedure": raw.get("procedure"),
        "judge_name": raw.get("judge_name"),
        "clerk_name": raw.get("clerk_name"),
        "channel": raw["channel"],
        "state": raw["state"],
        "return_reason": raw.get("return_reason"),
        "due_on": raw["due_on"],
        "hearing_at": raw.get("hearing_at"),
        "windows": raw.get("windows") or [],
        "remarks": raw.get("remarks") or [],
        "recipients": [_recipient(one) for one in raw.get("recipients") or ()],
        "documents": [{"name": one["name"], "copies": one.get("copies", 1)} for one in raw.get("documents") or ()],
        "origin": raw.get("origin", "import"),
        "updated_at": raw["updated_at"],
        "completed_at": raw.get("completed_at"),
    }


def _recipient(raw: Raw) -> dict[str, Any]:
    lock = raw.get("lock")
    return {
        "id": raw["id"],
        "name": raw["name"],
        "kind": raw["kind"],
        "standing": raw.get("standing"),
        "id_mask": raw.get("id_mask"),
        "phone_mask": raw.get("phone_mask"),
        "address": raw["address"]["mask"],
        "address_basis": raw["address_basis"],
        "state": raw["state"],
        "lock": {name: lock[name] for name in ("channel", "rule", "attempt_id", "at")} if lock else None,
        "served_at": raw.get("served_at"),
        "awaits": list(raw.get("awaits") or ()),
        "documents": list(raw.get("documents") or ()),
        "merged_into": raw.get("merged_into"),
    }
