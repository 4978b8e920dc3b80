"""Shapes of signing in and of /api/me."""

from __future__ import annotations

from marshmallow import fields, validate

from server.core.http import Schema


class SignInSchema(Schema):
    username = fields.String(required=True, validate=validate.Length(1, 64), metadata={"example": "manager"})
    password = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)


class CourtSchema(Schema):
    code = fields.String(required=True, attribute="id")
    name = fields.String(required=True)


class PersonSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    staff_no = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    role_names = fields.List(fields.String(), required=True)
    court = fields.Nested(CourtSchema, required=True)


class MapSchema(Schema):
    """Which tiles the board may show; provider null means none: local geometry only."""

    provider = fields.String(allow_none=True, required=True)
    key = fields.String(allow_none=True)


class MeSchema(Schema):
    person = fields.Nested(PersonSchema, required=True)
    permissions = fields.List(fields.String(), required=True)
    csrf = fields.String(required=True, metadata={"description": "Send as X-CSRF-Token on every changing call"})
    live_url = fields.String(required=True)
    today = fields.Date(required=True)
    map = fields.Nested(MapSchema, required=True)


class SignedInSchema(Schema):
    csrf = fields.String(required=True)
    me = fields.Nested(MeSchema, required=True)
