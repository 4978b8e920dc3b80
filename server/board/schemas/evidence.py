"""One item of evidence as the office sees it, and pictures that look like it."""

from __future__ import annotations

from marshmallow import fields, validate

from server.board.fields import FixSchema
from server.core.http import Schema

SIZES = ("thumb", "display", "original", "marked", "proxy")


class BoardEvidenceFileQuerySchema(Schema):
    size = fields.String(
        load_default="original",
        validate=validate.OneOf(SIZES),
        metadata={
            "description": "thumb 320 px, display 1600 px, marked with time, place, case and hash, proxy a small film"
        },
    )


class BoardEvidenceReasonSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)


class BoardEvidenceAnalysisSchema(Schema):
    """`media`: type, width, height, duration_s, codecs, taken_at, point …; `quality`: brightness, sharpness …"""

    state = fields.String(required=True, validate=validate.OneOf(["waiting", "running", "done", "broken", "failed"]))
    label = fields.String(required=True)
    media = fields.Dict(required=True)
    quality = fields.Dict(required=True)
    concerns = fields.List(fields.Nested(BoardEvidenceReasonSchema), required=True)
    phash = fields.String(required=True, allow_none=True, metadata={"description": "Perceptual hash, 64 bits in hex"})
    problem = fields.Dict(required=True, allow_none=True)
    done_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardEvidenceCopySchema(Schema):
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    url = fields.String(required=True, allow_none=True)


class BoardEvidenceKnownSchema(Schema):
    """All that is known of one item. `capture`, `place`, `log`, `late` are their verdicts stand, else null."""

    id = fields.String(required=True)
    visit_id = fields.String(required=True, metadata={"description": "Empty for what was captured without a visit"})
    task_id = fields.String(required=True)
    date = fields.String(required=True, allow_none=True)
    case_number = fields.String(required=True, allow_none=True)
    recipient_name = fields.String(required=True, allow_none=True)
    server_id = fields.String(required=True)
    server_name = fields.String(required=True, allow_none=True)
    client_id = fields.String(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    sha256 = fields.String(required=True)
    size = fields.Integer(required=True)
    media_type = fields.String(required=True)
    captured_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    source = fields.String(required=True)
    fix = fields.Nested(FixSchema, required=True, allow_none=True)
    sealed = fields.Boolean(required=True, metadata={"description": "Came with an envelope signed at the shutter"})
    manifest_sha256 = fields.String(required=True, allow_none=True)
    warnings = fields.List(fields.Nested(BoardEvidenceReasonSchema), required=True)
    capture = fields.Dict(required=True, allow_none=True)
    analysis = fields.Nested(BoardEvidenceAnalysisSchema, required=True)
    place = fields.Dict(required=True, allow_none=True)
    log = fields.Dict(required=True, allow_none=True)
    late = fields.Dict(required=True, allow_none=True)
    copies = fields.List(fields.Nested(BoardEvidenceCopySchema), required=True)
    url = fields.String(required=True)


class BoardEvidenceSimilarSchema(Schema):
    evidence_id = fields.String(required=True)
    visit_id = fields.String(required=True)
    server_id = fields.String(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    captured_at = fields.AwareDateTime(required=True)
    received_at = fields.AwareDateTime(required=True)
    bits = fields.Integer(required=True, metadata={"description": "Of 64 bits of the perceptual hash, how many differ"})
    fine_bits = fields.Integer(required=True, allow_none=True, metadata={"description": "The same of 256 finer bits"})
    same_bytes = fields.Boolean(required=True)
    likely = fields.Boolean(required=True, metadata={"description": "The finer hash agrees"})
    same_visit = fields.Boolean(required=True)
    thumb_url = fields.String(required=True)


class BoardEvidenceSimilarsSchema(Schema):
    """`hidden`: how many more there are outside of what the asker may see."""

    items = fields.List(fields.Nested(BoardEvidenceSimilarSchema), required=True)
    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    hidden = fields.Integer(required=True)
