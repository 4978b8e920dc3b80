"""Made-up bundles: a visit of any number of items, sealed, logged and proven as the court does it. Nobody's data.

For measuring, for tests, and for whoever writes a verifier of their own.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence.bundle.content import (
    ACTION,
    ENTRY_PREFIX,
    Bundle,
    Device,
    Document,
    Envelope,
    Item,
    Log,
    LogProof,
    Original,
    Scope,
)
from evidence.bundle.writing import moment
from evidence.capture.shutter import DeviceKey, Shutter
from evidence.capture.tickets import Ticket, sign
from evidence.log import Checkpoint, Leaves, Signer, inclusion_proof, leaf_hash, tree_root
from evidence.manifest import SCHEMA, Manifest, sha256_of

COURT, COURT_NAME, ORIGIN = "京0102", "示例市人民法院", "songda/京0102"
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_VISIT, _TASK, _PERSON, _DEVICE, _TICKET = "visit-1", "task-1", "person-1", "device-1", "ticket-1"
Stamp = Callable[[bytes], tuple[bytes, bytes]]
"""A note's bytes in, (time-stamp in DER, root certificates in PEM) out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A bundle and the key that signs it."""

    bundle: Bundle
    signer: Signer


def sample(items: int = 4, *, size: int = 900, stamp: Stamp | None = None, origin: str = ORIGIN) -> Sample:
    """The same arguments make the same bundle. `size`: bytes of each original. The last item comes without a seal."""
    signer = Signer(origin, hashlib.sha256(b"songda sample court").digest())
    key = DeviceKey.from_seed(hashlib.sha256(b"songda sample phone").digest())
    note = sign(_ticket(key), signer)
    shutter = Shutter(key, _TICKET, _nonce(), _DEVICE, note)
    made = [_item(number, size, shutter if number < items - 1 or items == 1 else None) for number in range(items)]
    rows = _rows(made)
    hashes = [leaf_hash(row) for row in rows]
    store = Leaves(lambda begin, end: hashes[begin:end])
    checkpoint = signer.sign(Checkpoint(origin, len(rows), tree_root(store, len(rows))))
    proven = [
        _with_proof(one, LogProof(rows[at], at, tuple(inclusion_proof(store, at, len(rows)))))
        for at, one in ((2 * number + 1, one) for number, one in enumerate(made))
    ]
    der, roots = stamp(checkpoint.encode()) if stamp else (None, b"")
    paper = _bytes(10_000, size)
    bundle = Bundle(
        bundle_id="sample-bundle",
        court=COURT,
        court_name=COURT_NAME,
        scope=Scope("visit", _VISIT, "（2026）示例民初1号 王示例 2026-03-02"),
        made_at=AT + timedelta(days=1),
        items=proven,
        documents=[Document("papers/001-送达报告.pdf", "送达报告", "application/pdf", _original(paper))],
        devices=[Device(_DEVICE, key.public_key, {"person_id": _PERSON})],
        tickets={_TICKET: note},
        log=Log(checkpoint, der, "authority" if der else "", roots),
        visits=[{"date": "2026-03-02", "recipient_name": "王示例<b>", "address_mask": "示例市**"}],
        ledger={"total": items + 1, "held": items, "absent": [{"title": "现场照片", "state_text": "已撤回"}]},
    )
    return Sample(bundle, signer)


def _ticket(key: DeviceKey) -> Ticket:
    return Ticket(
        court=COURT,
        ticket_id=_TICKET,
        date="2026-03-02",
        visit_id=_VISIT,
        person_id=_PERSON,
        device_id=_DEVICE,
        device_key=key.public_key,
        nonce=_nonce(),
        gallery_allowed=False,
        issued_at=AT,
        expires_at=AT + timedelta(hours=16),
    )


def _nonce() -> str:
    return hashlib.sha256(b"songda sample nonce").hexdigest()


def _item(number: int, size: int, shutter: Shutter | None) -> Item:
    body, at = _bytes(number, size), AT + timedelta(minutes=number % 600)
    original, client_id = _original(body), f"client-{number:04d}"
    envelope, payload_hash = None, None
    if shutter is not None:
        sealed = shutter.seal(
            client_id=client_id, kind="photo_door", sha256=original.sha256, size=original.size, taken_at=at
        )
        envelope = Envelope(sealed.payload, sealed.signature, _DEVICE, _TICKET)
        payload_hash = hashlib.sha256(sealed.payload).hexdigest()
    evidence_id = f"evidence-{number:04d}"
    manifest = Manifest(
        court=COURT,
        evidence_id=evidence_id,
        visit_id=_VISIT,
        task_id=_TASK,
        server_id=_PERSON,
        client_id=client_id,
        kind="photo_door",
        sha256=original.sha256,
        size=original.size,
        media_type="image/jpeg",
        captured_at=at,
        received_at=at + timedelta(minutes=2),
        fix=None,
        envelope_sha256=payload_hash,
        source="phone",
    )
    said = {"kind": "photo_door", "captured_at": moment(at), "received_at": moment(at + timedelta(minutes=2))}
    return Item(evidence_id, "门牌照片", "image/jpeg", original, manifest.encoded(), envelope, None, said)


def _rows(items: list[Item]) -> list[bytes]:
    """The court's log: before every item something else happened."""
    rows: list[bytes] = []
    prev = bytes(32).hex()
    for item in items:
        for row in (_row(f"other-{len(rows)}", "visit.assign", {}), _received(item)):
            body = {**row, "seq": len(rows), "prev": prev}
            encoded = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            rows.append(encoded)
            prev = leaf_hash(encoded).hex()
    return rows


def _received(item: Item) -> dict[str, Any]:
    digest = sha256_of(item.manifest or b"")
    detail = {"manifest_sha256": digest, "sha256": item.original.sha256, "size": item.original.size, "schema": SCHEMA}
    return _row(f"{ENTRY_PREFIX}{item.evidence_id}", ACTION, detail)


def _row(entry_id: str, action: str, detail: dict[str, Any]) -> dict[str, Any]:
    at = int(AT.timestamp() * 1000)
    return {"id": entry_id, "court": COURT, "at": at, "action": action, "result": "done", "detail": detail}


def _with_proof(item: Item, proof: LogProof) -> Item:
    return Item(
        item.evidence_id,
        item.title,
        item.media_type,
        item.original,
        item.manifest,
        item.envelope,
        proof,
        item.said,
    )


def _original(body: bytes) -> Original:
    return Original(hashlib.sha256(body).hexdigest(), len(body), lambda: io.BytesIO(body))


def _bytes(number: int, size: int) -> bytes:
    """Bytes nobody can compress, the same every time."""
    return hashlib.shake_128(number.to_bytes(4, "big")).digest(size)
