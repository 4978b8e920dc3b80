"""Groups, roles, permissions, courts, divisions, turnover: what is asked and what is answered."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Id, PageSchema, Text
from server.board.schemas.people import (
    BoardGrantAskedSchema,
    BoardGrantSchema,
    RealDay,
    court_code,
    scope,
    seen_version,
)
from server.core.http import Schema

_CODES = validate.Length(0, 100)


class BoardMemberSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    staff_no = fields.String(required=True)


class BoardGroupSchema(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    grants = fields.List(fields.Nested(BoardGrantSchema), required=True)
    members = fields.List(fields.Nested(BoardMemberSchema), required=True)


class BoardGroupsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardGroupSchema), required=True)


class BoardGroupAskedSchema(Schema):
    name = Text(required=True, least=1, most=64)
    grants = fields.List(fields.Nested(BoardGrantAskedSchema), required=True, validate=validate.Length(0, 50))


class BoardGroupChangesSchema(Schema):
    version = seen_version()
    name = Text(load_default=None, least=1, most=64)
    grants = fields.List(fields.Nested(BoardGrantAskedSchema), load_default=None, validate=validate.Length(0, 50))


class BoardRoleSchema(Schema):
    id = fields.String(required=True)
    court = fields.String(allow_none=True, metadata={"description": "Null: seeded, the same everywhere"})
    seeded = fields.Boolean(required=True)
    name = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)
    grants = fields.List(fields.String(), required=True, metadata={"description": "May be handed out, not used"})
    scope = fields.String(required=True)
    privileged = fields.Boolean(required=True, metadata={"description": "Holders sign in with a second factor"})
    holders = fields.Integer(required=True)
    version = fields.Integer(required=True)
    editable = fields.Boolean(required=True)


class BoardRolesSchema(PageSchema):
    items = fields.List(fields.Nested(BoardRoleSchema), required=True)


class BoardRoleAskedSchema(Schema):
    """What is not given is taken from the role it is a copy of."""

    name = Text(required=True, least=1, most=64)
    permissions = fields.List(fields.String(), load_default=None, validate=_CODES)
    grants = fields.List(fields.String(), load_default=None, validate=_CODES)
    scope = scope(load_default=None)
    privileged = fields.Boolean(load_default=False)
    copy_of = Id(load_default=None, allow_none=True)


class BoardRoleChangesSchema(Schema):
    version = seen_version()
    name = Text(least=1, most=64)
    permissions = fields.List(fields.String(), validate=_CODES)
    grants = fields.List(fields.String(), validate=_CODES)
    scope = scope()
    privileged = fields.Boolean()


class BoardPermissionSchema(Schema):
    code = fields.String(required=True)
    label = fields.String(required=True)
    duty = fields.String(required=True)
    duty_label = fields.String(required=True)
    group = fields.String(required=True, metadata={"description": "The menu it belongs to"})
    may_grant = fields.Boolean(required=True)
    up_to = fields.String(allow_none=True, metadata={"description": "How far at most; null: not at all"})


class BoardPermissionsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardPermissionSchema), required=True)


class BoardCourtSchema(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.Integer(required=True)
    parent = fields.String(allow_none=True)
    version = fields.Integer(required=True)


class BoardCourtsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardCourtSchema), required=True)


class BoardCourtsQuerySchema(Schema):
    below = court_code(load_default=None, allow_none=True)


class BoardCourtAskedSchema(Schema):
    code = fields.String(
        required=True,
        validate=validate.Regexp(r"\A[\u4e00-\u9fff]{1,4}[0-9]{0,6}\Z", error="法院代字由汉字和数字组成"),
        metadata={"example": "京0102"},
    )
    name = Text(required=True, least=2, most=64)
    level = fields.Integer(required=True, validate=validate.Range(2, 4))
    parent = court_code(required=True)


class BoardCourtChangesSchema(Schema):
    version = seen_version()
    name = Text(load_default=None, least=2, most=64)
    parent = court_code(load_default=None)


class BoardDivisionSchema(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    active = fields.Boolean(required=True)
    people = fields.Integer(required=True, metadata={"description": "How many work there now"})


class BoardDivisionsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardDivisionSchema), required=True)


class BoardDivisionAskedSchema(Schema):
    name = Text(required=True, least=1, most=64)


class BoardDivisionChangesSchema(Schema):
    version = seen_version()
    name = Text(load_default=None, least=1, most=64)
    active = fields.Boolean(load_default=None)


class BoardPeriodSchema(Schema):
    """Days, both included. `data_key` because `from` is a word of the language."""

    first = RealDay(required=True, data_key="from")
    last = RealDay(required=True, data_key="to")


class BoardTurnoverSchema(Schema):
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    at_start = fields.Integer(required=True)
    joined = fields.Integer(required=True)
    left = fields.Integer(required=True)
    at_end = fields.Integer(required=True)
    rate = fields.Float(allow_none=True, metadata={"description": "0.125 is 12.5 %; null when nobody was there"})
    definition = fields.String(required=True)
