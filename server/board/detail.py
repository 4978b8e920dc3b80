"""Everything about one visit, gathered from the features that hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.accounts import services as accounts
from server.board import present
from server.dispatch import services as dispatch
from server.field import services as field
from server.reports import services as reports

_HAS_THUMB = ("image/jpeg", "image/png", "image/webp", "image/heic")


def visit_detail(court: str, visit_id: str) -> dict[str, Any]:
    """BoardVisitDetailSchema. Raises `visit.not_found`."""
    raw = dispatch.get_visit(court=court, visit_id=visit_id)
    names = {person.id: person.name for person in accounts.list_people(court=court)}
    names |= dispatch.server_names(court=court, days=[raw["date"]])
    outcome = raw.get("outcome") or {}
    server, second = raw.get("server_id"), raw.get("second_server_id")
    problem = raw.get("papers_problem")
    return {
        **present.visit(raw),
        "recipient_id": raw["recipient_id"],
        "server_name": names.get(server) if server else None,
        "second_server_name": names.get(second) if second else None,
        "standing": raw.get("standing"),
        "id_mask": raw.get("id_mask"),
        "phone_mask": raw.get("phone_mask"),
        "address_basis": raw["address_basis"],
        "documents": [{"name": one["name"], "copies": one.get("copies", 1)} for one in raw.get("documents") or ()],
        "outcome": present.outcome(raw.get("outcome")),
        "signer": present.person_at_door(outcome.get("signer"), ("name", "relation", "id_mask")),
        "witness": present.person_at_door(outcome.get("witness"), ("name", "unit", "title", "phone_mask")),
        "progress": [_progress(one, names) for one in raw.get("progress") or ()],
        "evidence": [_evidence(one) for one in field.visit_evidence(court=court, visit=raw)],
        "papers": [paper(one) for one in reports.list_papers(court=court, visit_id=visit_id)],
        "papers_problem": {"code": problem["code"], "title": problem["title"]} if problem else None,
        "changes": [present.change(one, names) for one in raw.get("changes") or ()],
        "track": [list(point) for point in field.track_of_visit(court=court, visit=raw)],
    }


def _progress(raw: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": raw["kind"],
        "happened_at": raw["happened_at"],
        "received_at": raw["received_at"],
        "by": raw["by"],
        "by_name": names.get(raw["by"]),
        "fix": present.fix(raw.get("fix")),
    }


def _evidence(one: Any) -> dict[str, Any]:
    address = f"/api/board/evidence/{one.id}/file"
    return {
        "id": one.id,
        "client_id": one.client_id,
        "kind": one.kind,
        "label": one.label,
        "sha256": one.sha256,
        "size": one.size,
        "media_type": one.media_type,
        "captured_at": one.captured_at,
        "received_at": one.received_at,
        "fix": present.fix(one.fix),
        "distance_m": one.distance_m,
        "capture": one.capture,
        "analysis": one.analysis,
        "late": one.late,
        "warnings": list(one.warnings),
        "place": place(one.place),
        "url": f"{address}?size=original",
        "thumb_url": f"{address}?size=thumb" if one.media_type in _HAS_THUMB else None,
    }


def place(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """BoardPlaceSchema of a stored place-truth verdict."""
    if not stored:
        return None
    reasons = [{name: one[name] for name in ("code", "text", "weight")} for one in stored["reasons"]]
    return {**{name: stored[name] for name in ("verdict", "distance_m", "at")}, "reasons": reasons}


def paper(one: Any) -> dict[str, Any]:
    """BoardPaperSchema."""
    return {
        "id": one.id,
        "kind": one.kind,
        "label": reports.LABELS[one.kind],
        "version": one.version,
        "number": one.number,
        "pages": one.pages,
        "made_at": one.made_at,
        "sha256": one.sha256,
        "sealed_at": one.sealed_at,
        "sealed_by": one.sealed_by,
        "url": f"/api/board/papers/{one.id}/file",
    }
