"""Second looks: what servers ask from the door, answered while they are still there."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.custody import (
    BoardLookAnswerSchema,
    BoardLookSchema,
    BoardLooksQuerySchema,
    BoardLooksSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.custody.services import looks
from server.service.actor import Actor

blueprint = make_blueprint("looks", "Second looks from the office while the server is at the door")


@blueprint.route("/looks")
class Looks(MethodView):
    @blueprint.arguments(BoardLooksQuerySchema, location="query")
    @blueprint.response(200, BoardLooksSchema)
    @needs("reviews.view")
    def get(self, query: dict[str, Any]) -> Any:
        """What waits comes oldest first; live news: look.asked, look.answered, look.expired."""
        found = looks.list_looks(court=current().court, **query)
        return ready(page_of(found.items, found.total, found.page, found.page_size))


@blueprint.route("/looks/<string:look_id>/answer")
class LookAnswer(MethodView):
    @blueprint.arguments(BoardLookAnswerSchema)
    @blueprint.response(200, BoardLookSchema)
    @needs("reviews.decide", on="look:look_id", does="look.answer")
    def post(self, data: dict[str, Any], look_id: str) -> Any:
        """Nothing seems missing (fine), or what is still wanted (more, with the reason): the phone hears it at once."""
        me = current()
        found = looks.answer(court=me.court, look_id=look_id, actor=Actor.of(me), now=utc_now(), **data)
        audit.change(before={"look": "asked"}, after={"look": found["state"]})
        audit.note(visit_id=found["visit_id"], reason=found["reason"] or "")
        return ready(found)
