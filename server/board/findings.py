"""异常提示: what looks wrong when many records are seen together, for those who supervise the content of cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import current_app
from flask.views import MethodView

from evidence.watch import KINDS
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.findings import (
    BoardFindingDecideSchema,
    BoardFindingQuerySchema,
    BoardFindingSchema,
    BoardFindingsRunSchema,
    BoardFindingsSchema,
    BoardWatchedSchema,
)
from server.config import Settings
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import watching
from server.law.outcomes import label_zh
from server.service.actor import Actor

blueprint = make_blueprint("findings", "What looks wrong across records")

_PLAIN = ("date", "kind", "score", "text", "state", "found_at")
_DECIDED = ("by_name", "decided_at", "reason")


@blueprint.route("/findings")
class Findings(MethodView):
    @blueprint.arguments(BoardFindingQuerySchema, location="query")
    @blueprint.response(200, BoardFindingsSchema)
    @needs("watch.view", does="findings.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Newest day and most unusual first. Recipients are named only where the asker may see the visit."""
        me = current()
        found = watching.list_findings(within=objects.within("finding", me, "watch.view"), **query)
        return ready(page_of(_shown(me.court, found.items), found.total, found.page, found.page_size))


@blueprint.route("/findings/<string:finding_id>/decide")
class FindingDecide(MethodView):
    @blueprint.arguments(BoardFindingDecideSchema)
    @blueprint.response(200, BoardFindingSchema)
    @needs("watch.decide", on="finding:finding_id", does="finding.decide")
    def post(self, data: dict[str, Any], finding_id: str) -> Any:
        """Say what it was: explained by something innocent, or confirmed. Nothing follows by itself."""
        me = current()
        done = watching.decide(court=me.court, finding_id=finding_id, actor=Actor.of(me), now=utc_now(), **data)
        audit.change(before={"state": "open"}, after={"state": done["state"]})
        audit.note(kind=done["kind"], reason=data["reason"])
        return ready(_shown(me.court, [done])[0])


@blueprint.route("/findings/run")
class FindingsRun(MethodView):
    @blueprint.arguments(BoardFindingsRunSchema)
    @blueprint.response(200, BoardWatchedSchema)
    @needs("watch.decide", does="findings.run")
    def post(self, data: dict[str, Any]) -> Any:
        """Look over a day now, as every night does. What was decided stays decided."""
        me = current()
        settings: Settings = current_app.extensions["settings"]
        done = watching.watch_day(
            court=me.court, date=data["date"], sample_percent=settings.review_sample_percent, now=utc_now()
        )
        audit.note(date=data["date"], found=done.found, new=done.new)
        return ready({"date": data["date"], "found": done.found, "new": done.new})


def _shown(court: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    visits = watching.visits_told(court=court, visit_ids={one for found in findings for one in found["visit_ids"]})
    seen = _within_reach(visits)
    servers = {one for found in findings for one in found["server_ids"]} | {
        one["server_id"] for one in visits.values() if one["server_id"]
    }
    names = watching.names_of(servers)
    return [_finding(one, visits, seen, names) for one in findings]


def _within_reach(visit_ids: Iterable[str]) -> frozenset[str]:
    """The visits whose case and people the asker may see anyway."""
    me = current()
    if me.court not in objects.courts_of(me, "dispatch.view"):
        return frozenset()
    return objects.all_within("visit", visit_ids, me, "dispatch.view")


def _finding(
    raw: Mapping[str, Any],
    visits: Mapping[str, Mapping[str, Any]],
    seen: frozenset[str],
    names: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "id": raw["_id"],
        **{name: raw[name] for name in _PLAIN},
        **{name: raw.get(name) for name in _DECIDED},
        "kind_label": KINDS[raw["kind"]],
        "servers": [{"id": one, "name": names.get(one)} for one in raw["server_ids"]],
        "visits": [_visit(one, visits[one], one in seen, names) for one in raw["visit_ids"] if one in visits],
        "evidence_ids": list(raw.get("evidence_ids") or ()),
        "facts": dict(raw.get("facts") or {}),
    }


def _visit(visit_id: str, told: Mapping[str, Any], seen: bool, names: Mapping[str, str]) -> dict[str, Any]:
    code = told["outcome"]
    return {
        "id": visit_id,
        "date": told["date"],
        "server_name": names.get(told["server_id"] or ""),
        "outcome_label": label_zh(code) if code else None,
        "happened_at": told["happened_at"],
        "within_reach": seen,
        **{name: told[name] if seen else None for name in ("case_number", "recipient_name", "witness_name")},
    }
