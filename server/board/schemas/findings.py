"""Findings of the cross-record watch."""

from __future__ import annotations

from marshmallow import fields, validate

from evidence.watch import KINDS
from server.board.fields import Day, PageQuerySchema, PageSchema, Text
from server.core.http import Schema

_STATES = ("open", "explained", "confirmed")


class BoardFindingQuerySchema(PageQuerySchema):
    date = Day(load_default=None, allow_none=True)
    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(_STATES))
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(list(KINDS)))


class BoardFindingServerSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class BoardFindingVisitSchema(Schema):
    """A visit of a finding. Case, recipient and witness are null unless the asker may see the visit itself."""

    id = fields.String(required=True)
    date = fields.String(required=True)
    server_name = fields.String(required=True, allow_none=True)
    outcome_label = fields.String(required=True, allow_none=True)
    happened_at = fields.AwareDateTime(required=True, allow_none=True)
    within_reach = fields.Boolean(required=True)
    case_number = fields.String(required=True, allow_none=True)
    recipient_name = fields.String(required=True, allow_none=True)
    witness_name = fields.String(required=True, allow_none=True)


class BoardFindingSchema(Schema):
    id = fields.String(required=True)
    date = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    kind_label = fields.String(required=True, metadata={"example": "两次上门之间移动速度不可能"})
    score = fields.Float(required=True, metadata={"description": "0 … 1: how unusual"})
    text = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(_STATES))
    found_at = fields.AwareDateTime(required=True)
    servers = fields.List(fields.Nested(BoardFindingServerSchema), required=True)
    visits = fields.List(fields.Nested(BoardFindingVisitSchema), required=True)
    evidence_ids = fields.List(fields.String(), required=True)
    facts = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)
    by_name = fields.String(required=True, allow_none=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class BoardFindingsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardFindingSchema), required=True)


class BoardFindingDecideSchema(Schema):
    state = fields.String(required=True, validate=validate.OneOf(_STATES[1:]))
    reason = Text(most=500, least=1, required=True)


class BoardFindingsRunSchema(Schema):
    date = Day(required=True)


class BoardWatchedSchema(Schema):
    date = fields.String(required=True)
    found = fields.Integer(required=True)
    new = fields.Integer(required=True, metadata={"description": "Not there before this run"})
