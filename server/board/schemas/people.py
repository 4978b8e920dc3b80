"""People as administrators see them: what is asked and what is answered."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import ValidationError, fields, validate

from server.board.fields import Day, Id, PageSchema, Text
from server.core.http import Schema

SCOPES = ("own", "division", "court", "below")


class RealDay(Day):
    """A day that is in the calendar."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            dt.date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError("日期不存在") from error
        return text


def seen_version() -> fields.Integer:
    """The version of the thing as the caller saw it."""
    return fields.Integer(required=True, validate=validate.Range(1, 2**31), metadata={"example": 1})


def scope(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(SCOPES), metadata={"example": "court"}, **kwargs)


def court_code(**kwargs: Any) -> Text:
    return Text(least=1, most=16, metadata={"example": "京0102"}, **kwargs)


class BoardVersionSchema(Schema):
    """Of a call that needs nothing else, in the body or in the query."""

    version = seen_version()


class BoardGrantAskedSchema(Schema):
    role = Id(required=True)
    scope = scope(load_default=None, allow_none=True)
    until_on = RealDay(load_default=None, allow_none=True)


class BoardPeopleQuerySchema(Schema):
    q = Text(load_default=None, allow_none=True, most=64)
    role = Id(load_default=None, allow_none=True)
    group = Id(load_default=None, allow_none=True)
    division = Id(load_default=None, allow_none=True)
    state = fields.String(load_default="active", validate=validate.OneOf(["active", "left", "all"]))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=200, validate=validate.Range(1, 500))


class BoardNamedSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)


class BoardCourtNamedSchema(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)


class BoardGrantSchema(Schema):
    """A role somebody holds; `scope` is how far it reaches, by itself or as given."""

    role = fields.String(required=True)
    role_name = fields.String(required=True)
    scope = fields.String(allow_none=True)
    until_on = fields.Date(allow_none=True)
    from_group = fields.String(allow_none=True, metadata={"description": "The group that gives it; null: direct"})


class BoardSecondmentSchema(Schema):
    id = fields.String(required=True)
    court = fields.Nested(BoardCourtNamedSchema, required=True)
    division = fields.Nested(BoardNamedSchema, allow_none=True)
    grants = fields.List(fields.Nested(BoardGrantSchema), required=True)
    from_on = fields.Date(required=True)
    until_on = fields.Date(required=True)


class BoardAgreementSchema(Schema):
    signed_on = fields.Date(required=True)
    until_on = fields.Date(allow_none=True)


class BoardHeldPermissionSchema(Schema):
    code = fields.String(required=True)
    label = fields.String(required=True)
    scope = fields.String(required=True)
    seat = fields.String(required=True, metadata={"description": "The court (and division) it is held from, Chinese"})


class BoardPersonSchema(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    court = fields.Nested(BoardCourtNamedSchema, required=True)
    division = fields.Nested(BoardNamedSchema, allow_none=True)
    username = fields.String(required=True)
    name = fields.String(required=True)
    staff_no = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    role_names = fields.List(fields.String(), required=True)
    grants = fields.List(fields.Nested(BoardGrantSchema), required=True)
    groups = fields.List(fields.Nested(BoardNamedSchema), required=True)
    secondments = fields.List(fields.Nested(BoardSecondmentSchema), required=True)
    agreement = fields.Nested(BoardAgreementSchema, allow_none=True)
    joined_on = fields.Date(allow_none=True)
    left_on = fields.Date(allow_none=True)
    leave_reason = fields.String(allow_none=True)
    active = fields.Boolean(required=True)
    bound = fields.Boolean(required=True, metadata={"description": "A WeChat account is bound"})
    second_factor = fields.Boolean(required=True)
    must_change_password = fields.Boolean(required=True)
    last_seen_at = fields.AwareDateTime(allow_none=True)
    permissions = fields.List(
        fields.Nested(BoardHeldPermissionSchema), metadata={"description": "Only when one person is asked for"}
    )


class BoardPeopleSchema(PageSchema):
    items = fields.List(fields.Nested(BoardPersonSchema), required=True)


class BoardPersonAskedSchema(Schema):
    """A new person: no roles here, they are given by whoever may."""

    username = fields.String(
        required=True,
        validate=validate.Regexp(r"\A[A-Za-z0-9][A-Za-z0-9._@-]{1,63}\Z", error="用户名由字母、数字和 . _ @ - 组成"),
    )
    name = Text(required=True, least=1, most=64)
    staff_no = fields.String(
        required=True, validate=validate.Regexp(r"\A[0-9A-Za-z-]{1,32}\Z", error="工号只能由字母、数字和连字符组成")
    )
    division = Id(load_default=None, allow_none=True)
    joined_on = RealDay(load_default=None, allow_none=True)
    password = fields.String(load_default=None, allow_none=True, load_only=True, validate=validate.Length(1, 256))


class BoardPersonRegisteredSchema(Schema):
    person = fields.Nested(BoardPersonSchema, required=True)
    one_time_password = fields.String(
        allow_none=True, metadata={"description": "Told once; null when a password was given"}
    )


class BoardPersonChangesSchema(Schema):
    """Only what is there changes; null takes a division or first day away."""

    version = seen_version()
    name = Text(least=1, most=64)
    staff_no = fields.String(
        validate=validate.Regexp(r"\A[0-9A-Za-z-]{1,32}\Z", error="工号只能由字母、数字和连字符组成")
    )
    division = Id(allow_none=True)
    joined_on = RealDay(allow_none=True)


class BoardAgreementAskedSchema(Schema):
    version = seen_version()
    signed_on = RealDay(required=True)
    until_on = RealDay(load_default=None, allow_none=True)


class BoardLeaveSchema(Schema):
    version = seen_version()
    left_on = RealDay(required=True)
    reason = Text(required=True, least=1, most=200)
    force = fields.Boolean(
        load_default=False, metadata={"description": "Even while visits of today are still with this person"}
    )


class BoardReturnSchema(Schema):
    version = seen_version()
    joined_on = RealDay(required=True)


class BoardGrantsAskedSchema(Schema):
    version = seen_version()
    grants = fields.List(fields.Nested(BoardGrantAskedSchema), required=True, validate=validate.Length(0, 50))
    groups = fields.List(Id(), required=True, validate=validate.Length(0, 50))


class BoardSecondmentAskedSchema(Schema):
    version = seen_version()
    court = court_code(required=True)
    division = Id(load_default=None, allow_none=True)
    grants = fields.List(fields.Nested(BoardGrantAskedSchema), required=True, validate=validate.Length(1, 50))
    from_on = RealDay(required=True)
    until_on = RealDay(required=True)


class BoardOneTimePasswordSchema(Schema):
    one_time_password = fields.String(required=True, metadata={"description": "Told once; to be changed at sign-in"})


class BoardEndedSchema(Schema):
    ended = fields.Integer(required=True)


class BoardSessionSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True)
    how = fields.String(required=True)
    device = fields.String(allow_none=True)
    agent = fields.String(allow_none=True)
    remote = fields.String(allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    last_seen_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime(required=True)


class BoardSessionsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardSessionSchema), required=True)


class BoardBindCodeSchema(Schema):
    bind_code = fields.String(required=True, metadata={"example": "04718395"})
    expires_at = fields.AwareDateTime(required=True)
