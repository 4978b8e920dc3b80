"""Attempts through any channel: opened, given their material, closed or withdrawn by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready
from server.board.schemas.attempts import (
    BoardAttemptDetailSchema,
    BoardCloseAttemptSchema,
    BoardMissingQuerySchema,
    BoardOpenAttemptSchema,
    BoardReasonSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.law.attempts import RESULTS, RESULTS_OF
from server.service import services
from server.service.actor import Actor
from server.service.services import exhibits as material
from server.service.services.attempts import find_attempt
from server.service.services.byhand import Result
from server.service.services.opening import ByHand

blueprint = make_blueprint("attempts", "Attempts through any channel")
_COPIED = ("task_id", "recipient_id", "channel", "rule", "state", "opened_at", "version")
_MAYBE = (
    *("reason", "contact_point_id", "opened_by_name", "closed_at", "closed_by_name", "outcome", "happened_at"),
    *("text", "lawful"),
)
# Kinds of material that were once a door's or a paper's are named by one list.
LABELS = material.KINDS


@blueprint.route("/tasks/<string:task_id>/recipients/<string:recipient_id>/attempts")
class RecipientAttempts(MethodView):
    @blueprint.arguments(BoardOpenAttemptSchema)
    @blueprint.response(201, BoardAttemptDetailSchema)
    @needs("attempts.edit", on="task:task_id", does="attempt.open")
    def post(self, data: dict[str, Any], task_id: str, recipient_id: str) -> Any:
        """Open an attempt through a channel, if the law lets it; one channel at a time for a recipient."""
        me = current()
        asked = ByHand(task_id, recipient_id, **data)
        opened = services.open_by_hand(court=me.court, asked=asked, actor=Actor.of(me), now=utc_now())
        audit.note(recipient_id=recipient_id, attempt_id=opened.id, **data)
        return ready(shown(me.court, opened.id), 201)


@blueprint.route("/attempts/<string:attempt_id>")
class Attempt(MethodView):
    @blueprint.arguments(BoardMissingQuerySchema, location="query")
    @blueprint.response(200, BoardAttemptDetailSchema)
    @needs("tasks.view", on="attempt:attempt_id")
    def get(self, query: dict[str, Any], attempt_id: str) -> Any:
        """One attempt with its material, and what a result would still want in the file."""
        me = current()
        missing: Sequence[Mapping[str, str]] = ()
        if query["result"]:
            missing = services.missing_now(court=me.court, attempt_id=attempt_id, result=query["result"])
        return ready(shown(me.court, attempt_id, missing))


@blueprint.route("/attempts/<string:attempt_id>/close")
class AttemptClosing(MethodView):
    @blueprint.arguments(BoardCloseAttemptSchema)
    @blueprint.response(200, BoardAttemptDetailSchema)
    @needs("attempts.edit", on="attempt:attempt_id", does="attempt.close")
    def post(self, data: dict[str, Any], attempt_id: str) -> Any:
        """Enter how it ended. A service needs its evidence; a failure does not. The law judges it at once."""
        me = current()
        audit.note(result=data["result"])
        _, missing = services.close_by_hand(
            court=me.court, attempt_id=attempt_id, entered=Result(**data), actor=Actor.of(me), now=utc_now()
        )
        audit.change(before={"state": "open"}, after={"state": "closed", "result": data["result"]})
        return ready(shown(me.court, attempt_id, missing))


@blueprint.route("/attempts/<string:attempt_id>/withdraw")
class AttemptWithdrawal(MethodView):
    @blueprint.arguments(BoardReasonSchema)
    @blueprint.response(200, BoardAttemptDetailSchema)
    @needs("attempts.edit", on="attempt:attempt_id", does="attempt.withdraw")
    def post(self, data: dict[str, str], attempt_id: str) -> Any:
        """End it without a result, with its visit if nobody has set out."""
        me = current()
        audit.note(reason=data["reason"])
        services.withdraw_by_hand(
            court=me.court, attempt_id=attempt_id, reason=data["reason"], actor=Actor.of(me), now=utc_now()
        )
        return ready(shown(me.court, attempt_id))


def shown(court: str, attempt_id: str, missing: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """BoardAttemptDetailSchema."""
    found = find_attempt(court, attempt_id)
    outcome = found.get("outcome")
    return {
        "id": attempt_id,
        **{name: found[name] for name in _COPIED},
        **{name: found.get(name) or None for name in _MAYBE},
        "outcome_label": RESULTS.get(outcome, outcome) if outcome else None,
        "record": found.get("record") or {},
        "results": [{"code": code, "label": RESULTS[code]} for code in RESULTS_OF[found["channel"]]],
        "exhibits": [exhibit(one) for one in services.exhibits_of(court=court, attempt_ids=[attempt_id])],
        "missing": list(missing),
    }


def exhibit(raw: Mapping[str, Any]) -> dict[str, Any]:
    """BoardExhibitSchema."""
    return {
        "id": raw["_id"],
        "label": LABELS.get(raw["kind"], raw["kind"]),
        "filename": raw.get("filename"),
        **{
            name: raw[name] for name in ("attempt_id", "kind", "media_type", "size", "sha256", "received_at", "by_name")
        },
    }
