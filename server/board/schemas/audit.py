"""Shapes of the audit log."""

from __future__ import annotations

from marshmallow import fields, validate

from server.core.audit.rows import RESULTS
from server.core.http import Schema

_WORD = validate.Length(max=64)


class BoardAuditFilterSchema(Schema):
    """What rows are wanted; `value` is a phone or identity number, found by its blind index and stored nowhere."""

    court = fields.String(validate=_WORD, load_default="", metadata={"description": "One court; empty: all in reach"})
    person_id = fields.String(validate=_WORD, load_default="")
    object_type = fields.String(validate=_WORD, load_default="")
    object_id = fields.String(validate=validate.Length(max=128), load_default="")
    action = fields.String(validate=_WORD, load_default="")
    result = fields.String(validate=validate.OneOf(("", *RESULTS)), load_default="")
    value = fields.String(validate=validate.Length(max=64), load_default="")
    text = fields.String(validate=_WORD, load_default="")
    since = fields.AwareDateTime(data_key="from", load_default=None, allow_none=True)
    until = fields.AwareDateTime(data_key="to", load_default=None, allow_none=True)


class BoardAuditSearchSchema(BoardAuditFilterSchema):
    page = fields.Integer(validate=validate.Range(1, 10_000), load_default=1)
    page_size = fields.Integer(validate=validate.Range(1, 200), load_default=50)


class BoardAuditPersonSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    court = fields.String(required=True)


class BoardAuditObjectSchema(Schema):
    type = fields.String(required=True)
    id = fields.String(required=True)
    label = fields.String(required=True)


class BoardAuditRowSchema(Schema):
    id = fields.String(required=True)
    seq = fields.Integer(required=True)
    court = fields.String(required=True)
    at = fields.DateTime(required=True)
    action = fields.String(required=True)
    action_label = fields.String(required=True)
    result = fields.String(required=True)
    result_label = fields.String(required=True)
    person = fields.Nested(BoardAuditPersonSchema, required=True)
    roles = fields.List(fields.String(), required=True)
    kind = fields.String(required=True)
    object = fields.Nested(BoardAuditObjectSchema, required=True)
    remote = fields.String(required=True)
    request_id = fields.String(required=True)
    code = fields.String(required=True)
    before = fields.Dict(required=True)
    after = fields.Dict(required=True)
    detail = fields.Dict(required=True)


class BoardAuditRowsSchema(Schema):
    items = fields.List(fields.Nested(BoardAuditRowSchema), required=True)
    total = fields.Integer(required=True)
    capped = fields.Boolean(required=True, metadata={"description": "There are more than are counted"})
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class BoardAuditSpanSchema(Schema):
    first = fields.Date(data_key="from", load_default=None, allow_none=True)
    last = fields.Date(data_key="to", load_default=None, allow_none=True)


class BoardAuditDaySchema(Schema):
    date = fields.String(required=True)
    total = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class BoardAuditGroupSchema(Schema):
    action = fields.String(required=True)
    label = fields.String(required=True)
    total = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class BoardAuditBusySchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    total = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class BoardAuditStatisticsSchema(Schema):
    total = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    days = fields.List(fields.Nested(BoardAuditDaySchema), required=True)
    actions = fields.List(fields.Nested(BoardAuditGroupSchema), required=True)
    people = fields.List(fields.Nested(BoardAuditBusySchema), required=True)


class BoardCheckpointSchema(Schema):
    court = fields.String(required=True)
    size = fields.Integer(required=True)
    root = fields.String(required=True, metadata={"description": "Merkle root, base64"})
    at = fields.DateTime(required=True)
    stamped_at = fields.DateTime(allow_none=True, required=True)


class BoardCheckpointsSchema(Schema):
    items = fields.List(fields.Nested(BoardCheckpointSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class BoardAuditBadSchema(Schema):
    where = fields.String(required=True)
    what = fields.String(required=True)
    seq = fields.Integer(allow_none=True, required=True)
    id = fields.String(required=True)


class BoardAuditReportSchema(Schema):
    court = fields.String(required=True)
    entries = fields.Integer(required=True)
    archived = fields.Integer(required=True)
    checkpoints = fields.Integer(required=True)
    stamped = fields.Integer(required=True)
    stamps_checked = fields.Integer(required=True)
    ok = fields.Boolean(required=True)
    first_bad = fields.Nested(BoardAuditBadSchema, allow_none=True, required=True)


class BoardAuditRunSchema(Schema):
    job = fields.String(required=True)
    state = fields.String(required=True)
    entries_total = fields.Integer(required=True)
    entries_done = fields.Integer(required=True)
    ok = fields.Boolean(allow_none=True, required=True)
    reports = fields.List(fields.Nested(BoardAuditReportSchema), required=True)
    asked_at = fields.DateTime(required=True)
    finished_at = fields.DateTime(allow_none=True, required=True)
