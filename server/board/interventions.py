"""People stepping into a running service: another channel, recipients or tasks withdrawn, parties merged and split."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board import tasks
from server.board.attempts import shown
from server.board.blueprint import make_blueprint, ready
from server.board.schemas.attempts import (
    BoardAttemptDetailSchema,
    BoardMergeSchema,
    BoardOpenAttemptSchema,
    BoardReasonSchema,
    BoardSplitSchema,
    BoardWithdrawTaskSchema,
)
from server.board.schemas.tasks import BoardTaskDetailSchema
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.service import services
from server.service.actor import Actor
from server.service.services import parties
from server.service.services.opening import ByHand

blueprint = make_blueprint("interventions", "People stepping into a running service")


@blueprint.route("/tasks/<string:task_id>/recipients/<string:recipient_id>/switch")
class ChannelSwitch(MethodView):
    @blueprint.arguments(BoardOpenAttemptSchema)
    @blueprint.response(201, BoardAttemptDetailSchema)
    @needs("attempts.edit", on="task:task_id", does="attempt.switch")
    def post(self, data: dict[str, Any], task_id: str, recipient_id: str) -> Any:
        """Withdraw what runs and open another channel. Refused once somebody has set out for the door."""
        me = current()
        audit.note(recipient_id=recipient_id, **data)
        asked = ByHand(task_id, recipient_id, **data)
        opened = services.switch_channel(court=me.court, asked=asked, actor=Actor.of(me), now=utc_now())
        return ready(shown(me.court, opened.id), 201)


@blueprint.route("/tasks/<string:task_id>/withdraw")
class TaskWithdrawal(MethodView):
    @blueprint.arguments(BoardWithdrawTaskSchema)
    @blueprint.response(200, BoardTaskDetailSchema)
    @needs("tasks.edit", on="task:task_id", does="task.withdraw")
    def post(self, data: dict[str, Any], task_id: str) -> Any:
        """Withdraw the task with every open attempt and visit; what was tried stays."""
        me = current()
        audit.note(reason=data["reason"])
        services.withdraw_task(court=me.court, task_id=task_id, actor=Actor.of(me), now=utc_now(), **data)
        return ready(tasks.detail(me.court, task_id))


@blueprint.route("/tasks/<string:task_id>/recipients/<string:recipient_id>/withdraw")
class RecipientWithdrawal(MethodView):
    @blueprint.arguments(BoardReasonSchema)
    @blueprint.response(200, BoardTaskDetailSchema)
    @needs("tasks.edit", on="task:task_id", does="recipient.withdraw")
    def post(self, data: dict[str, str], task_id: str, recipient_id: str) -> Any:
        """Take one recipient out of the task."""
        me = current()
        audit.note(recipient_id=recipient_id, reason=data["reason"])
        services.withdraw_recipient(
            court=me.court,
            task_id=task_id,
            recipient_id=recipient_id,
            reason=data["reason"],
            actor=Actor.of(me),
            now=utc_now(),
        )
        return ready(tasks.detail(me.court, task_id))


@blueprint.route("/tasks/<string:task_id>/recipients/merge")
class RecipientMerge(MethodView):
    @blueprint.arguments(BoardMergeSchema)
    @blueprint.response(200, BoardTaskDetailSchema)
    @needs("tasks.edit", on="task:task_id", does="recipient.merge")
    def post(self, data: dict[str, str], task_id: str) -> Any:
        """Two recipients are one party: the attempts of `drop` go to `keep`. Splitting `drop` off again undoes it."""
        me = current()
        audit.note(**data)
        parties.merge(court=me.court, task_id=task_id, actor=Actor.of(me), now=utc_now(), **data)
        return ready(tasks.detail(me.court, task_id))


@blueprint.route("/tasks/<string:task_id>/recipients/<string:recipient_id>/split")
class RecipientSplit(MethodView):
    @blueprint.arguments(BoardSplitSchema)
    @blueprint.response(200, BoardTaskDetailSchema)
    @needs("tasks.edit", on="task:task_id", does="recipient.split")
    def post(self, data: dict[str, Any], task_id: str, recipient_id: str) -> Any:
        """Make a second recipient of one, or take a merge back."""
        me = current()
        audit.note(recipient_id=recipient_id, reason=data["reason"])
        asked = parties.Split(task_id, recipient_id, **{**data, "documents": tuple(data["documents"])})
        parties.split(court=me.court, asked=asked, actor=Actor.of(me), now=utc_now())
        return ready(tasks.detail(me.court, task_id))
