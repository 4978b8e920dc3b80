"""What a phone sends."""

from __future__ import annotations

from typing import Any

from flask_smorest.fields import Upload
from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from miniprogram_api.fields import ClientId, Moment, Text
from server.core.http import Schema
from server.field.rules import RawFix
from server.law.outcomes import EVIDENCE_KINDS

MAX_FIXES = 500
MAX_SYNC_ITEMS = 1_000
_POSITION = ("lng", "lat", "datum", "accuracy_m", "provider")


class PhoneSignInSchema(Schema):
    code = Text(most=256, required=True, metadata={"description": "wx.login() code"})
    device = Text(most=128, load_default=None, allow_none=True)


class PhoneBindSchema(PhoneSignInSchema):
    court = Text(most=16, required=True, metadata={"example": "京0102"})
    bind_code = Text(most=16, required=True, metadata={"description": "One-time code from the dispatch manager"})


class PhoneConfirmationSchema(Schema):
    challenge = Text(most=128, required=True, metadata={"description": "What the scanned code says"})


class PhonePointSchema(Schema):
    lng = fields.Float(required=True)
    lat = fields.Float(required=True)
    datum = Text(most=16, required=True, metadata={"description": "WGS-84 or GCJ-02", "example": "GCJ-02"})


class PhoneFixSchema(Schema):
    point = fields.Nested(PhonePointSchema, required=True)
    accuracy_m = fields.Float(required=True)
    provider = Text(most=32, required=True, metadata={"example": "gps"})
    at = Moment(required=True)

    @post_load
    def as_fix(self, data: dict[str, Any], **_: Any) -> RawFix:
        point = data["point"]
        return RawFix(
            lng=point["lng"],
            lat=point["lat"],
            datum=point["datum"],
            accuracy_m=data["accuracy_m"],
            provider=data["provider"],
            at=data["at"],
        )


class PhoneRouteQuerySchema(Schema):
    date = fields.Date(load_default=None)


class PhoneEventSchema(Schema):
    client_id = ClientId(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("accept", "depart", "arrive")))
    happened_at = Moment(required=True)
    fix = fields.Nested(PhoneFixSchema, load_default=None, allow_none=True)


class PhoneSignerSchema(Schema):
    name = Text(most=64, required=True)
    relation = Text(most=64, load_default=None, allow_none=True)
    id_number = Text(most=32, load_default=None, allow_none=True, load_only=True)


class PhoneWitnessSchema(Schema):
    name = Text(most=64, required=True)
    unit = Text(most=128, least=0, load_default="")
    title = Text(most=64, load_default=None, allow_none=True)
    phone = Text(most=32, load_default=None, allow_none=True, load_only=True)


class PhoneOutcomeSchema(Schema):
    client_id = ClientId(required=True)
    code = Text(most=32, required=True, metadata={"description": "A code of GET outcomes"})
    happened_at = Moment(required=True)
    fix = fields.Nested(PhoneFixSchema, load_default=None, allow_none=True)
    signer = fields.Nested(PhoneSignerSchema, load_default=None, allow_none=True)
    witness = fields.Nested(PhoneWitnessSchema, load_default=None, allow_none=True)
    refusal_reason = Text(most=500, load_default=None, allow_none=True)
    left_at_place = Text(most=200, load_default=None, allow_none=True)
    note = Text(most=2000, load_default=None, allow_none=True)
    evidence = fields.List(ClientId(), load_default=list, validate=validate.Length(max=200))


class PhonePositionsSchema(Schema):
    client_id = ClientId(required=True)
    date = fields.Date(required=True)
    fixes = fields.List(fields.Nested(PhoneFixSchema), required=True, validate=validate.Length(1, MAX_FIXES))


class PhoneEvidenceFormSchema(Schema):
    """The fields beside the file. WeChat strips EXIF, so hash, time and position travel beside the picture."""

    client_id = ClientId(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(tuple(EVIDENCE_KINDS)))
    sha256 = Text(most=128, required=True, metadata={"description": "Of the file, hex, made at capture"})
    captured_at = Moment(required=True)
    lng = fields.Float(load_default=None)
    lat = fields.Float(load_default=None)
    datum = Text(most=16, load_default=None)
    accuracy_m = fields.Float(load_default=None)
    provider = Text(most=32, load_default=None)

    @validates_schema
    def position_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        given = [name for name in _POSITION if data.get(name) is not None]
        if given and len(given) < len(_POSITION):
            wanting = [name for name in _POSITION if name not in given]
            raise ValidationError({name: ["定位信息不完整"] for name in wanting})


class PhoneEvidenceFileSchema(Schema):
    file = Upload(required=True)


class PhoneAskedSchema(Schema):
    client_id = ClientId(required=True)
    visit_id = Text(most=64, load_default=None, allow_none=True)
    sha256 = Text(most=64, load_default=None, allow_none=True)


class PhoneSyncSchema(Schema):
    visits = fields.List(Text(most=64), load_default=list, validate=validate.Length(max=MAX_SYNC_ITEMS))
    items = fields.List(
        fields.Nested(PhoneAskedSchema), load_default=list, validate=validate.Length(max=MAX_SYNC_ITEMS)
    )


class PhoneClaimSchema(Schema):
    client_id = ClientId(required=True)


class PhoneReleaseSchema(PhoneClaimSchema):
    reason = Text(most=200, required=True)


class PhoneUnmaskSchema(Schema):
    field = fields.String(required=True, validate=validate.OneOf(("phone",)))
