"""Destroying one person's values on request, and the state of the keys."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.privacy import BoardKeySchema, BoardKeysSchema, BoardShreddedSchema, BoardShredSchema
from server.cases.privacy import shred_party
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.crypto import rotation, vault
from server.core.crypto.records import DataKey
from server.core.http import Schema
from server.core.permissions import current, needs
from server.service.actor import Actor

blueprint = make_blueprint("privacy", "Destroying personal values; encryption keys")


@blueprint.route("/parties/<string:party_id>/shred")
class PartyShred(MethodView):
    @blueprint.arguments(BoardShredSchema)
    @blueprint.response(200, BoardShreddedSchema)
    @needs("privacy.shred", on="party:party_id", does="party.shred")
    def post(self, data: dict[str, Any], party_id: str) -> Any:
        """Destroy this party's numbers and addresses for ever, backups included (PIPL art. 47)."""
        me = current()
        done = shred_party(court=me.court, party_id=party_id, reason=data["reason"], actor=Actor.of(me), now=utc_now())
        audit.note(reason=data["reason"], cleared=dict(done.cleared))
        return ready({"party_id": done.party_id, "cleared": dict(done.cleared)})


@blueprint.route("/keys")
class Keys(MethodView):
    @blueprint.response(200, BoardKeysSchema)
    @needs("keys.view", does="keys.view")
    def get(self) -> Any:
        """The data keys of the courts within reach: never the keys themselves."""
        courts = objects.courts_of(current(), "keys.view")
        found = [key for key in vault().ring.store.every_key() if key.court in courts]
        return ready(page_of([_view(key) for key in sorted(found, key=_order)]))


@blueprint.route("/keys/rotate")
class KeysRotate(MethodView):
    @blueprint.arguments(Schema)
    @blueprint.response(202, BoardKeySchema)
    @needs("keys.rotate", does="keys.rotate")
    def post(self, _data: dict[str, Any]) -> Any:
        """A new key for the court acted in; what the old one sealed is sealed again in the background."""
        key = rotation.begin(vault(), court=current().court, now=utc_now())
        audit.target("data_key", key.id)
        return ready(_view(key), 202)


def _order(key: DataKey) -> tuple[str, str, int]:
    return key.court, key.purpose, key.generation


def _view(key: DataKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "court": key.court,
        "purpose": key.purpose,
        "generation": key.generation,
        "algorithm": {"a": "AES-256-GCM", "s": "SM4-GCM"}.get(key.algorithm, key.algorithm),
        "state": key.state,
        "created_at": key.created_at,
    }
