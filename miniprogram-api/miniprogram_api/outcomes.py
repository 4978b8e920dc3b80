"""The closed list of outcomes with what each one rests on, so that the phone can tell before the server leaves."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from miniprogram_api.answers import OutcomesAnswer
from miniprogram_api.blueprint import blueprint
from server.core.permissions import needs
from server.law.outcomes import EVIDENCE_KINDS, OUTCOMES, Need, OutcomeRule


@blueprint.route("/outcomes")
class Outcomes(MethodView):
    @blueprint.response(200, OutcomesAnswer)
    @needs("phone.work", least="own")
    def get(self) -> Any:
        """Every outcome, its needs (any_of: one is enough; required false: advice), and the kinds of evidence."""
        return {"items": [_rule(rule) for rule in OUTCOMES.values()], "evidence_kinds": EVIDENCE_KINDS}


def _rule(rule: OutcomeRule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "label": rule.label_zh,
        "serves": rule.serves,
        "reason": rule.reason,
        "article": rule.article,
        "recipient_kinds": rule.recipient_kinds,
        "needs": [_need(need) for need in rule.needs],
    }


def _need(need: Need) -> dict[str, Any]:
    return {
        "code": need.code,
        "text": need.text_zh,
        "article": need.article,
        "required": need.required,
        "any_of": [{"what": one.what, "count": one.count, "label": one.label_zh} for one in need.any_of],
    }
