"""What a phone is answered."""

from __future__ import annotations

from marshmallow import fields

from server.accounts.schemas import PersonSchema
from server.core.http import Schema


class SessionAnswer(Schema):
    token = fields.String(required=True, metadata={"description": "Send as Authorization: Bearer"})
    expires_at = fields.AwareDateTime(required=True)
    person = fields.Nested(PersonSchema, required=True)


class TokenAnswer(Schema):
    token = fields.String(required=True, metadata={"description": "Send as Authorization: Bearer from now on"})
    expires_at = fields.AwareDateTime(required=True)


class ReviewAnswer(Schema):
    state = fields.String(required=True, metadata={"description": "none, pending, accepted, sent_back"})
    reason = fields.String(allow_none=True, required=True)
    round = fields.Integer(required=True)


class WrittenAnswer(Schema):
    visit_id = fields.String(required=True)
    state = fields.String(required=True)
    version = fields.Integer(required=True)
    repeated = fields.Boolean(required=True, metadata={"description": "This client id had been recorded before"})
    review = fields.Nested(ReviewAnswer, required=True)


class PointAnswer(Schema):
    lng = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = fields.String(required=True)


class RecipientAnswer(Schema):
    name = fields.String(required=True)
    kind = fields.String(required=True)
    standing = fields.String(allow_none=True, required=True)
    id_mask = fields.String(allow_none=True, required=True)
    phone_mask = fields.String(allow_none=True, required=True)


class CopiesAnswer(Schema):
    name = fields.String(required=True)
    copies = fields.Integer(required=True)


class MateAnswer(Schema):
    server_id = fields.String(required=True)
    name = fields.String(required=True)


class StopAnswer(Schema):
    """One stop. `role`: lead or second. Windows are seconds of the day, Asia/Shanghai."""

    visit_id = fields.String(required=True)
    date = fields.Date(required=True)
    position = fields.Integer(allow_none=True, required=True)
    role = fields.String(required=True)
    state = fields.String(required=True)
    version = fields.Integer(required=True)
    planned_arrive_at = fields.AwareDateTime(allow_none=True, required=True)
    planned_leave_at = fields.AwareDateTime(allow_none=True, required=True)
    windows = fields.List(fields.List(fields.Integer()), required=True)
    minutes = fields.Float(required=True)
    case_number = fields.String(required=True)
    case_kind = fields.String(required=True)
    cause = fields.String(allow_none=True, required=True)
    recipient = fields.Nested(RecipientAnswer, required=True)
    address = fields.String(required=True)
    point = fields.Nested(PointAnswer, allow_none=True, required=True)
    documents = fields.List(fields.Nested(CopiesAnswer), required=True)
    remarks = fields.List(fields.String(), required=True)
    crew = fields.List(fields.Nested(MateAnswer), required=True)
    hearing_at = fields.AwareDateTime(allow_none=True, required=True)
    due_on = fields.Date(required=True)
    review = fields.Nested(ReviewAnswer, required=True)
    outcome = fields.String(allow_none=True, required=True)
    evidence_held = fields.Integer(required=True)
    closed_outcomes = fields.List(
        fields.String(), required=True, metadata={"description": "Outcomes the law does not allow here"}
    )


class ServerAnswer(Schema):
    """The server's own working day; null parts when not on the roster."""

    server_id = fields.String(required=True)
    name = fields.String(required=True)
    shift = fields.List(fields.Integer(), allow_none=True, required=True)
    mode = fields.String(allow_none=True, required=True)
    status = fields.String(required=True)
    start = fields.Nested(PointAnswer, allow_none=True, required=True)


class RouteAnswer(Schema):
    date = fields.Date(required=True)
    server = fields.Nested(ServerAnswer, required=True)
    stops = fields.List(fields.Nested(StopAnswer), required=True)
    breaks = fields.List(fields.List(fields.Integer()), required=True)
    as_of = fields.AwareDateTime(required=True)


class WarningAnswer(Schema):
    code = fields.String(required=True)
    title = fields.String(required=True)


class EvidenceAnswer(Schema):
    evidence_id = fields.String(required=True)
    client_id = fields.String(required=True)
    kind = fields.String(required=True)
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)
    held = fields.Boolean(required=True)
    repeated = fields.Boolean(required=True)
    warnings = fields.List(fields.Nested(WarningAnswer), required=True)


class RejectedAnswer(Schema):
    index = fields.Integer(required=True)
    code = fields.String(required=True)
    title = fields.String(required=True)


class PositionsAnswer(Schema):
    accepted = fields.Integer(required=True)
    rejected = fields.List(fields.Nested(RejectedAnswer), required=True)
    repeated = fields.Boolean(required=True)


class PieceAnswer(Schema):
    what = fields.String(required=True, metadata={"description": "An evidence kind, or a field such as signer.name"})
    count = fields.Integer(required=True)
    label = fields.String(required=True)


class NeedAnswer(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    article = fields.String(required=True)
    required = fields.Boolean(required=True)
    any_of = fields.List(fields.Nested(PieceAnswer), required=True)


class OutcomeRuleAnswer(Schema):
    code = fields.String(required=True)
    label = fields.String(required=True)
    serves = fields.Boolean(required=True)
    reason = fields.String(allow_none=True, required=True)
    article = fields.String(required=True)
    recipient_kinds = fields.List(fields.String(), required=True)
    needs = fields.List(fields.Nested(NeedAnswer), required=True)


class OutcomesAnswer(Schema):
    items = fields.List(fields.Nested(OutcomeRuleAnswer), required=True)
    evidence_kinds = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class SyncItemAnswer(Schema):
    client_id = fields.String(required=True)
    visit_id = fields.String(allow_none=True, required=True)
    held = fields.Boolean(required=True)
    kind = fields.String(allow_none=True, required=True)
    sha256 = fields.String(allow_none=True, required=True)
    same = fields.Boolean(allow_none=True, required=True)


class LostAnswer(Schema):
    """Why a visit is no longer this phone's."""

    what = fields.String(required=True)
    to_name = fields.String(allow_none=True, required=True)
    at = fields.String(required=True)
    by_name = fields.String(required=True)
    reason = fields.String(allow_none=True)


class SyncVisitAnswer(Schema):
    visit_id = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "A visit state, not_yours, or unknown"})
    version = fields.Integer(allow_none=True, required=True)
    review = fields.Nested(ReviewAnswer, allow_none=True, required=True)
    lost = fields.Nested(LostAnswer, allow_none=True, required=True)


class SyncAnswer(Schema):
    items = fields.List(fields.Nested(SyncItemAnswer), required=True)
    visits = fields.List(fields.Nested(SyncVisitAnswer), required=True)


class ClaimableAnswer(Schema):
    """A visit nobody has yet, as far as somebody who might take it may see it."""

    visit_id = fields.String(required=True)
    version = fields.Integer(required=True)
    case_number = fields.String(required=True)
    recipient_kind = fields.String(required=True)
    address = fields.String(required=True)
    point = fields.Nested(PointAnswer, allow_none=True, required=True)
    windows = fields.List(fields.List(fields.Integer()), required=True)
    minutes = fields.Float(required=True)
    skills = fields.List(fields.String(), required=True)
    due_on = fields.Date(required=True)


class ClaimableListAnswer(Schema):
    items = fields.List(fields.Nested(ClaimableAnswer), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class UnmaskedAnswer(Schema):
    field = fields.String(required=True)
    value = fields.String(required=True)
