"""Texts of the papers, per court."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Text
from server.core.http import Schema
from server.papers.kinds import KINDS
from server.reports.wordings import WORDING_STATES

_KIND = validate.OneOf(list(KINDS))
_MOST = 4000


class BoardWordingQuerySchema(Schema):
    kind = fields.String(load_default=None, validate=_KIND)


class BoardWordingDraftSchema(Schema):
    kind = fields.String(required=True, validate=_KIND)
    texts = fields.Dict(
        keys=Text(most=40),
        values=Text(most=_MOST),
        required=True,
        metadata={"description": "Block name to text; only blocks that differ. Empty: back to the shipped wording"},
    )
    note = Text(most=500, load_default="")


class BoardWordingPreviewSchema(Schema):
    kind = fields.String(required=True, validate=_KIND)
    texts = fields.Dict(keys=Text(most=40), values=Text(most=_MOST), required=True)


class BoardWordingSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True, validate=_KIND)
    title = fields.String(required=True)
    version = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(WORDING_STATES))
    in_force = fields.Boolean(required=True)
    texts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    note = fields.String(required=True)
    drafted_by_name = fields.String(required=True)
    drafted_at = fields.AwareDateTime(required=True)
    approved_by_name = fields.String(required=True, allow_none=True)
    approved_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardWordingsSchema(Schema):
    items = fields.List(fields.Nested(BoardWordingSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class BoardWordingPlaceholderSchema(Schema):
    name = fields.String(required=True)
    text = fields.String(required=True)


class BoardWordingBlockSchema(Schema):
    name = fields.String(required=True)
    label = fields.String(required=True)
    text = fields.String(required=True)
    most = fields.Integer(required=True)
    placeholders = fields.List(fields.String(), required=True)
    required_placeholders = fields.List(fields.String(), required=True)
    must_say = fields.List(fields.String(), required=True)


class BoardWordingDefaultsSchema(Schema):
    kind = fields.String(required=True, validate=_KIND)
    title = fields.String(required=True)
    version = fields.String(required=True)
    placeholders = fields.List(fields.Nested(BoardWordingPlaceholderSchema), required=True)
    blocks = fields.List(fields.Nested(BoardWordingBlockSchema), required=True)


class BoardWordingDefaultsListSchema(Schema):
    items = fields.List(fields.Nested(BoardWordingDefaultsSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
