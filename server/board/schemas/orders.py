"""Papers asked for by hand."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Id, Text
from server.board.schemas.visits import BoardPaperSchema, BoardPapersProblemSchema
from server.core.http import Schema
from server.papers.kinds import KINDS


class BoardPaperChoiceSchema(Schema):
    code = fields.String(required=True)
    label = fields.String(required=True)


class BoardPaperFieldSchema(Schema):
    name = fields.String(required=True)
    label = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["text", "long", "day", "number", "choice", "lines"]))
    required = fields.Boolean(required=True)
    hint = fields.String(required=True)
    choices = fields.List(fields.Nested(BoardPaperChoiceSchema), required=True)


class BoardPaperKindSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    title = fields.String(required=True)
    about = fields.String(required=True, validate=validate.OneOf(["task", "recipient", "attempt"]))
    needs_seal = fields.Boolean(required=True)
    template_version = fields.String(required=True)
    fields_ = fields.List(fields.Nested(BoardPaperFieldSchema), required=True, data_key="fields", attribute="fields")


class BoardPaperKindsSchema(Schema):
    items = fields.List(fields.Nested(BoardPaperKindSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class BoardPaperWishSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    recipient_id = Id(load_default=None, allow_none=True)
    typed = fields.Dict(
        keys=Text(most=40),
        load_default=dict,
        data_key="fields",
        attribute="fields",
        metadata={"description": "By the names GET paper-kinds lists"},
    )
    seal = fields.Boolean(load_default=False, metadata={"description": "Needs papers.seal"})


class BoardPaperOrderSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    recipient_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(["queued", "made", "failed"]))
    problem = fields.Nested(BoardPapersProblemSchema, required=True, allow_none=True)
    paper_id = fields.String(required=True, allow_none=True)
    asked_by_name = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    done_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardTaskPapersSchema(Schema):
    papers = fields.List(fields.Nested(BoardPaperSchema), required=True)
    orders = fields.List(fields.Nested(BoardPaperOrderSchema), required=True)
