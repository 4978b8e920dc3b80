"""Following service: by recipient, by case, the matrix, and the course replayed."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import PageQuerySchema, PageSchema, Text
from server.core.http import Schema

RECIPIENT_STATES = ("pending", "in_progress", "awaiting", "served", "failed", "withdrawn")


class BoardTrackingQuerySchema(PageQuerySchema):
    by = fields.String(load_default="recipient", validate=validate.OneOf(["recipient", "case"]))
    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(RECIPIENT_STATES))
    q = Text(most=60, load_default=None, allow_none=True, metadata={"description": "In case number or recipient name"})


class BoardTrackedAttemptSchema(Schema):
    id = fields.String(required=True)
    channel = fields.String(required=True)
    state = fields.String(required=True)
    opened_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)


class BoardTrackedRecipientSchema(Schema):
    task_id = fields.String(required=True)
    recipient_id = fields.String(required=True)
    case_id = fields.String(required=True)
    case_number = fields.String(required=True)
    cause = fields.String(required=True, allow_none=True)
    due_on = fields.String(required=True)
    task_state = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(RECIPIENT_STATES))
    served = fields.Boolean(required=True)
    served_at = fields.AwareDateTime(required=True, allow_none=True)
    awaits = fields.List(fields.String(), required=True)
    channel = fields.String(required=True, allow_none=True, metadata={"description": "The channel at work now"})
    node = fields.String(required=True, allow_none=True, metadata={"description": "The last step, in Chinese"})
    node_at = fields.AwareDateTime(required=True, allow_none=True)
    documents = fields.Integer(required=True)
    documents_served = fields.Integer(required=True)
    attempts = fields.List(fields.Nested(BoardTrackedAttemptSchema), required=True)


class BoardTrackedCaseSchema(Schema):
    case_id = fields.String(required=True)
    case_number = fields.String(required=True)
    cause = fields.String(required=True, allow_none=True)
    due_on = fields.String(required=True)
    tasks = fields.Integer(required=True)
    served = fields.Integer(required=True)
    withdrawn = fields.Integer(required=True)
    attempts = fields.Integer(required=True)
    node = fields.String(required=True, allow_none=True)
    node_at = fields.AwareDateTime(required=True, allow_none=True)
    recipients = fields.List(fields.Nested(BoardTrackedRecipientSchema), required=True)


class BoardTrackingSchema(PageSchema):
    """One of the two lists, as asked for with `by`."""

    by = fields.String(required=True)
    recipients = fields.List(fields.Nested(BoardTrackedRecipientSchema), required=True)
    cases = fields.List(fields.Nested(BoardTrackedCaseSchema), required=True)


class BoardCellSchema(Schema):
    """One document for one recipient: as decided, or as proposed while nobody has decided."""

    effect_id = fields.String(required=True)
    task_id = fields.String(required=True)
    recipient_id = fields.String(required=True)
    status = fields.String(required=True)
    state = fields.String(required=True)
    served = fields.Boolean(required=True)
    served_on = fields.String(required=True, allow_none=True)
    ends_on = fields.String(required=True, allow_none=True)
    article = fields.String(required=True, allow_none=True)
    confirm_by = fields.List(fields.String(), required=True)
    again_reason = fields.String(required=True, allow_none=True)
    live = fields.Boolean(required=True)
    attempts = fields.List(fields.Nested(BoardTrackedAttemptSchema), required=True)


class BoardMatrixColumnSchema(Schema):
    document = fields.String(required=True)
    items = fields.List(fields.Nested(BoardCellSchema), required=True)


class BoardMatrixRowSchema(Schema):
    party_id = fields.String(required=True)
    name = fields.String(required=True)
    cells = fields.List(fields.Nested(BoardMatrixColumnSchema), required=True)


class BoardMatrixSchema(Schema):
    """Recipient × document; a party that is served in several tasks has one row."""

    documents = fields.List(fields.String(), required=True)
    rows = fields.List(fields.Nested(BoardMatrixRowSchema), required=True)


class BoardFrameSchema(Schema):
    """How the task and its recipients stood after one step."""

    step_id = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    by_name = fields.String(required=True)
    what = fields.String(required=True)
    text = fields.String(required=True)
    recipient_id = fields.String(required=True, allow_none=True)
    task_state = fields.String(required=True)
    recipients = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class BoardReplaySchema(Schema):
    frames = fields.List(fields.Nested(BoardFrameSchema), required=True)
    agrees = fields.Boolean(required=True, metadata={"description": "The last frame is what is stored"})
    broken = fields.String(required=True, allow_none=True, metadata={"description": "First step that does not follow"})
