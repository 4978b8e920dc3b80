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


class BoardReceiptGivenSchema(Schema):
    reference = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "File number (档号) or the number of the archive's own receipt"},
    )
    received_by = fields.String(
        required=True, validate=validate.Length(1, 100), metadata={"description": "Who signed for it in the archive"}
    )
    received_at = fields.AwareDateTime(required=True)
    sha256 = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(64, 64),
        metadata={"description": "The package's hash as the archive's receipt names it; must be the package's own"},
    )


class BoardReceiptSchema(Schema):
    reference = fields.String(required=True)
    received_by = fields.String(required=True)
    received_at = fields.AwareDateTime(required=True)
    by_name = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    files = fields.Integer(required=True, metadata={"description": "Files the receipt covers, the package included"})
