"""Batches of papers."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate, validates_schema

from server.board.fields import Day, PageSchema
from server.core.http import Schema


class BoardBatchWishSchema(Schema):
    """Exactly one of visit_ids, task_ids, day (all accepted visits of that day without this paper)."""

    kind = fields.String(required=True, metadata={"example": "proof"})
    visit_ids = fields.List(fields.String(), validate=validate.Length(1, 2000))
    task_ids = fields.List(fields.String(), validate=validate.Length(1, 2000))
    day = Day()
    fields_ = fields.Dict(data_key="fields", load_default=dict, metadata={"description": "As typed, for every row"})
    seal = fields.Boolean(load_default=False, metadata={"description": "Needs papers.seal"})

    @validates_schema
    def _one_of(self, data: dict[str, object], **_: object) -> None:
        if sum(name in data for name in ("visit_ids", "task_ids", "day")) != 1:
            raise ValidationError("请选择上门、任务或者日期中的一种")


class BoardBatchProblemSchema(Schema):
    code = fields.String(required=True)
    title = fields.String(required=True)


class BoardBatchRowSchema(Schema):
    number = fields.Integer(required=True)
    visit_id = fields.String(required=True, allow_none=True)
    task_id = fields.String(required=True, allow_none=True)
    recipient_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(["waiting", "done", "failed", "stopped"]))
    paper_id = fields.String(required=True, allow_none=True)
    problem = fields.Nested(BoardBatchProblemSchema, required=True, allow_none=True)


class BoardPaperBatchSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True, metadata={"example": "送达回证"})
    state = fields.String(required=True, validate=validate.OneOf(["running", "finishing", "done", "stopped"]))
    total = fields.Integer(required=True)
    done = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    elapsed_s = fields.Float(required=True)
    wants_seal = fields.Boolean(required=True)
    pages = fields.Integer(required=True, allow_none=True, metadata={"description": "Of the merged PDF"})
    has_file = fields.Boolean(required=True)
    asked_by_name = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardPaperBatchDetailSchema(BoardPaperBatchSchema):
    rows = fields.List(fields.Nested(BoardBatchRowSchema), required=True)


class BoardPaperBatchesSchema(PageSchema):
    items = fields.List(fields.Nested(BoardPaperBatchSchema), required=True)


class BoardBatchFileQuerySchema(Schema):
    as_ = fields.String(data_key="as", load_default="pdf", validate=validate.OneOf(["pdf", "zip"]))
