"""Rules of service of the court (E18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.reach import whole_court
from server.board.schemas.rules import (
    BoardRuleDefaultsSchema,
    BoardRuleDraftSchema,
    BoardRuleEditSchema,
    BoardRuleSetSchema,
    BoardRuleSetsSchema,
    BoardRuleStepSchema,
)
from server.core import audit
from server.core.clock import court_day, utc_now
from server.core.permissions import current, needs
from server.service.actor import Actor
from server.service.services import rule_sets
from server.service.services.rule_sets import Draft

blueprint = make_blueprint("rule_sets", "Rules of service of the court")
_COPIED = (
    *("version", "dated", "note", "state", "drafted_by_name", "drafted_at", "approved_by_name", "approved_at"),
    "edits",
)


@blueprint.route("/rule-sets")
class RuleSets(MethodView):
    @blueprint.response(200, BoardRuleSetsSchema)
    @needs("rules.view")
    def get(self) -> Any:
        """Every set of the court, newest first."""
        found = rule_sets.list_rule_sets(court=current().court)
        return ready(page_of([shown(one) for one in found]))

    @blueprint.arguments(BoardRuleDraftSchema)
    @blueprint.response(201, BoardRuleSetSchema)
    @needs("rules.edit", does="rules.draft")
    def post(self, data: dict[str, Any]) -> Any:
        """Draft a set: what differs from the defaults, and the day it applies from."""
        me = current()
        court = whole_court("rule_set", "rules.edit")
        done = rule_sets.draft_rules(court=court, draft=_draft(data), actor=Actor.of(me), now=utc_now())
        audit.target("rule_set", done["_id"])
        audit.note(version=done["version"])
        return ready(shown(done), 201)


@blueprint.route("/rule-sets/defaults")
class RuleDefaults(MethodView):
    @blueprint.response(200, BoardRuleDefaultsSchema)
    @needs("rules.view")
    def get(self) -> Any:
        """The national set with the limits of every threshold and every reading of the disputed points."""
        return ready(rule_sets.defaults())


@blueprint.route("/rule-sets/<string:rule_set_id>")
class RuleSet(MethodView):
    @blueprint.response(200, BoardRuleSetSchema)
    @needs("rules.view", on="rule_set:rule_set_id")
    def get(self, rule_set_id: str) -> Any:
        """One set."""
        return ready(shown(rule_sets.get_rule_set(court=current().court, rule_set_id=rule_set_id)))

    @blueprint.arguments(BoardRuleEditSchema)
    @blueprint.response(200, BoardRuleSetSchema)
    @needs("rules.edit", on="rule_set:rule_set_id", does="rules.change")
    def put(self, data: dict[str, Any], rule_set_id: str) -> Any:
        """Change a draft; whoever does may not approve it."""
        me = current()
        before = rule_sets.get_rule_set(court=me.court, rule_set_id=rule_set_id)
        done = rule_sets.edit_draft(
            court=me.court,
            rule_set_id=rule_set_id,
            draft=_draft(data),
            edits=data["edits"],
            actor=Actor.of(me),
        )
        audit.change(before=_content(before), after=_content(done))
        return ready(shown(done))


@blueprint.route("/rule-sets/<string:rule_set_id>/approve")
class RuleApproval(MethodView):
    @blueprint.arguments(BoardRuleStepSchema)
    @blueprint.response(200, BoardRuleSetSchema)
    @needs("rules.approve", on="rule_set:rule_set_id", does="rules.approve")
    def post(self, data: dict[str, Any], rule_set_id: str) -> Any:
        """Sign a draft off; never one's own, never below the statute."""
        me = current()
        done = rule_sets.approve_rules(
            court=me.court, rule_set_id=rule_set_id, edits=data["edits"], actor=Actor.of(me), now=utc_now()
        )
        audit.change(before={"state": "draft"}, after={"state": "approved"})
        audit.note(version=done["version"])
        return ready(shown(done))


@blueprint.route("/rule-sets/<string:rule_set_id>/drop")
class RuleDrop(MethodView):
    @blueprint.arguments(BoardRuleStepSchema)
    @blueprint.response(200, BoardRuleSetSchema)
    @needs("rules.edit", on="rule_set:rule_set_id", does="rules.drop")
    def post(self, data: dict[str, Any], rule_set_id: str) -> Any:
        """Give a draft up."""
        done = rule_sets.drop_draft(court=current().court, rule_set_id=rule_set_id, edits=data["edits"])
        audit.change(before={"state": "draft"}, after={"state": "dropped"})
        return ready(shown(done))


def shown(raw: Mapping[str, Any]) -> dict[str, Any]:
    """BoardRuleSetSchema."""
    in_force = rule_sets.rules_in_force(raw["court"], court_day(utc_now())).version
    return {
        "id": raw["_id"],
        **{name: raw.get(name) for name in _COPIED},
        **_content(raw),
        "in_force": raw["state"] == "approved" and raw["version"] == in_force,
        "faults": rule_sets.faults_of(raw),
    }


def _content(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dated": raw["dated"],
        "thresholds": dict(raw.get("thresholds") or {}),
        "readings": dict(raw.get("readings") or {}),
    }


def _draft(data: Mapping[str, Any]) -> Draft:
    return Draft(data["dated"], data["thresholds"], data["readings"], data["note"])
