"""Small items in one request: received as before, and entered in the shift's ledger like all others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from evidence.stores.protocol import Store
from server.core.ids import new_id
from server.custody.models import Announced
from server.custody.services import ledger
from server.field.errors import client_id_reused
from server.field.models import EvidenceItem
from server.field.services import evidence, guard
from server.field.services.evidence import Held, Origin, Upload
from server.service.actor import Actor


def receive(*, court: str, visit_id: str, actor: Actor, store: Store, upload: Upload, now: datetime) -> Held:
    """Announces and holds an item at once; one announced before keeps the envelope it was announced with.

    Raises what `server.field.services.evidence.record_evidence` raises; `client_id.reused` also when it was announced
    with other content.
    """
    held = evidence.record_evidence(
        court=court,
        visit_id=visit_id,
        actor=actor,
        store=store,
        upload=upload,
        now=now,
        origin=_announced(court, visit_id, actor, upload),
    )
    _enter(court, visit_id, held, now)
    return held


def _announced(court: str, visit_id: str, actor: Actor, upload: Upload) -> Origin:
    where = {"court": court, "server_id": actor.id, "visit_id": visit_id, "client_id": upload.client_id}
    found = Announced._get_collection().find_one(where, {"digest": 1, "envelope": 1, "source": 1})
    if found is None:
        return Origin()
    stated = upload.sha256.strip().lower()
    said: dict[str, Any] = {"kind": upload.kind, "captured_at": upload.captured_at, "fix": upload.fix}
    if found["digest"] != evidence.content_digest(sha256=stated, **said):
        raise client_id_reused()
    return Origin(found.get("source") or "phone", found["_id"], found.get("envelope"))


def _enter(court: str, visit_id: str, held: Held, now: datetime) -> None:
    item = EvidenceItem._get_collection().find_one({"_id": held.evidence_id})
    visit = guard.find(court=court, visit_id=visit_id)
    same = ("court", "server_id", "visit_id", "client_id", "digest", "kind", "sha256", "size", "captured_at", "fix")
    entry = {name: item[name] for name in same if name in item}
    entry |= {"date": visit["date"], "source": item.get("source", "phone"), "announced_at": item["received_at"]}
    who = {name: item[name] for name in ("court", "server_id", "visit_id", "client_id")}
    try:
        Announced._get_collection().update_one(
            who,
            {
                "$setOnInsert": {"_id": new_id(), **{key: value for key, value in entry.items() if key not in who}},
                "$set": {"state": "held", "evidence_id": held.evidence_id, "settled_at": now},
            },
            upsert=True,
        )
    except DuplicateKeyError:
        return  # its twin has entered it just now
    ledger.tell(court=court, server_id=item["server_id"], day=entry["date"])
