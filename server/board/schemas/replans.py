"""Something that came up during a day, and what it asks of whom."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Id, Text, span
from server.board.schemas.days import BoardPlanSummarySchema, BoardUnplannedSchema
from server.core.http import Schema

HAPPENINGS = ("urgent", "withdrawn", "second", "window", "recused", "absent", "late")
CHANGES = ("withdrawn", "dropped", "assigned", "reassigned", "second", "retimed")
_SPANS = validate.Length(max=10)


class BoardReplanAskedSchema(Schema):
    """`visit_id` for urgent, withdrawn, second, window, recused; `server_id` for absent, late, recused."""

    kind = fields.String(required=True, validate=validate.OneOf(HAPPENINGS))
    visit_id = Id(load_default=None, allow_none=True)
    server_id = Id(load_default=None, allow_none=True)
    from_s = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 24 * 3600))
    windows = fields.List(span(), load_default=list, validate=_SPANS)
    witness_windows = fields.List(span(), load_default=list, validate=_SPANS)
    reason = Text(most=200, load_default=None, allow_none=True)
    seconds = fields.Float(load_default=1.0, validate=validate.Range(0.1, 30))
    seed = fields.Integer(load_default=1, validate=validate.Range(0, 2**31 - 1))


class BoardHappeningSchema(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(HAPPENINGS))
    text = fields.String(required=True, metadata={"example": "送达员缺勤：送达员01"})
    visit_id = fields.String(required=True, allow_none=True)
    server_id = fields.String(required=True, allow_none=True)


class BoardPlanChangeSchema(Schema):
    """One visit that is to be made by somebody else, at another time, or not at all. Seconds of the day."""

    visit_id = fields.String(required=True)
    what = fields.String(required=True, validate=validate.OneOf(CHANGES))
    from_server = fields.String(required=True, allow_none=True)
    to_server = fields.String(required=True, allow_none=True)
    from_second = fields.String(required=True, allow_none=True)
    to_second = fields.String(required=True, allow_none=True)
    from_start_s = fields.Integer(required=True, allow_none=True)
    to_start_s = fields.Integer(required=True, allow_none=True)
    text = fields.String(
        required=True, metadata={"example": "李某：由送达员01改为送达员02上门，10:20 → 11:05（晚 45 分钟）"}
    )


class BoardReplanPriceSchema(Schema):
    """What the answer costs against the day as it stood."""

    minutes = fields.Float(required=True, metadata={"description": "Extra travel"})
    km = fields.Float(required=True)
    moved = fields.Integer(required=True, metadata={"description": "Visits that change hands"})
    retimed = fields.Integer(required=True)
    dropped = fields.Integer(required=True)


class BoardReplanSchema(BoardPlanSummarySchema):
    """A plan of the whole day has neither happening nor price."""

    happening = fields.Nested(BoardHappeningSchema, required=True, allow_none=True)
    revision = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Rises when a better answer is found"}
    )
    changes = fields.List(fields.Nested(BoardPlanChangeSchema), required=True)
    price = fields.Nested(BoardReplanPriceSchema, required=True, allow_none=True)
    unplanned = fields.List(fields.Nested(BoardUnplannedSchema), required=True)


class BoardPublishAskedSchema(Schema):
    revision = fields.Integer(
        load_default=None, allow_none=True, metadata={"description": "Of the answer that was read (replans)"}
    )
