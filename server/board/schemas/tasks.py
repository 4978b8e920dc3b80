"""Service tasks as specialists see them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from server.board.fields import Id, PageQuerySchema, PageSchema, Text, span, version
from server.core.http import Schema

STATES = ("pending_review", "in_progress", "completed", "returned", "withdrawn")


class BoardTaskQuerySchema(PageQuerySchema):
    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATES))
    q = Text(most=60, load_default=None, allow_none=True, metadata={"description": "In case number or recipient name"})


class BoardDocumentSchema(Schema):
    name = fields.String(required=True)
    copies = fields.Integer(required=True)


class BoardLockSchema(Schema):
    channel = fields.String(required=True)
    rule = fields.String(required=True)
    attempt_id = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class BoardRecipientSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    standing = fields.String(required=True, allow_none=True)
    id_mask = fields.String(required=True, allow_none=True)
    phone_mask = fields.String(required=True, allow_none=True)
    address = fields.String(required=True)
    address_basis = fields.String(required=True)
    state = fields.String(required=True)
    lock = fields.Nested(BoardLockSchema, required=True, allow_none=True)
    served_at = fields.AwareDateTime(required=True, allow_none=True)
    awaits = fields.List(fields.String(), required=True, metadata={"description": "Whose word is awaited"})
    documents = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Names meant for this one; empty for all of the task's"},
    )
    merged_into = fields.String(required=True, allow_none=True)


class BoardTaskSchema(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    case_id = fields.String(required=True)
    case_number = fields.String(required=True)
    case_kind = fields.String(required=True)
    cause = fields.String(required=True, allow_none=True)
    procedure = fields.String(required=True, allow_none=True)
    judge_name = fields.String(required=True, allow_none=True)
    clerk_name = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    return_reason = fields.String(required=True, allow_none=True)
    due_on = fields.String(required=True)
    hearing_at = fields.AwareDateTime(required=True, allow_none=True)
    windows = fields.List(span(), required=True)
    remarks = fields.List(fields.String(), required=True)
    recipients = fields.List(fields.Nested(BoardRecipientSchema), required=True)
    documents = fields.List(fields.Nested(BoardDocumentSchema), required=True)
    origin = fields.String(required=True)
    updated_at = fields.AwareDateTime(required=True)
    completed_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardTasksSchema(PageSchema):
    items = fields.List(fields.Nested(BoardTaskSchema), required=True)


class BoardAttemptSchema(Schema):
    id = fields.String(required=True)
    recipient_id = fields.String(required=True)
    channel = fields.String(required=True)
    rule = fields.String(required=True)
    state = fields.String(required=True)
    opened_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    outcome_label = fields.String(required=True, allow_none=True)
    happened_at = fields.AwareDateTime(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True, metadata={"description": "How it ended, in a sentence"})
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why a person chose the channel"})
    opened_by_name = fields.String(required=True, allow_none=True)
    closed_by_name = fields.String(required=True, allow_none=True)
    visit_id = fields.String(required=True, allow_none=True)


class BoardStepSchema(Schema):
    """One line of the timeline: who, when, what, with which receipt (T9)."""

    at = fields.AwareDateTime(required=True)
    by_name = fields.String(required=True)
    what = fields.String(required=True)
    text = fields.String(required=True)
    recipient_id = fields.String(required=True, allow_none=True)
    receipt = fields.String(required=True, allow_none=True)


class BoardTaskDetailSchema(BoardTaskSchema):
    attempts = fields.List(fields.Nested(BoardAttemptSchema), required=True)
    steps = fields.List(fields.Nested(BoardStepSchema), required=True)


class BoardTaskReviewSchema(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(["approve", "return"]))
    reason = Text(most=500, load_default=None, allow_none=True)
    again = fields.Boolean(
        load_default=False, metadata={"description": "Serve again on purpose what is served elsewhere, for this reason"}
    )
    version = version()


class BoardTaskReviewBatchSchema(Schema):
    task_ids = fields.List(Id(), load_default=None, validate=validate.Length(1, 1000))
    all_pending = fields.Boolean(load_default=False)

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        if bool(data.get("task_ids")) == bool(data.get("all_pending")):
            raise ValidationError("task_ids 与 all_pending 必须且只能填一项")


class BoardRefusedTaskSchema(Schema):
    task_id = fields.String(required=True)
    case_number = fields.String(required=True)
    code = fields.String(required=True, metadata={"example": "task.double_service"})
    title = fields.String(required=True)


class BoardApprovedSchema(Schema):
    """What went into force, and what stayed pending and why."""

    approved = fields.Integer(required=True)
    refused = fields.List(fields.Nested(BoardRefusedTaskSchema), required=True)
