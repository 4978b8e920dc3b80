"""What is on record of a recipient, and which ways of service that opens."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready
from server.board.schemas.effects import (
    BoardChannelsSchema,
    BoardSituationChangeSchema,
    BoardSituationSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.service.actor import Actor
from server.service.services import situations

blueprint = make_blueprint("situations", "Recipients as the rules of service see them")
_RECIPIENT = "/tasks/<string:task_id>/recipients/<string:recipient_id>"


@blueprint.route(f"{_RECIPIENT}/channels")
class RecipientChannels(MethodView):
    @blueprint.response(200, BoardChannelsSchema)
    @needs("tasks.view", on="task:task_id")
    def get(self, task_id: str, recipient_id: str) -> Any:
        """Every way of service with its verdict, article and sentence, under the rules in force."""
        known = _known(task_id, recipient_id)
        judged = situations.channels_of(known)
        items = [
            {
                "channel": one.way,
                "label": one.label_zh,
                "verdict": one.verdict,
                "article": one.article,
                "text": one.text_zh,
                "document": one.document,
            }
            for one in judged.verdicts
        ]
        return ready({"items": items, "rule_version": judged.rule_version, "situation": known.recorded})


@blueprint.route(f"{_RECIPIENT}/situation")
class RecipientSituation(MethodView):
    @blueprint.response(200, BoardSituationSchema)
    @needs("tasks.view", on="task:task_id")
    def get(self, task_id: str, recipient_id: str) -> Any:
        """The facts with their closed lists, and what holds now."""
        return ready(situations.described(_known(task_id, recipient_id)))

    @blueprint.arguments(BoardSituationChangeSchema)
    @blueprint.response(200, BoardSituationSchema)
    @needs("tasks.edit", on="task:task_id", does="recipient.situation")
    def put(self, data: dict[str, Any], task_id: str, recipient_id: str) -> Any:
        """Put facts on record with a reason; effects are judged anew, confirmed ones stay."""
        me = current()
        moved = situations.set_situation(
            court=me.court,
            task_id=task_id,
            recipient_id=recipient_id,
            changes=data["facts"],
            reason=data["reason"],
            version=data["version"],
            actor=Actor.of(me),
            now=utc_now(),
        )
        audit.change(
            before={code: before for code, (before, _) in moved.items()},
            after={code: after for code, (_, after) in moved.items()},
        )
        audit.note(recipient_id=recipient_id, reason=data["reason"])
        return ready(situations.described(_known(task_id, recipient_id)))


def _known(task_id: str, recipient_id: str) -> situations.Known:
    return situations.known_of(court=current().court, task_id=task_id, recipient_id=recipient_id, now=utc_now())
