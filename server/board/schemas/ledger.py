"""The exhaustion ledger and the clocks of a task."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Id, Text
from server.core.http import Schema


class BoardLedgerLineSchema(Schema):
    """One contact or channel; `tries` are ids of attempts, `evidence` ids of materials."""

    what = fields.String(required=True)
    label = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["tried", "excused", "open"]))
    state_label = fields.String(required=True)
    text = fields.String(required=True)
    tries = fields.List(fields.String(), required=True)
    evidence = fields.List(fields.String(), required=True)


class BoardNoticeApprovalSchema(Schema):
    """The judge's word on an announcement."""

    by_name = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    reason = fields.String(required=True)
    article = fields.String(required=True)


class BoardLedgerSchema(Schema):
    """`unlocked`: nothing is open and the law lets a judge announce; `approval`: the judge has."""

    lines = fields.List(fields.Nested(BoardLedgerLineSchema), required=True)
    complete = fields.Boolean(required=True)
    unlocked = fields.Boolean(required=True)
    article = fields.String(required=True)
    text = fields.String(required=True)
    rule_version = fields.String(required=True)
    approval = fields.Nested(BoardNoticeApprovalSchema, required=True, allow_none=True)


class BoardExcuseSchema(Schema):
    what = Id(required=True, metadata={"description": "A line of the ledger: a contact's id or a channel"})
    reason = Text(most=500, least=1, required=True, metadata={"example": "该地址房屋已拆除"})
    evidence = fields.List(Id(), required=True, validate=validate.Length(1, 20))


class BoardClockSchema(Schema):
    """One clock; `due_at` where the hour counts."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["running", "met", "overdue"]))
    due_on = fields.String(required=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    text = fields.String(required=True)
    article = fields.String(required=True)
    recipient_id = fields.String(required=True, allow_none=True)
    recipient_name = fields.String(required=True, allow_none=True)


class BoardClocksSchema(Schema):
    items = fields.List(fields.Nested(BoardClockSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
