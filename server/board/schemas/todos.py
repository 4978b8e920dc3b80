"""Things to do as the board sees them."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Id, PageQuerySchema, PageSchema, Text, version
from server.core.http import Schema
from server.service.intake_changes import CHANNEL_NAMES
from server.service.machines import TODO
from server.service.todo_rules import COURT_STAFF, JUDGE, KINDS, SPECIALIST

CHANNELS = tuple(CHANNEL_NAMES)
TODO_STATES = tuple(TODO.states)
TODO_FOR = (SPECIALIST, COURT_STAFF, JUDGE)


class BoardTodoQuerySchema(PageQuerySchema):
    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(TODO_STATES))
    overdue = fields.Boolean(load_default=None, allow_none=True, metadata={"description": "Only the red list"})
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(list(KINDS)))
    task_id = Id(load_default=None, allow_none=True)
    mine = fields.Boolean(load_default=False, metadata={"description": "Only what one has taken oneself"})
    meant_for = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(TODO_FOR))


class BoardWaySchema(Schema):
    """One way of service with the law's word on it."""

    channel = fields.String(required=True, metadata={"description": "Empty: people must find a way on"})
    label = fields.String(required=True)
    verdict = fields.String(required=True)
    article = fields.String(required=True)
    text = fields.String(required=True)


class BoardProposalSchema(BoardWaySchema):
    others = fields.List(fields.Nested(BoardWaySchema), required=True)


class BoardTodoSchema(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    kind_label = fields.String(required=True)
    task_id = fields.String(required=True)
    recipient_id = fields.String(required=True, allow_none=True)
    recipient_name = fields.String(required=True, allow_none=True)
    attempt_id = fields.String(required=True, allow_none=True)
    effect_id = fields.String(required=True, allow_none=True)
    case_number = fields.String(required=True)
    meant_for = fields.String(required=True, validate=validate.OneOf(TODO_FOR))
    text = fields.String(required=True)
    rule = fields.String(required=True)
    article = fields.String(required=True, allow_none=True)
    proposal = fields.Nested(BoardProposalSchema, required=True, allow_none=True)
    opened_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)
    overdue = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(TODO_STATES))
    taken_by = fields.String(required=True, allow_none=True)
    taken_by_name = fields.String(required=True, allow_none=True)
    taken_at = fields.AwareDateTime(required=True, allow_none=True)
    result = fields.String(required=True, allow_none=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    closed_by_name = fields.String(required=True, allow_none=True)


class BoardTodosSchema(PageSchema):
    items = fields.List(fields.Nested(BoardTodoSchema), required=True)
    overdue = fields.Integer(required=True, metadata={"description": "How many of these are on the red list"})


class BoardTodoTakeSchema(Schema):
    """Take it; with a channel, also open that way at once. Over from another: a reason and the version seen."""

    channel = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(CHANNELS))
    reason = Text(most=500, load_default="")
    contact_point_id = Id(load_default=None, allow_none=True)
    confirmed = fields.Boolean(load_default=False)
    version = version()


class BoardTodoCloseSchema(Schema):
    result = Text(most=500, load_default="", metadata={"example": "已与申请人核实新的电话号码"})
