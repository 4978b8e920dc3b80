"""That an item is in the court's log: its row, the path to the newest checkpoint over it, the manifest it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.stores import Store
from server.core.audit import proofs
from server.core.audit.proofs import Inclusion, Signed
from server.custody.services.logging import entry_id
from server.field import errors
from server.field.models import EvidenceItem


@dataclass(frozen=True, slots=True)
class Proof:
    """`manifest` in its canonical bytes."""

    manifest: bytes
    inclusion: Inclusion
    signed: Signed


def of_item(*, court: str, evidence_id: str, store: Store) -> Proof:
    """Raises `evidence.not_found`, `log.no_checkpoint`, `log.entry_not_found` (no checkpoint yet), `log.broken`."""
    found = EvidenceItem._get_collection().find_one({"_id": evidence_id, "court": court}, {"manifest": 1})
    if found is None:
        raise errors.evidence_not_found()
    signed = proofs.newest(court)
    entry = entry_id(evidence_id)
    proven = proofs.inclusion(court, [entry], signed, store=store)
    if entry not in proven or not found.get("manifest"):
        raise proofs.entry_not_found()
    return Proof(bytes(found["manifest"]), proven[entry], signed)
