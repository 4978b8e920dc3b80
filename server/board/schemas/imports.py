"""Import runs."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from server.board.fields import Day, PageSchema
from server.core.http import Schema


class BoardImportFileSchema(Schema):
    file = Upload(required=True, metadata={"description": "xlsx or csv, at most 25 MB"})


class BoardImportFormSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(["cases", "servers"]))
    day = Day(load_default=None, allow_none=True)


class BoardImportProblemSchema(Schema):
    row = fields.Integer(required=True, metadata={"description": "As a spreadsheet shows it"})
    column = fields.String(required=True)
    code = fields.String(required=True, metadata={"example": "import.bad_id_number"})
    reason = fields.String(required=True)
    value = fields.String(required=True, metadata={"description": "Personal values are masked"})
    level = fields.String(required=True, validate=validate.OneOf(["error", "warning"]))


class BoardImportCountsSchema(Schema):
    rows = fields.Integer(required=True)
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    bad = fields.Integer(required=True)
    warnings = fields.Integer(required=True)


class BoardFailureSchema(Schema):
    """Why a whole run failed: the problem document."""

    code = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer()


class BoardImportRunSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True)
    day = fields.String(required=True, allow_none=True)
    filename = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["queued", "running", "done", "failed"]))
    rows_total = fields.Integer(required=True)
    rows_done = fields.Integer(required=True)
    counts = fields.Nested(BoardImportCountsSchema, required=True)
    problems = fields.List(fields.Nested(BoardImportProblemSchema), required=True)
    problems_total = fields.Integer(required=True)
    failure = fields.Nested(BoardFailureSchema, required=True, allow_none=True)
    created_by_name = fields.String(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardImportRunsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardImportRunSchema), required=True)
