"""Capacity studies: what is assumed, who is compared, what came of it."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import PageSchema, Text, span
from server.board.schemas.days import MODES
from server.board.schemas.imports import BoardFailureSchema
from server.core.http import Schema

STUDY_STATES = ("queued", "running", "stopping", "done", "stopped", "failed")
_SHARE = validate.Range(0, 1)
_DAYS = validate.Range(0, 250)


def _pair() -> fields.List[int]:
    return fields.List(fields.Integer(validate=_DAYS), required=True, validate=validate.Length(2, 2))


class BoardPlaceAskedSchema(Schema):
    """WGS-84."""

    lng = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))


class BoardCapacityAreaSchema(BoardPlaceAskedSchema):
    name = Text(most=30, least=1, required=True)
    radius_m = fields.Float(required=True, validate=validate.Range(0, 100_000))
    per_day = fields.Float(required=True, validate=validate.Range(0, 2_000))


class BoardCapacityKindSchema(Schema):
    """`success`: chance by hour of the day that a first visit serves; `again`: factor for return visits."""

    name = Text(most=30, least=1, required=True)
    share = fields.Float(required=True, validate=validate.Range(0, 1_000_000))
    minutes = fields.Float(required=True, validate=validate.Range(0.5, 240))
    success = fields.List(fields.Float(validate=_SHARE), required=True, validate=validate.Length(24, 24))
    again = fields.Float(required=True, validate=validate.Range(0, 2))
    windows = fields.List(span(), load_default=list, validate=validate.Length(max=10))
    crew_share = fields.Float(load_default=0.0, validate=_SHARE)


class BoardAssumptionsSchema(Schema):
    areas = fields.List(fields.Nested(BoardCapacityAreaSchema), required=True, validate=validate.Length(1, 50))
    kinds = fields.List(fields.Nested(BoardCapacityKindSchema), required=True, validate=validate.Length(1, 20))
    depot = fields.Nested(BoardPlaceAskedSchema, required=True)
    weekdays = fields.List(fields.Float(validate=validate.Range(0, 20)), required=True, validate=validate.Length(1, 7))
    due_days = _pair()
    hearing_share = fields.Float(required=True, validate=_SHARE)
    hearing_days = _pair()
    urgent_share = fields.Float(required=True, validate=_SHARE)
    return_days = fields.Integer(required=True, validate=validate.Range(0, 60))
    tries = fields.Integer(required=True, validate=validate.Range(1, 10))
    backlog = fields.Integer(required=True, validate=validate.Range(0, 20_000))
    promise_days = fields.Integer(required=True, validate=validate.Range(1, 250))


class BoardCapacityGroupSchema(Schema):
    name = Text(most=30, least=1, required=True)
    count = fields.Integer(required=True, validate=validate.Range(0, 500))
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    shift = span(required=True)
    pause = span(data_key="break", attribute="break", load_default=None, allow_none=True)
    max_visits = fields.Integer(required=True, validate=validate.Range(1, 200))
    max_km = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 10_000))
    overtime_minutes = fields.Integer(load_default=0, validate=validate.Range(0, 480))
    cost = fields.Float(load_default=0.0, validate=validate.Range(0, 1_000_000))


class BoardStaffingSchema(Schema):
    name = Text(most=40, least=1, required=True)
    groups = fields.List(fields.Nested(BoardCapacityGroupSchema), required=True, validate=validate.Length(1, 10))


class BoardCapacityTargetSchema(Schema):
    """Every line given must hold: shares at least, growth (open visits per day) and utilisation at most."""

    served_in_promise = fields.Float(load_default=None, allow_none=True, validate=_SHARE)
    served_before_hearing = fields.Float(load_default=None, allow_none=True, validate=_SHARE)
    backlog_growth = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-1_000, 1_000))
    utilisation = fields.Float(load_default=None, allow_none=True, validate=_SHARE)


class BoardStudyAskedSchema(Schema):
    assumptions = fields.Nested(BoardAssumptionsSchema, required=True)
    staffings = fields.List(fields.Nested(BoardStaffingSchema), required=True, validate=validate.Length(1, 12))
    target = fields.Nested(BoardCapacityTargetSchema, load_default=dict)
    seeds = fields.Integer(load_default=3, validate=validate.Range(1, 20))
    days = fields.Integer(load_default=22, validate=validate.Range(1, 66))


class BoardSeenSchema(Schema):
    visits = fields.Integer(required=True)
    first = fields.String(data_key="from", attribute="from", required=True, allow_none=True)
    last = fields.String(data_key="to", attribute="to", required=True, allow_none=True)


class BoardSuggestedSchema(Schema):
    """`seen` says what the suggestion rests on."""

    assumptions = fields.Nested(BoardAssumptionsSchema, required=True)
    staffings = fields.List(fields.Nested(BoardStaffingSchema), required=True)
    target = fields.Nested(BoardCapacityTargetSchema, required=True)
    seen = fields.Nested(BoardSeenSchema, required=True)


def _spread() -> fields.List[float]:
    """[least, median, most] over the repetitions."""
    return fields.List(fields.Float(), required=True, validate=validate.Length(3, 3))


class BoardStudyRowSchema(Schema):
    """One staffing; spreads are [least, median, most] over the repetitions."""

    name = fields.String(required=True)
    servers = fields.Integer(required=True)
    cost = fields.Float(required=True, metadata={"description": "Of the whole month"})
    meets = fields.Boolean(required=True)
    open_by_day = fields.List(fields.Float(), required=True)
    visits_per_day = _spread()
    served_per_day = _spread()
    backlog = _spread()
    backlog_growth = _spread()
    served_in_promise = _spread()
    served_before_hearing = _spread()
    first_visit_success = _spread()
    km_per_day = _spread()
    overtime_h = _spread()
    utilisation = _spread()


class BoardStudyProgressSchema(Schema):
    done = fields.Integer(required=True, metadata={"description": "Simulated days"})
    total = fields.Integer(required=True)


class BoardStudySummarySchema(Schema):
    id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STUDY_STATES))
    days = fields.Integer(required=True)
    seeds = fields.Integer(required=True)
    progress = fields.Nested(BoardStudyProgressSchema, required=True)
    failure = fields.Nested(BoardFailureSchema, required=True, allow_none=True)
    created_by_name = fields.String(required=True)
    queued_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardStudySchema(BoardStudySummarySchema):
    assumptions = fields.Nested(BoardAssumptionsSchema, required=True)
    staffings = fields.List(fields.Nested(BoardStaffingSchema), required=True)
    target = fields.Nested(BoardCapacityTargetSchema, required=True)
    rows = fields.List(fields.Nested(BoardStudyRowSchema), required=True)
    chosen = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Place of the smallest staffing that will do"}
    )


class BoardStudiesSchema(PageSchema):
    items = fields.List(fields.Nested(BoardStudySummarySchema), required=True)
