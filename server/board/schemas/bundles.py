"""Evidence bundles, and the proofs of the court's log."""

from __future__ import annotations

from marshmallow import fields, validate

from evidence.bundle.content import SCOPES
from server.board.fields import PageSchema
from server.board.schemas.paper_batches import BoardBatchProblemSchema
from server.core.http import Schema
from server.reports.bundle_models import BUNDLE_STATES


class BoardBundleAskSchema(Schema):
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES))
    id = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"description": "Visit, case or paper id; an ISO date for a day"},
    )


class BoardBundlesQuerySchema(Schema):
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES))
    id = fields.String(required=True, validate=validate.Length(1, 64))


class BoardBundleCountsSchema(Schema):
    OK = fields.Integer(required=True)
    UNPROVEN = fields.Integer(required=True)
    MISSING = fields.Integer(required=True)
    ALTERED = fields.Integer(required=True)


class BoardBundleSchema(Schema):
    id = fields.String(required=True)
    scope = fields.String(required=True, validate=validate.OneOf(SCOPES))
    object_id = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(BUNDLE_STATES))
    files_total = fields.Integer(required=True)
    files_done = fields.Integer(required=True)
    bytes_done = fields.Integer(required=True)
    size = fields.Integer(required=True, allow_none=True)
    sha256 = fields.String(required=True, allow_none=True)
    counts = fields.Nested(
        BoardBundleCountsSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What the verifier said of items and documents when the bundle was made"},
    )
    problem = fields.Nested(BoardBatchProblemSchema, required=True, allow_none=True)
    asked_by_name = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


class BoardBundlesSchema(PageSchema):
    items = fields.List(fields.Nested(BoardBundleSchema), required=True)


class BoardLogCheckpointSchema(Schema):
    note = fields.String(required=True, metadata={"description": "The checkpoint as signed (C2SP tlog-checkpoint)"})
    origin = fields.String(required=True)
    size = fields.Integer(required=True)
    root = fields.String(required=True, metadata={"description": "Hexadecimal"})
    at = fields.AwareDateTime(required=True)
    key = fields.String(required=True, metadata={"description": "The court's public key (C2SP verifier key)"})
    fingerprint = fields.String(required=True)
    stamped_at = fields.AwareDateTime(required=True, allow_none=True)
    stamped_by = fields.String(
        required=True, allow_none=True, metadata={"description": "authority, or court: the installation's own stamp"}
    )
    stamp = fields.String(required=True, allow_none=True, metadata={"description": "RFC 3161 answer, DER, base64"})


class BoardLogInclusionQuerySchema(Schema):
    evidence_id = fields.String(required=True, validate=validate.Length(1, 64))


class BoardLogInclusionSchema(Schema):
    evidence_id = fields.String(required=True)
    entry = fields.String(required=True, metadata={"description": "The log row in its canonical form"})
    leaf = fields.String(required=True, metadata={"description": "SHA-256(0x00 ‖ entry), hexadecimal"})
    index = fields.Integer(required=True)
    hashes = fields.List(fields.String(), required=True, metadata={"description": "RFC 6962 path, leaf's side first"})
    manifest = fields.String(required=True, metadata={"description": "The manifest whose SHA-256 the row holds"})
    checkpoint = fields.Nested(BoardLogCheckpointSchema, required=True)


class BoardLogConsistencyQuerySchema(Schema):
    old = fields.Integer(required=True, validate=validate.Range(1, 2**53))
    new = fields.Integer(required=True, validate=validate.Range(1, 2**53))


class BoardLogConsistencySchema(Schema):
    old = fields.Nested(BoardLogCheckpointSchema, required=True)
    new = fields.Nested(BoardLogCheckpointSchema, required=True)
    hashes = fields.List(fields.String(), required=True, metadata={"description": "RFC 6962 consistency path"})
