"""What the office sees of evidence on its way: the ledger of a day, second looks, late items, rescue imports."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from server.board.fields import PageQuerySchema, PageSchema, Text
from server.core.http import Schema

ITEM_STATES = ("announced", "held", "refused", "withdrawn")
LOOK_STATES = ("asked", "fine", "more", "expired")
LATE_STATES = ("waiting", "taken", "left")


class BoardItemProblemSchema(Schema):
    code = fields.String(required=True)
    title = fields.String(required=True)


class BoardLedgerCountsSchema(Schema):
    """`total` is announced + held + refused; `text` such as 11/12."""

    announced = fields.Integer(required=True)
    held = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    withdrawn = fields.Integer(required=True)
    total = fields.Integer(required=True)
    complete = fields.Boolean(required=True)
    text = fields.String(required=True)


class BoardLedgerItemSchema(Schema):
    """One item that is missing, refused or was taken back."""

    item_id = fields.String(required=True)
    server_id = fields.String(required=True)
    visit_id = fields.String(required=True, metadata={"description": "Empty for what was captured without a visit"})
    case_number = fields.String(required=True, allow_none=True)
    recipient_name = fields.String(required=True, allow_none=True)
    client_id = fields.String(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(ITEM_STATES))
    state_label = fields.String(required=True)
    source = fields.String(required=True)
    captured_at = fields.AwareDateTime(required=True)
    announced_at = fields.AwareDateTime(required=True, metadata={"description": "Missing since"})
    settled_at = fields.AwareDateTime(required=True, allow_none=True)
    evidence_id = fields.String(required=True, allow_none=True)
    problem = fields.Nested(BoardItemProblemSchema, required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it was taken back"})
    late = fields.String(required=True, allow_none=True)
    late_label = fields.String(required=True, allow_none=True)
    broken = fields.Boolean(required=True)


class BoardServerLedgerSchema(Schema):
    server_id = fields.String(required=True)
    name = fields.String(required=True)
    counts = fields.Nested(BoardLedgerCountsSchema, required=True)
    missing = fields.List(fields.Nested(BoardLedgerItemSchema), required=True)
    refused = fields.List(fields.Nested(BoardLedgerItemSchema), required=True)
    withdrawn = fields.List(fields.Nested(BoardLedgerItemSchema), required=True)
    unlinked = fields.Integer(required=True, metadata={"description": "Captured without a visit, not linked yet"})
    late = fields.Integer(required=True, metadata={"description": "Late items that wait for the office"})


class BoardCustodyLedgerSchema(Schema):
    """A day of the sync ledger; `cut`: more items are out of order than are listed (the counts are of all)."""

    date = fields.String(required=True)
    counts = fields.Nested(BoardLedgerCountsSchema, required=True)
    servers = fields.List(fields.Nested(BoardServerLedgerSchema), required=True)
    cut = fields.Boolean(required=True)


class BoardWantedSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    article = fields.String()
    client_id = fields.String()


class BoardLookSchema(Schema):
    """A second look asked from a door. `missing`: what the law still wanted when it was asked."""

    look_id = fields.String(required=True)
    visit_id = fields.String(required=True)
    server_id = fields.String(required=True)
    server_name = fields.String(required=True)
    client_id = fields.String(required=True)
    code = fields.String(required=True)
    label = fields.String(required=True)
    note = fields.String(required=True)
    items = fields.List(fields.String(), required=True)
    missing = fields.List(fields.Nested(BoardWantedSchema), required=True)
    state = fields.String(required=True, validate=validate.OneOf(LOOK_STATES))
    state_label = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    by_name = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class BoardLooksSchema(PageSchema):
    items = fields.List(fields.Nested(BoardLookSchema), required=True)


class BoardLooksQuerySchema(PageQuerySchema):
    state = fields.String(load_default="asked", validate=validate.OneOf(LOOK_STATES))


class BoardLookAnswerSchema(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(["fine", "more"]))
    reason = Text(most=500, load_default=None, allow_none=True)


class BoardLateSchema(Schema):
    evidence_id = fields.String(required=True)
    visit_id = fields.String(required=True)
    task_id = fields.String(required=True)
    case_number = fields.String(required=True, allow_none=True)
    recipient_name = fields.String(required=True, allow_none=True)
    date = fields.String(required=True, allow_none=True)
    review_state = fields.String(required=True)
    server_id = fields.String(required=True)
    server_name = fields.String(required=True)
    now_with = fields.String(required=True, allow_none=True, metadata={"description": "Whose visit it is now"})
    kind = fields.String(required=True)
    label = fields.String(required=True)
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)
    media_type = fields.String(required=True)
    captured_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    source = fields.String(required=True)
    why = fields.String(required=True, metadata={"description": "visit_closed, visit_lost"})
    why_label = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(LATE_STATES))
    state_label = fields.String(required=True)
    by_name = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class BoardLateCountsSchema(Schema):
    waiting = fields.Integer(required=True)
    taken = fields.Integer(required=True)
    left = fields.Integer(required=True)


class BoardLatesSchema(PageSchema):
    items = fields.List(fields.Nested(BoardLateSchema), required=True)
    counts = fields.Nested(BoardLateCountsSchema, required=True)


class BoardLateQuerySchema(PageQuerySchema):
    state = fields.String(load_default="waiting", validate=validate.OneOf(LATE_STATES))


class BoardLateDecisionSchema(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(["take", "leave"]))
    reason = Text(most=500, least=1, required=True)


class BoardRescueFileSchema(Schema):
    file = Upload(required=True)


class BoardRescuedItemSchema(Schema):
    """What became of one item: held (now), already_held, refused, or not_taken (nothing was kept: see `problem`)."""

    visit_id = fields.String(required=True)
    client_id = fields.String(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["held", "already_held", "refused", "not_taken"]))
    state_label = fields.String(required=True)
    evidence_id = fields.String(required=True, allow_none=True)
    late = fields.Boolean(required=True, metadata={"description": "Waits among the late items"})
    capture = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Verdict on its envelope: sealed, doubt, broken, unsealed"},
    )
    problem = fields.Nested(BoardItemProblemSchema, required=True, allow_none=True)


class BoardRescueCountsSchema(Schema):
    total = fields.Integer(required=True)
    held = fields.Integer(required=True)
    already_held = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    not_taken = fields.Integer(required=True)


class BoardRescueSchema(Schema):
    server_id = fields.String(required=True)
    server_name = fields.String(required=True)
    staff_no = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)
    strange = fields.Integer(required=True, metadata={"description": "Entries of the file that belong to no item"})
    counts = fields.Nested(BoardRescueCountsSchema, required=True)
    items = fields.List(fields.Nested(BoardRescuedItemSchema), required=True)
