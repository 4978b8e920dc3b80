"""Things to do with a clock: the list with its red part first, taking, putting back, closing with a result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.todos import (
    BoardTodoCloseSchema,
    BoardTodoQuerySchema,
    BoardTodoSchema,
    BoardTodosSchema,
    BoardTodoTakeSchema,
)
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.permissions import current, needs
from server.service.actor import Actor
from server.service.services import todos
from server.service.todo_rules import KINDS

blueprint = make_blueprint("todos", "Things to do with a clock")

_PLAIN = (
    *("recipient_id", "recipient_name", "attempt_id", "effect_id", "article", "taken_by", "taken_by_name", "taken_at"),
    *("result", "closed_at", "closed_by_name"),
)
_ALWAYS = (
    *("version", "kind", "task_id", "case_number", "meant_for", "text", "rule"),
    *("opened_at", "due_at", "state"),
)


def shown(todo: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A raw thing to do as the board answers it."""
    return {
        "id": todo["_id"],
        **{name: todo[name] for name in _ALWAYS},
        **{name: todo.get(name) for name in _PLAIN},
        "kind_label": KINDS[todo["kind"]],
        "proposal": _proposal(todo.get("proposal")),
        "overdue": todo["state"] in ("open", "taken") and todo["due_at"] < now,
    }


def _proposal(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: one for name, one in stored.items() if name != "rule_version"} if stored else None


@blueprint.route("/todos")
class Todos(MethodView):
    @blueprint.arguments(BoardTodoQuerySchema, location="query")
    @blueprint.response(200, BoardTodosSchema)
    @needs("todos.work", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """What is to be done, overdue first; without a state, what is not done yet."""
        now = utc_now()
        me = current()
        taken_by = me.person_id if query.pop("mine") else None
        found = todos.list_todos(within=objects.within("todo", me, "todos.work"), now=now, taken_by=taken_by, **query)
        items = [shown(one, now) for one in found.items]
        return ready({**page_of(items, found.total, found.page, found.page_size), "overdue": found.overdue})


@blueprint.route("/todos/<string:todo_id>/take")
class TodoTake(MethodView):
    @blueprint.arguments(BoardTodoTakeSchema)
    @blueprint.response(200, BoardTodoSchema)
    @needs("todos.work", on="todo:todo_id", does="todo.take")
    def post(self, data: dict[str, Any], todo_id: str) -> Any:
        """See to it oneself. With a channel the recipient's next way is opened at once: that asks attempts.edit too."""
        me, now = current(), utc_now()
        if data["channel"] is None:
            done = todos.take(
                court=me.court,
                todo_id=todo_id,
                actor=Actor.of(me),
                now=now,
                reason=data["reason"],
                version=data["version"],
            )
        else:
            held = todos.get(court=me.court, todo_id=todo_id)
            objects.locate("task", held["task_id"], me, "attempts.edit")
            way = todos.Way(data["channel"], data["reason"], data["contact_point_id"], data["confirmed"])
            done = todos.switch(court=me.court, todo_id=todo_id, asked=way, actor=Actor.of(me), now=now)
        audit.note(kind=done["kind"], task_id=done["task_id"], channel=data["channel"] or "", reason=data["reason"])
        return ready(shown(done, now))


@blueprint.route("/todos/<string:todo_id>/put-back")
class TodoPutBack(MethodView):
    @blueprint.response(200, BoardTodoSchema)
    @needs("todos.work", on="todo:todo_id", does="todo.put_back")
    def post(self, todo_id: str) -> Any:
        """Give back what one has taken."""
        me, now = current(), utc_now()
        return ready(shown(todos.put_back(court=me.court, todo_id=todo_id, actor=Actor.of(me), now=now), now))


@blueprint.route("/todos/<string:todo_id>/close")
class TodoClose(MethodView):
    @blueprint.arguments(BoardTodoCloseSchema)
    @blueprint.response(200, BoardTodoSchema)
    @needs("todos.work", on="todo:todo_id", does="todo.close")
    def post(self, data: dict[str, Any], todo_id: str) -> Any:
        """Done, with what came of it."""
        me, now = current(), utc_now()
        done = todos.close(court=me.court, todo_id=todo_id, result=data["result"], actor=Actor.of(me), now=now)
        audit.note(kind=done["kind"], task_id=done["task_id"], result=data["result"])
        return ready(shown(done, now))
