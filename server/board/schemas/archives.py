"""Archive packages of cases."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import PageSchema
from server.board.schemas.paper_batches import BoardBatchProblemSchema
from server.core.http import Schema


class BoardArchiveSchema(Schema):
    id = fields.String(required=True)
    case_id = fields.String(required=True)
    case_number = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "The case's first, second … package"})
    state = fields.String(required=True, validate=validate.OneOf(["queued", "running", "done", "failed"]))
    files_total = fields.Integer(required=True)
    files_done = fields.Integer(required=True)
    bytes_done = fields.Integer(required=True)
    size = fields.Integer(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True)
    problem = fields.Nested(BoardBatchProblemSchema, required=True, allow_none=True)
    asked_by_name = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardArchivesSchema(PageSchema):
    items = fields.List(fields.Nested(BoardArchiveSchema), required=True)
