"""People of the court, and codes that bind their phones."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import PageSchema
from server.core.http import Schema


class BoardPeopleQuerySchema(Schema):
    role = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(["court_admin", "manager", "specialist", "process_server", "judge", "clerk"]),
    )


class BoardPersonSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    staff_no = fields.String(required=True)
    username = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    role_names = fields.List(fields.String(), required=True)
    bound = fields.Boolean(required=True, metadata={"description": "A WeChat account is bound"})
    active = fields.Boolean(required=True)


class BoardPeopleSchema(PageSchema):
    items = fields.List(fields.Nested(BoardPersonSchema), required=True)


class BoardBindCodeSchema(Schema):
    bind_code = fields.String(required=True, metadata={"example": "04718395"})
    expires_at = fields.AwareDateTime(required=True)
