"""Shapes of signing in and of /api/me."""

from __future__ import annotations

from marshmallow import EXCLUDE, fields, validate

from server.core.http import Schema

_NEXT = {"description": "done, second_factor, enrol, password"}


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
    stage = fields.String(required=True, metadata={"description": "full, second_factor, enrol, password"})
    next = fields.String(required=True, metadata=_NEXT)
    second_factor = fields.Boolean(required=True, metadata={"description": "An authenticator app is enrolled"})
    bound = fields.Boolean(required=True, metadata={"description": "A phone is bound that can confirm a sign-in"})
    password_expires_on = fields.Date(required=True, allow_none=True)
    courts = fields.List(
        fields.Nested(CourtSchema),
        required=True,
        metadata={"description": "Where one may act, own court first, at most 200; X-Songda-Court chooses one"},
    )
    csrf = fields.String(required=True, metadata={"description": "Send as X-CSRF-Token on every changing call"})
    live_url = fields.String(required=True)
    today = fields.Date(required=True)
    map = fields.Nested(MapSchema, required=True)


class SignedInSchema(Schema):
    csrf = fields.String(required=True)
    next = fields.String(required=True, metadata=_NEXT)
    me = fields.Nested(MeSchema, required=True)


class CodeSchema(Schema):
    code = fields.String(
        required=True,
        validate=validate.Length(6, 32),
        load_only=True,
        metadata={"description": "Six digits of the app, or a recovery code", "example": "123456"},
    )


class PasswordChangeSchema(Schema):
    old = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)
    new = fields.String(required=True, validate=validate.Length(1, 256), load_only=True)


class TotpStateSchema(Schema):
    enrolled = fields.Boolean(required=True)
    confirmed_at = fields.AwareDateTime(required=True, allow_none=True)
    recovery_left = fields.Integer(required=True)


class EnrolmentSchema(Schema):
    secret = fields.String(required=True, metadata={"description": "Base 32, to be typed where no camera is"})
    uri = fields.String(required=True, metadata={"description": "otpauth://"})
    qr_svg = fields.String(required=True, metadata={"description": "The uri as a QR code: an svg element"})


class EnrolledSchema(SignedInSchema):
    recovery_codes = fields.List(fields.String(), required=True, metadata={"description": "Told once"})


class ScanShownSchema(Schema):
    challenge = fields.String(required=True)
    qr_svg = fields.String(required=True, metadata={"description": "An svg element"})
    expires_at = fields.AwareDateTime(required=True)


class ScanStateSchema(Schema):
    state = fields.String(required=True, metadata={"description": "waiting, confirmed, expired"})
    next = fields.String(required=True, metadata=_NEXT)
    csrf = fields.String()
    me = fields.Nested(MeSchema)


class OidcWaySchema(Schema):
    provider = fields.String(required=True)
    label = fields.String(required=True)


class WaysSchema(Schema):
    password = fields.Boolean(required=True)
    oidc = fields.List(fields.Nested(OidcWaySchema), required=True)
    ldap = fields.Boolean(required=True)


class OidcReturnSchema(Schema):
    """What a provider appends to the address: of it only these two are read."""

    class Meta:
        unknown = EXCLUDE

    state = fields.String(load_default="", validate=validate.Length(max=128))
    code = fields.String(load_default="", validate=validate.Length(max=2048))


class OwnSessionSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"description": "web, phone"})
    how = fields.String(required=True, metadata={"description": "password, oidc, ldap, wechat"})
    stage = fields.String(required=True)
    device = fields.String(required=True, allow_none=True)
    agent = fields.String(required=True)
    remote = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    last_seen_at = fields.AwareDateTime(required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True)
    this = fields.Boolean(required=True)


class OwnSessionsSchema(Schema):
    items = fields.List(fields.Nested(OwnSessionSchema), required=True)
