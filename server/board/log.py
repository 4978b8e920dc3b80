"""The court's log for outsiders' eyes: its newest checkpoint, proofs that an item is in it and that it only grew."""

from __future__ import annotations

import base64
from typing import Any

from flask.views import MethodView

from evidence.bundle import fingerprint
from evidence.log import leaf_hash
from server.board.blueprint import make_blueprint, ready, store
from server.board.schemas.bundles import (
    BoardLogCheckpointSchema,
    BoardLogConsistencyQuerySchema,
    BoardLogConsistencySchema,
    BoardLogInclusionQuerySchema,
    BoardLogInclusionSchema,
)
from server.core import objects
from server.core.audit import checkpoints, proofs
from server.core.audit.proofs import Signed
from server.core.permissions import current, needs
from server.custody.services import proofs as item_proofs

blueprint = make_blueprint("log", "The court's log: checkpoints and proofs")

CODE = "evidence.export"


@blueprint.route("/log/checkpoint")
class NewestCheckpoint(MethodView):
    @blueprint.response(200, BoardLogCheckpointSchema)
    @needs(CODE)
    def get(self) -> Any:
        """The newest signed checkpoint, with its time-stamp when it has one."""
        return ready(_signed(current().court, proofs.newest(current().court)))


@blueprint.route("/log/inclusion")
class InclusionProof(MethodView):
    @blueprint.arguments(BoardLogInclusionQuerySchema, location="query")
    @blueprint.response(200, BoardLogInclusionSchema)
    @needs(CODE)
    def get(self, query: dict[str, Any]) -> Any:
        """That an item of evidence is in the log of the newest checkpoint."""
        me, evidence_id = current(), query["evidence_id"]
        court = objects.locate("evidence", evidence_id, me, CODE)
        found = item_proofs.of_item(court=court, evidence_id=evidence_id, store=store())
        return ready(
            {
                "evidence_id": evidence_id,
                "entry": found.inclusion.entry.decode(),
                "leaf": leaf_hash(found.inclusion.entry).hex(),
                "index": found.inclusion.index,
                "hashes": [one.hex() for one in found.inclusion.hashes],
                "manifest": found.manifest.decode(),
                "checkpoint": _signed(court, found.signed),
            }
        )


@blueprint.route("/log/consistency")
class ConsistencyProof(MethodView):
    @blueprint.arguments(BoardLogConsistencyQuerySchema, location="query")
    @blueprint.response(200, BoardLogConsistencySchema)
    @needs(CODE)
    def get(self, query: dict[str, Any]) -> Any:
        """That the log of one checkpoint goes on from that of an earlier one."""
        court = current().court
        old, new, hashes = proofs.consistency(court, query["old"], query["new"], store=store())
        return ready({"old": _signed(court, old), "new": _signed(court, new), "hashes": [one.hex() for one in hashes]})


def _signed(court: str, found: Signed) -> dict[str, Any]:
    verifier = checkpoints.verifier(court)
    return {
        "note": found.note,
        "origin": found.checkpoint.origin,
        "size": found.checkpoint.size,
        "root": found.checkpoint.root.hex(),
        "at": found.at,
        "key": str(verifier),
        "fingerprint": fingerprint(verifier),
        "stamped_at": found.stamped_at,
        "stamped_by": found.stamped_by or None,
        "stamp": base64.b64encode(found.stamp).decode() if found.stamp else None,
    }
