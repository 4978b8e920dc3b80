"""Visits as managers and reviewers see them."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import (
    BrokenSchema,
    Day,
    FixSchema,
    Id,
    PageQuerySchema,
    PageSchema,
    Text,
    lng_lat,
    span,
    version,
)
from server.board.schemas.tasks import BoardDocumentSchema
from server.core.http import Schema
from server.papers.kinds import KINDS

VISIT_STATES = ("open", "assigned", "accepted", "departed", "arrived", "ended", "withdrawn")
REVIEW_STATES = ("none", "pending", "accepted", "sent_back")


class BoardVisitReviewStateSchema(Schema):
    state = fields.String(required=True, validate=validate.OneOf(REVIEW_STATES))
    reason = fields.String(required=True, allow_none=True)
    round = fields.Integer(required=True)
    by_name = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True, allow_none=True)


class BoardOutcomeLabelSchema(Schema):
    code = fields.String(required=True, metadata={"example": "signed_recipient"})
    label = fields.String(required=True, metadata={"example": "本人签收"})
    serves = fields.Boolean(required=True)


class BoardVisitSchema(Schema):
    id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(VISIT_STATES))
    version = fields.Integer(required=True)
    date = fields.String(required=True)
    task_id = fields.String(required=True)
    case_number = fields.String(required=True, metadata={"example": "（2026）京0102民初10265号"})
    case_kind = fields.String(required=True)
    cause = fields.String(required=True, allow_none=True)
    recipient_name = fields.String(required=True)
    recipient_kind = fields.String(required=True)
    address = fields.String(
        required=True, metadata={"description": "Whole while the visit is still to come, else cut to the street"}
    )
    address_masked = fields.Boolean(required=True, metadata={"description": "The address is cut to the street"})
    wgs84 = lng_lat(required=True, allow_none=True)
    windows = fields.List(span(), required=True)
    witness_windows = fields.List(span(), required=True)
    recused = fields.List(fields.String(), required=True, metadata={"description": "Servers who must not go (回避)"})
    minutes = fields.Float(required=True)
    crew = fields.Integer(required=True)
    skills = fields.List(fields.String(), required=True)
    priority = fields.Integer(required=True)
    due_on = fields.String(required=True)
    hearing_at = fields.AwareDateTime(required=True, allow_none=True)
    remarks = fields.List(fields.String(), required=True)
    server_id = fields.String(required=True, allow_none=True)
    second_server_id = fields.String(required=True, allow_none=True)
    position = fields.Integer(required=True, allow_none=True)
    second_position = fields.Integer(required=True, allow_none=True)
    planned_arrive_at = fields.AwareDateTime(required=True, allow_none=True)
    planned_leave_at = fields.AwareDateTime(required=True, allow_none=True)
    review = fields.Nested(BoardVisitReviewStateSchema, required=True)
    outcome = fields.Nested(BoardOutcomeLabelSchema, required=True, allow_none=True)
    rule = fields.String(required=True)
    rule_text = fields.String(required=True)
    building = fields.String(required=True, allow_none=True)


class BoardReviewSchema(BoardVisitSchema):
    doubts = fields.Integer(required=True, metadata={"description": "Items whose place or time is in doubt"})


class BoardReviewsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardReviewSchema), required=True)


class BoardReviewQuerySchema(PageQuerySchema):
    state = fields.String(load_default="pending", validate=validate.OneOf(REVIEW_STATES[1:]))
    date = Day(load_default=None, allow_none=True)


class BoardProgressSchema(Schema):
    kind = fields.String(required=True)
    happened_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    by = fields.String(required=True)
    by_name = fields.String(required=True, allow_none=True)
    fix = fields.Nested(FixSchema, required=True, allow_none=True)


class BoardOutcomeSchema(BoardOutcomeLabelSchema):
    happened_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    refusal_reason = fields.String(required=True, allow_none=True)
    left_at_place = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)


class BoardSignerSchema(Schema):
    name = fields.String(required=True)
    relation = fields.String(required=True, allow_none=True)
    id_mask = fields.String(required=True, allow_none=True)


class BoardWitnessSchema(Schema):
    name = fields.String(required=True)
    unit = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    phone_mask = fields.String(required=True, allow_none=True)


class BoardPlaceReasonSchema(Schema):
    code = fields.String(required=True, metadata={"example": "place.far"})
    text = fields.String(required=True, metadata={"example": "距送达地址 2.0 公里，远超误差范围"})
    weight = fields.Float(required=True, metadata={"description": "0: tells; all of an item added up: doubt from 1"})


class BoardPlaceSchema(Schema):
    """Whether place and time of an item hold together. For reviewers; nothing is refused because of it."""

    verdict = fields.String(required=True, validate=validate.OneOf(["agrees", "doubt", "unknown"]))
    reasons = fields.List(fields.Nested(BoardPlaceReasonSchema), required=True)
    distance_m = fields.Float(required=True, allow_none=True, metadata={"description": "From the address"})
    at = fields.AwareDateTime(required=True)


class BoardEvidenceSchema(Schema):
    """`capture`: sealed, doubt, broken, unsealed, None until judged. `analysis`: waiting, running, done, broken …"""

    id = fields.String(required=True)
    client_id = fields.String(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)
    media_type = fields.String(required=True)
    captured_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    fix = fields.Nested(FixSchema, required=True, allow_none=True)
    distance_m = fields.Float(required=True, allow_none=True, metadata={"description": "From the address"})
    warnings = fields.List(fields.String(), required=True)
    place = fields.Nested(BoardPlaceSchema, required=True, allow_none=True)
    capture = fields.String(required=True, allow_none=True)
    analysis = fields.String(required=True, allow_none=True)
    late = fields.String(required=True, allow_none=True)
    url = fields.String(required=True)
    thumb_url = fields.String(required=True, allow_none=True)


class BoardPaperSchema(Schema):
    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    label = fields.String(required=True)
    version = fields.Integer(required=True)
    number = fields.String(required=True)
    pages = fields.Integer(required=True)
    made_at = fields.AwareDateTime(required=True)
    sha256 = fields.String(required=True)
    sealed_at = fields.AwareDateTime(required=True, allow_none=True)
    sealed_by = fields.String(required=True, allow_none=True)
    url = fields.String(required=True)


class BoardChangeSchema(Schema):
    at = fields.AwareDateTime(required=True)
    by_name = fields.String(required=True)
    what = fields.String(required=True)
    text = fields.String(required=True)
    from_server = fields.String(required=True, allow_none=True)
    to_server = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class BoardPapersProblemSchema(Schema):
    code = fields.String(required=True)
    title = fields.String(required=True)


class BoardVisitDetailSchema(BoardVisitSchema):
    recipient_id = fields.String(required=True, metadata={"description": "Within the task; names whom to unmask"})
    server_name = fields.String(required=True, allow_none=True)
    second_server_name = fields.String(required=True, allow_none=True)
    standing = fields.String(required=True, allow_none=True)
    id_mask = fields.String(required=True, allow_none=True)
    phone_mask = fields.String(required=True, allow_none=True)
    address_basis = fields.String(required=True)
    documents = fields.List(fields.Nested(BoardDocumentSchema), required=True)
    outcome = fields.Nested(BoardOutcomeSchema, required=True, allow_none=True)
    signer = fields.Nested(BoardSignerSchema, required=True, allow_none=True)
    witness = fields.Nested(BoardWitnessSchema, required=True, allow_none=True)
    progress = fields.List(fields.Nested(BoardProgressSchema), required=True)
    evidence = fields.List(fields.Nested(BoardEvidenceSchema), required=True)
    papers = fields.List(fields.Nested(BoardPaperSchema), required=True)
    papers_problem = fields.Nested(BoardPapersProblemSchema, required=True, allow_none=True)
    changes = fields.List(fields.Nested(BoardChangeSchema), required=True)
    track = fields.List(lng_lat(), required=True)


_POSITION = validate.Range(1, 1000)


class BoardAssignSchema(Schema):
    server_id = Id(required=True)
    second_server_id = Id(load_default=None, allow_none=True)
    position = fields.Integer(load_default=None, allow_none=True, validate=_POSITION)
    version = version()


class BoardMovedSchema(BoardVisitSchema):
    """The visit as it is now, and every promise the touched routes break."""

    late = fields.List(fields.Nested(BrokenSchema), required=True)


class BoardUnassignSchema(Schema):
    version = version()
    reason = Text(most=200, load_default=None, allow_none=True)


class BoardWithdrawSchema(Schema):
    version = version()
    reason = Text(most=200, least=1, required=True)


class BoardPriceAskSchema(Schema):
    server_id = Id(required=True)
    position = fields.Integer(load_default=None, allow_none=True, validate=_POSITION)


class BoardShiftedSchema(Schema):
    """Another visit that would begin at another time."""

    visit_id = fields.String(required=True)
    minutes = fields.Integer(required=True, metadata={"description": "Later is positive"})


class BoardPriceSchema(Schema):
    minutes = fields.Float(required=True, metadata={"description": "Extra travel over all touched routes"})
    km = fields.Float(required=True)
    broken = fields.List(fields.Nested(BrokenSchema), required=True)
    shifted = fields.List(fields.Nested(BoardShiftedSchema), required=True)
    objective_minutes = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Rise of the planner's objective; null: does not hold"}
    )


class BoardWhyReasonSchema(Schema):
    code = fields.String(required=True, metadata={"example": "window.unreachable"})
    text = fields.String(required=True)


class BoardAlternativeSchema(Schema):
    """Another server who could take the visit, nobody else moved."""

    server_id = fields.String(required=True)
    position = fields.Integer(required=True, metadata={"description": "In that server's remaining route, from 1"})
    start_s = fields.Integer(required=True)
    extra_minutes = fields.Integer(required=True)


class BoardAdmissionSchema(Schema):
    """One change that would let the visit in, tried out."""

    code = fields.String(required=True, metadata={"example": "overtime"})
    text = fields.String(required=True)
    server_id = fields.String(required=True)
    start_s = fields.Integer(required=True)
    gain_minutes = fields.Integer(required=True)


class BoardVisitWhySchema(Schema):
    planned = fields.Boolean(required=True)
    sentences = fields.List(fields.String(), required=True)
    reasons = fields.List(fields.Nested(BoardWhyReasonSchema), required=True)
    alternatives = fields.List(fields.Nested(BoardAlternativeSchema), required=True)
    admissions = fields.List(fields.Nested(BoardAdmissionSchema), required=True)
    slack_minutes = fields.Integer(required=True, allow_none=True)


class BoardAssignBatchSchema(Schema):
    visit_ids = fields.List(Id(), required=True, validate=validate.Length(1, 500))
    server_id = Id(required=True)


class BoardRefusedSchema(Schema):
    visit_id = fields.String(required=True)
    code = fields.String(required=True)
    text = fields.String(required=True)


class BoardBatchSchema(Schema):
    batch_id = fields.String(required=True)
    moved = fields.Integer(required=True)
    refused = fields.List(fields.Nested(BoardRefusedSchema), required=True)
    late = fields.List(fields.Nested(BrokenSchema), required=True)


class BoardVisitReviewSchema(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(["accept", "send_back"]))
    reason = Text(most=500, load_default=None, allow_none=True)
    version = version()


class BoardPapersAskedSchema(Schema):
    visit_id = fields.String(required=True)
    basis = fields.String(required=True)
