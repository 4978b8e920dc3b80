"""Shapes of searching, unmasking, links, alerts and the overview."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate, validates_schema

from server.alerts.rules import STATES
from server.board.fields import PageQuerySchema
from server.core.http import Schema
from server.service.unmask import FIELDS


class BoardPartySearchSchema(Schema):
    phone = fields.String(validate=validate.Length(5, 32), load_default=None, allow_none=True)
    id_number = fields.String(validate=validate.Length(5, 32), load_default=None, allow_none=True)

    @validates_schema
    def one_of_them(self, data: dict[str, str | None], **_: object) -> None:
        if bool(data["phone"]) == bool(data["id_number"]):
            raise ValidationError("请填写电话或证件号码中的一项", "phone")


class BoardPartyFoundSchema(Schema):
    party_id = fields.String(required=True)
    name = fields.String(required=True)
    id_mask = fields.String(allow_none=True, required=True)
    phone_mask = fields.String(allow_none=True, required=True)
    case_number = fields.String(required=True)
    task_ids = fields.List(fields.String(), required=True)


class BoardPartiesFoundSchema(Schema):
    items = fields.List(fields.Nested(BoardPartyFoundSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class BoardUnmaskSchema(Schema):
    recipient_id = fields.String(required=True, validate=validate.Length(1, 64))
    field = fields.String(required=True, validate=validate.OneOf(sorted(FIELDS)))
    reason = fields.String(required=True, validate=validate.Length(max=200))


class BoardUnmaskedSchema(Schema):
    field = fields.String(required=True)
    value = fields.String(required=True)


class BoardLinkSchema(Schema):
    url = fields.String(required=True)
    expires_at = fields.DateTime(required=True)


class BoardAlertQuerySchema(PageQuerySchema):
    state = fields.String(validate=validate.OneOf(STATES), load_default=None, allow_none=True)


class BoardAlertPersonSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(allow_none=True, required=True)


class BoardAlertSchema(Schema):
    id = fields.String(required=True)
    court = fields.String(required=True)
    kind = fields.String(required=True)
    kind_label = fields.String(required=True)
    person = fields.Nested(BoardAlertPersonSchema, required=True)
    at = fields.DateTime(required=True)
    count = fields.Integer(required=True)
    window = fields.String(required=True)
    state = fields.String(required=True)
    settled_by = fields.String(allow_none=True, required=True)
    settled_at = fields.DateTime(allow_none=True, required=True)
    note = fields.String(allow_none=True, required=True)
    version = fields.Integer(required=True)


class BoardAlertsSchema(Schema):
    items = fields.List(fields.Nested(BoardAlertSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class BoardAlertSettleSchema(Schema):
    version = fields.Integer(required=True, validate=validate.Range(1))
    note = fields.String(required=True, validate=validate.Length(1, 500))


class BoardOverviewQuerySchema(Schema):
    first = fields.Date(data_key="from", load_default=None, allow_none=True)
    last = fields.Date(data_key="to", load_default=None, allow_none=True)


class BoardCourtFiguresSchema(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.Integer(required=True)
    tasks = fields.Integer(required=True)
    open = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    completed = fields.Integer(required=True)
    visits = fields.Integer(required=True)
    visits_done = fields.Integer(required=True)


class BoardOverviewSchema(Schema):
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    courts = fields.List(fields.Nested(BoardCourtFiguresSchema), required=True)
