"""Days: roster, selection, plans, positions, mileage."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import BrokenSchema, Id, PageSchema, PointSchema, Text, lng_lat, span, version
from server.board.schemas.imports import BoardFailureSchema
from server.board.schemas.visits import BoardRefusedSchema, BoardVisitSchema
from server.core.http import Schema

PLAN_STATES = ("queued", "running", "stopping", "done", "failed", "published", "superseded", "rejected")
MODES = ("car", "ebike", "bike", "transit", "walk")


class BoardDaySchema(Schema):
    date = fields.String(required=True)
    visits = fields.Integer(required=True)
    done = fields.Integer(required=True)
    servers = fields.Integer(required=True)
    plan_state = fields.String(required=True, allow_none=True)


class BoardDaysSchema(PageSchema):
    items = fields.List(fields.Nested(BoardDaySchema), required=True)


class BoardStartSchema(Schema):
    point = fields.Nested(PointSchema, required=True)
    wgs84 = lng_lat(dump_only=True)


class BoardRosterEntryAskedSchema(Schema):
    """One working day; number and name come from the account."""

    server_id = Id(required=True)
    shift = span(required=True)
    pause = span(data_key="break", load_default=None, allow_none=True)
    second_break = span(load_default=None, allow_none=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    max_stops = fields.Integer(required=True, validate=validate.Range(0, 200))
    skills = fields.List(
        fields.String(validate=validate.Length(1, 20)), load_default=list, validate=validate.Length(max=20)
    )
    areas = fields.List(Text(most=20, least=1), load_default=list, validate=validate.Length(max=30))
    max_km = fields.Float(load_default=None, allow_none=True, validate=validate.Range(1, 2_000))
    start = fields.Nested(BoardStartSchema, required=True)
    status = fields.String(load_default="on_duty", validate=validate.OneOf(["on_duty", "off"]))


class BoardRosterAskedSchema(Schema):
    entries = fields.List(fields.Nested(BoardRosterEntryAskedSchema), required=True, validate=validate.Length(max=500))
    version = version()


class BoardStartAnswerSchema(Schema):
    point = fields.Nested(PointSchema, required=True)
    wgs84 = lng_lat(required=True)


class BoardRosterEntrySchema(Schema):
    server_id = fields.String(required=True)
    staff_no = fields.String(required=True)
    name = fields.String(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    shift = span(required=True)
    pause = span(data_key="break", required=True, allow_none=True)
    second_break = span(required=True, allow_none=True)
    max_stops = fields.Integer(required=True)
    skills = fields.List(fields.String(), required=True)
    areas = fields.List(
        fields.String(), required=True, metadata={"description": "Words of addresses the server knows the way around"}
    )
    max_km = fields.Float(required=True, allow_none=True)
    start = fields.Nested(BoardStartAnswerSchema, required=True)
    status = fields.String(required=True, validate=validate.OneOf(["on_duty", "off"]))


class BoardRosterSchema(Schema):
    date = fields.String(required=True)
    version = fields.Integer(required=True)
    entries = fields.List(fields.Nested(BoardRosterEntrySchema), required=True)


class BoardChoiceSchema(Schema):
    task_id = fields.String(required=True)
    recipient_id = fields.String(required=True)
    case_number = fields.String(required=True)
    recipient_name = fields.String(required=True)
    address = fields.String(required=True)
    rule = fields.String(required=True, metadata={"example": "judge_asked_direct"})
    rule_text = fields.String(required=True, metadata={"example": "承办法官指定直接送达"})


class BoardSelectionSchema(Schema):
    created = fields.Integer(required=True)
    candidates = fields.List(fields.Nested(BoardChoiceSchema), required=True)
    skipped = fields.List(fields.Nested(BoardChoiceSchema), required=True)


class BoardCarriedSchema(Schema):
    moved = fields.Integer(required=True)


class BoardPlanAskedSchema(Schema):
    seconds = fields.Float(load_default=10.0, validate=validate.Range(0.2, 120))
    seed = fields.Integer(load_default=1, validate=validate.Range(0, 2**31 - 1))


class BoardPlanStopSchema(Schema):
    visit_id = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(["lead", "second"]))
    arrive_s = fields.Integer(required=True)
    start_s = fields.Integer(required=True)
    leave_s = fields.Integer(required=True)
    travel_s = fields.Integer(required=True)
    travel_m = fields.Integer(required=True)


class BoardPlanRouteSchema(Schema):
    server_id = fields.String(required=True)
    stops = fields.List(fields.Nested(BoardPlanStopSchema), required=True)
    breaks = fields.List(fields.List(fields.Integer()), required=True)
    depart_s = fields.Integer(required=True)
    back_s = fields.Integer(required=True)
    distance_m = fields.Integer(required=True)
    travel_s = fields.Integer(required=True)


class BoardPlanReasonSchema(Schema):
    code = fields.String(required=True, metadata={"example": "window.unreachable"})
    text = fields.String(required=True)


class BoardUnplannedSchema(Schema):
    visit_id = fields.String(required=True)
    reasons = fields.List(fields.Nested(BoardPlanReasonSchema), required=True)


class BoardPlanProgressSchema(Schema):
    roads_done = fields.Integer()  # pairs of doors a road engine answered so far, before the search begins
    roads_total = fields.Integer()
    elapsed_s = fields.Float()
    objective = fields.Integer()
    planned = fields.Integer()
    unplanned = fields.Integer()
    distance_m = fields.Integer()


class BoardPlanTotalsSchema(Schema):
    planned = fields.Integer()
    unplanned = fields.Integer()
    distance_m = fields.Integer()
    travel_s = fields.Integer()
    servers_used = fields.Integer()
    road_pairs = fields.Integer()  # travel times wanted from a road engine, and those estimated instead
    estimated_pairs = fields.Integer()


class BoardPublicationSchema(Schema):
    """What publishing did: applied, taken off, left as they were, and what could not be applied with the reason."""

    applied = fields.Integer(required=True)
    unassigned = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.List(fields.Nested(BoardRefusedSchema), required=True)
    late = fields.List(fields.Nested(BrokenSchema), required=True)


class BoardPlanSummarySchema(Schema):
    id = fields.String(required=True)
    date = fields.String(required=True)
    number = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(PLAN_STATES))
    seconds = fields.Float(required=True)
    seed = fields.Integer(required=True)
    progress = fields.Nested(BoardPlanProgressSchema, required=True)
    totals = fields.Nested(BoardPlanTotalsSchema, required=True)
    failure = fields.Nested(BoardFailureSchema, required=True, allow_none=True)
    publication = fields.Nested(BoardPublicationSchema, required=True, allow_none=True)
    queued_at = fields.AwareDateTime(required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    published_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardPlanSchema(BoardPlanSummarySchema):
    routes = fields.List(fields.Nested(BoardPlanRouteSchema), required=True)
    unplanned = fields.List(fields.Nested(BoardUnplannedSchema), required=True)


class BoardPlansSchema(PageSchema):
    items = fields.List(fields.Nested(BoardPlanSummarySchema), required=True)


class BoardRouteSummarySchema(Schema):
    """A server's route as it stands now, by plan or by hand."""

    server_id = fields.String(required=True)
    stops = fields.Integer(required=True)
    distance_m = fields.Integer(required=True)
    planned_m = fields.Integer(required=True, metadata={"description": "The whole day, legs already done included"})
    travel_s = fields.Integer(required=True)
    depart_s = fields.Integer(required=True)
    back_s = fields.Integer(required=True)
    breaks = fields.List(fields.List(fields.Integer()), required=True)


class BoardDayTotalsSchema(Schema):
    visits = fields.Integer(required=True)
    open = fields.Integer(required=True)
    assigned = fields.Integer(required=True)
    done = fields.Integer(required=True)
    km_planned = fields.Float(required=True)
    km_tracked = fields.Float(required=True)


class BoardDayViewSchema(Schema):
    date = fields.String(required=True)
    roster_version = fields.Integer(required=True)
    roster = fields.List(fields.Nested(BoardRosterEntrySchema), required=True)
    visits = fields.List(fields.Nested(BoardVisitSchema), required=True)
    routes = fields.List(fields.Nested(BoardRouteSummarySchema), required=True)
    plan = fields.Nested(BoardPlanSchema, required=True, allow_none=True)
    totals = fields.Nested(BoardDayTotalsSchema, required=True)


class BoardPositionSchema(Schema):
    server_id = fields.String(required=True)
    wgs84 = lng_lat(required=True)
    at = fields.AwareDateTime(required=True)
    accuracy_m = fields.Float(required=True)


class BoardPositionsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardPositionSchema), required=True)


class BoardMileageSchema(Schema):
    server_id = fields.String(required=True)
    name = fields.String(required=True)
    planned_m = fields.Integer(required=True, metadata={"description": "The way back included"})
    tracked_m = fields.Integer(required=True)
    visits_done = fields.Integer(required=True)


class BoardMileagesSchema(PageSchema):
    items = fields.List(fields.Nested(BoardMileageSchema), required=True)
