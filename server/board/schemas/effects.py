"""Effects of service, the decisions on them, and which ways of service the law opens for a recipient."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import Day, Id, PageQuerySchema, PageSchema, Text, version
from server.core.http import Schema
from server.law.effects.findings import STATES

STATUSES = ("none", "proposed", "confirmed", "rejected")


class BoardEffectsQuerySchema(PageQuerySchema):
    status = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATUSES))
    task_id = Id(load_default=None, allow_none=True)


class BoardEffectSchema(Schema):
    """One document for one recipient: `state` … `text` are the machine's, `status` is what people made of it."""

    id = fields.String(required=True)
    case_number = fields.String(required=True)
    task_id = fields.String(required=True)
    recipient_id = fields.String(required=True)
    recipient_name = fields.String(required=True)
    document = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(list(STATES)))
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    served_on = fields.String(required=True, allow_none=True)
    ends_on = fields.String(required=True, allow_none=True)
    article = fields.String(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    confidence = fields.String(required=True, allow_none=True)
    confirm_by = fields.List(fields.String(), required=True)
    rule_version = fields.String(required=True, allow_none=True)
    judged_at = fields.AwareDateTime(required=True, allow_none=True)
    live = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class BoardEffectsSchema(PageSchema):
    items = fields.List(fields.Nested(BoardEffectSchema), required=True)


class BoardEffectFindingSchema(Schema):
    """What one attempt is worth for this document."""

    attempt_id = fields.String(required=True)
    channel = fields.String(required=True)
    state = fields.String(required=True)
    text = fields.String(required=True)
    article = fields.String(required=True)
    served_on = fields.String(required=True, allow_none=True)
    flags = fields.List(fields.String(), required=True)
    proposal = fields.String(required=True, metadata={"description": "What only the judge might decide; or empty"})


class BoardEffectMissingSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    article = fields.String(required=True)


class BoardEffectDecisionSchema(Schema):
    id = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    by_name = fields.String(required=True)
    acting_as = fields.String(required=True)
    what = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    served_on = fields.String(required=True, allow_none=True)
    article = fields.String(required=True, allow_none=True)
    rule_version = fields.String(required=True)


class BoardEffectDetailSchema(BoardEffectSchema):
    statistics_on = fields.String(required=True, allow_none=True)
    working = fields.List(fields.String(), required=True)
    missing = fields.List(fields.Nested(BoardEffectMissingSchema), required=True)
    proposals = fields.List(fields.String(), required=True)
    alternatives = fields.List(fields.Dict(), required=True)
    findings = fields.List(fields.Nested(BoardEffectFindingSchema), required=True)
    provisional = fields.Boolean(required=True, allow_none=True)
    rebuttable = fields.Boolean(required=True, allow_none=True)
    decisions = fields.List(fields.Nested(BoardEffectDecisionSchema), required=True)


class BoardDecideSchema(Schema):
    """`set` with `state` and `served_on` is the judge's own finding; `none` takes a confirmation back."""

    what = fields.String(required=True, validate=validate.OneOf(["confirm", "reject", "set"]))
    acting_as = fields.String(
        load_default="court_staff", validate=validate.OneOf(["court_staff", "judge"]), metadata={"example": "judge"}
    )
    reason = Text(most=500, load_default="")
    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(list(STATES)))
    served_on = Day(load_default=None, allow_none=True)
    version = version()


class BoardExplanationQuerySchema(Schema):
    decision_id = Id(load_default=None, allow_none=True)


class BoardExplanationSchema(Schema):
    """The law asked again with what was stored then. `same`: it still answers what was decided."""

    rule_version = fields.String(required=True, allow_none=True)
    rules = fields.Dict(required=True)
    asked = fields.Dict(required=True)
    answer = fields.Dict(required=True, allow_none=True)
    refused = fields.String(required=True, allow_none=True)
    same = fields.Boolean(required=True)


class BoardVerdictSchema(Schema):
    """May this way be used? `document`: the one it turns on, empty for all."""

    channel = fields.String(required=True)
    label = fields.String(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(["allowed", "needs_confirmation", "barred"]))
    article = fields.String(required=True)
    text = fields.String(required=True)
    document = fields.String(required=True)


class BoardChannelsSchema(Schema):
    """Every way, lawful or not, under the court's rules in force. `situation`: what is on record of the recipient."""

    items = fields.List(fields.Nested(BoardVerdictSchema), required=True)
    rule_version = fields.String(required=True)
    situation = fields.Dict(required=True)


class BoardFactChoiceSchema(Schema):
    code = fields.String(required=True)
    label = fields.String(required=True)


class BoardFactSchema(Schema):
    """A fact with its closed list (none: yes or no) and what holds now."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    choices = fields.List(fields.Nested(BoardFactChoiceSchema), required=True)
    value = fields.Raw(required=True, allow_none=True)
    recorded = fields.Boolean(required=True)


class BoardKnownFactSchema(Schema):
    code = fields.String(required=True)
    label = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)


class BoardSituationSchema(Schema):
    """`facts` may be recorded; `derived` follows from attempts and approvals; `given` from case and address."""

    facts = fields.List(fields.Nested(BoardFactSchema), required=True)
    derived = fields.List(fields.Nested(BoardKnownFactSchema), required=True)
    given = fields.List(fields.Nested(BoardKnownFactSchema), required=True)
    document_classes = fields.List(fields.Nested(BoardFactChoiceSchema), required=True)


class BoardSituationChangeSchema(Schema):
    """Facts by name (null takes one off): words of the closed lists, true or false, `consent` an object."""

    facts = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(1, 40),
        metadata={"example": {"refuses_address": True}},
    )
    reason = Text(most=500, required=True)
    version = version()
