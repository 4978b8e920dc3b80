"""Effects of service: what the law proposes, and the word of court staff and judges on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.effects import (
    BoardDecideSchema,
    BoardEffectDetailSchema,
    BoardEffectsQuerySchema,
    BoardEffectsSchema,
    BoardExplanationQuerySchema,
    BoardExplanationSchema,
)
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.permissions import current, forbidden, needs
from server.service.actor import Actor
from server.service.services import deciding, explaining

blueprint = make_blueprint("effects", "Effects of service and the decisions on them")
_ROW = (
    *("case_number", "task_id", "recipient_id", "recipient_name", "document", "state", "status", "served_on"),
    *("ends_on", "article", "text", "confidence", "rule_version", "judged_at", "live", "version"),
)
_LISTS = ("working", "missing", "proposals", "alternatives", "findings")
_DECISION = (*("id", "at", "by_name", "acting_as", "what", "reason", "state", "served_on", "article", "rule_version"),)


@blueprint.route("/effects")
class Effects(MethodView):
    @blueprint.arguments(BoardEffectsQuerySchema, location="query")
    @blueprint.response(200, BoardEffectsSchema)
    @needs("tasks.view", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """Documents × recipients within reach, latest change first."""
        found, total = deciding.list_effects(within=objects.within("effect", current(), "tasks.view"), **query)
        return ready(page_of([row(one) for one in found], total, query["page"], query["page_size"]))


@blueprint.route("/effects/<string:effect_id>")
class Effect(MethodView):
    @blueprint.response(200, BoardEffectDetailSchema)
    @needs("tasks.view", on="effect:effect_id")
    def get(self, effect_id: str) -> Any:
        """One effect with its findings, working and decisions."""
        return ready(detail(deciding.get_effect(court=current().court, effect_id=effect_id)))


@blueprint.route("/effects/<string:effect_id>/decide")
class EffectDecision(MethodView):
    @blueprint.arguments(BoardDecideSchema)
    @blueprint.response(200, BoardEffectDetailSchema)
    @needs("effects.confirm", on="effect:effect_id", does="effect.decide")
    def post(self, data: dict[str, Any], effect_id: str) -> Any:
        """Confirm or refuse what is proposed, or (the judge) find otherwise with a reason."""
        me = current()
        if data["acting_as"] == "judge" and not objects.all_within("effect", [effect_id], me, "effects.decide"):
            raise forbidden("effects.decide")
        before = deciding.get_effect(court=me.court, effect_id=effect_id)
        done = deciding.decide(court=me.court, effect_id=effect_id, actor=Actor.of(me), now=utc_now(), **data)
        audit.change(before=_standing(before), after=_standing(done))
        audit.note(what=data["what"], acting_as=data["acting_as"], reason=data["reason"])
        return ready(detail(done))


@blueprint.route("/effects/<string:effect_id>/explanation")
class EffectExplanation(MethodView):
    @blueprint.arguments(BoardExplanationQuerySchema, location="query")
    @blueprint.response(200, BoardExplanationSchema)
    @needs("tasks.view", on="effect:effect_id")
    def get(self, query: dict[str, Any], effect_id: str) -> Any:
        """Why: the stored question asked again under the rules of then; a decision, or the latest proposal."""
        found = deciding.get_effect(court=current().court, effect_id=effect_id)
        return ready(explaining.explain(found, query["decision_id"]))


def row(raw: Mapping[str, Any]) -> dict[str, Any]:
    """BoardEffectSchema."""
    return {
        "id": raw["_id"],
        **{name: raw.get(name) for name in _ROW},
        "confirm_by": list(raw.get("confirm_by") or ()),
    }


def detail(raw: Mapping[str, Any]) -> dict[str, Any]:
    """BoardEffectDetailSchema."""
    return {
        **row(raw),
        **{name: list(raw.get(name) or ()) for name in _LISTS},
        **{name: raw.get(name) for name in ("statistics_on", "provisional", "rebuttable")},
        "decisions": [{name: one.get(name) for name in _DECISION} for one in raw.get("decisions") or ()],
    }


def _standing(raw: Mapping[str, Any]) -> dict[str, Any]:
    last = (raw.get("decisions") or [{}])[-1]
    return {
        "status": raw["status"],
        "state": last.get("state") or raw["state"],
        "served_on": last.get("served_on") or raw.get("served_on"),
    }
