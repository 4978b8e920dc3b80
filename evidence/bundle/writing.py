"""Writing a bundle: the listing of every member with its hash (bundle.json), signed; then the members themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from evidence.bundle import page
from evidence.bundle.container import Writer, pieces_of
from evidence.bundle.content import SCHEMA, Bundle, Device, Document, Envelope, Item, Log, LogProof, Original
from evidence.bundle.names import extension, safe_id
from evidence.errors import EvidenceError
from evidence.log import Signer
from evidence.manifest import sha256_of

NOTE, LISTING, SUMS = "bundle.note", "bundle.json", "SHA256SUMS"
INDEX, KEY = "index.html", "key.txt"
CHECKPOINT, STAMP, CERTIFICATES = "log/checkpoint.txt", "log/timestamp.tsr", "log/certificates.pem"
Count = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the bundle: its path, its hash (hex) and size, and where its bytes are."""

    path: str
    sha256: str
    size: int
    source: bytes | Callable[[], BinaryIO]


def write(
    bundle: Bundle,
    out: BinaryIO,
    *,
    signer: Signer,
    moved: Count = lambda _: None,
    filed: Callable[[], None] = lambda: None,
) -> int:
    """Writes the zip to a seekable file; returns its size. The same bundle always makes the same bytes.

    `moved(bytes)` and `filed()` (once for each original and document) report progress. Raises
    ``bundle.file_differs`` when a stored file is not what was recorded, ``bundle.bad_name`` for an id that can be no
    file name, and what opening a stored file raises.
    """
    listing, members = compose(bundle, signer)
    note = sign_listing(listing, signer)
    sums = sums_of(listing, note, [(one.sha256, one.path) for one in members])
    writer = Writer(out)
    for path, body in ((NOTE, note), (LISTING, listing), (SUMS, sums)):
        writer.add(path, len(body), [body])
    for member in members:
        _copy(writer, member, moved)
        if not isinstance(member.source, bytes):
            filed()
    return writer.finish()


def compose(bundle: Bundle, signer: Signer) -> tuple[bytes, list[Member]]:
    """(bundle.json, all other members but the note and the sums, in order)."""
    devices = [_small(_device_path(one), _device(one)) for one in bundle.devices]
    tickets = [_small(_ticket_path(key), note.encode()) for key, note in bundle.tickets.items()]
    rows, parts = [], []
    for item in bundle.items:
        row, members = _item(item)
        rows.append(row)
        parts += members
    parts += [_stored(one.name, one.original) for one in bundle.documents]
    said: dict[str, Any] = {
        "schema": SCHEMA,
        "bundle_id": bundle.bundle_id,
        "court": {"code": bundle.court, "name": bundle.court_name},
        "scope": {"kind": bundle.scope.kind, "id": bundle.scope.id, "title": bundle.scope.title},
        "made_at": moment(bundle.made_at),
        "key": KEY,
        "log": _log(bundle.log),
        "items": rows,
        "documents": [_document(one) for one in bundle.documents],
        "visits": list(bundle.visits),
        "ledger": dict(bundle.ledger),
    }
    key = f"{signer.verifier}\n".encode()
    index = page.index_html(said, key_line=str(signer.verifier))
    members = [_small(INDEX, index), _small(KEY, key), *_log_members(bundle.log), *devices, *tickets, *parts]
    said["files"] = [{"path": one.path, "sha256": one.sha256, "size": one.size} for one in members]
    return encoded(said), members


def sign_listing(listing: bytes, signer: Signer) -> bytes:
    """bundle.note: four lines and the court's signature (C2SP signed-note)."""
    digest = hashlib.sha256(listing).hexdigest()
    return signer.sign_text(f"{SCHEMA}\n{signer.verifier.name}\n{digest}\n{len(listing)}\n").encode()


def sums_of(listing: bytes, note: bytes, files: list[tuple[str, str]]) -> bytes:
    """SHA256SUMS as `sha256sum -c` reads it; `files`: (hash, path)."""
    first = [(hashlib.sha256(note).hexdigest(), NOTE), (hashlib.sha256(listing).hexdigest(), LISTING)]
    return "".join(f"{digest}  {path}\n" for digest, path in [*first, *files]).encode()


def encoded(value: Any) -> bytes:
    """JSON for people and machines alike: sorted, one member to a line, UTF-8."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"


def moment(at: datetime) -> str:
    """ISO 8601, UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _item(item: Item) -> tuple[dict[str, Any], list[Member]]:
    """(its row, its files)."""
    if not safe_id(item.evidence_id):
        raise EvidenceError("bundle.bad_name", "证据编号不能用作文件名", name=item.evidence_id)
    original = _stored(f"originals/{item.evidence_id}.{extension(item.media_type)}", item.original)
    row: dict[str, Any] = {
        "evidence_id": item.evidence_id,
        "title": item.title,
        "media_type": item.media_type,
        "sha256": item.original.sha256,
        "size": item.original.size,
        "original": original.path,
        "manifest": None,
        "manifest_sha256": None,
        "envelope": None,
        "entry": None,
        "proof": None,
        "said": dict(item.said),
    }
    members = [original]
    if item.manifest is not None:
        members.append(_small(f"manifests/{item.evidence_id}.json", item.manifest))
        row |= {"manifest": members[-1].path, "manifest_sha256": sha256_of(item.manifest)}
    if item.envelope is not None:
        row["envelope"], files = _envelope(item.evidence_id, item.envelope)
        members += files
    if item.proof is not None:
        members.append(_small(f"log/entries/{item.evidence_id}.json", item.proof.entry))
        members.append(_small(f"log/proofs/{item.evidence_id}.json", _proof(item.proof)))
        row |= {"entry": members[-2].path, "proof": members[-1].path}
    return row, members


def _envelope(evidence_id: str, one: Envelope) -> tuple[dict[str, Any], list[Member]]:
    stem = f"envelopes/{evidence_id}"
    files = [_small(f"{stem}.payload", one.payload), _small(f"{stem}.sig", one.signature)]
    row = {
        "payload": files[0].path,
        "signature": files[1].path,
        "device": _device_path(one) if one.device_id else None,
        "ticket": _ticket_path(one.ticket_id) if one.ticket_id else None,
    }
    return row, files


def _device_path(one: Device | Envelope) -> str:
    return f"devices/{_checked(one.device_id)}.json"


def _ticket_path(ticket_id: str) -> str:
    return f"tickets/{_checked(ticket_id)}.txt"


def _checked(found: str) -> str:
    if not safe_id(found):
        raise EvidenceError("bundle.bad_name", "编号不能用作文件名", name=found)
    return found


def _device(one: Device) -> bytes:
    said = {"device_id": one.device_id, "public_key": one.public_key.hex(), "said": dict(one.said)}
    return encoded({**said, "algorithm": "Ed25519"})


def _proof(one: LogProof) -> bytes:
    return encoded({"index": one.index, "hashes": [found.hex() for found in one.hashes]})


def _log(log: Log | None) -> dict[str, Any] | None:
    if log is None:
        return None
    stamped = log.time_stamp is not None
    return {
        "checkpoint": CHECKPOINT,
        "timestamp": STAMP if stamped else None,
        "timestamp_by": log.stamped_by if stamped else None,
        "certificates": CERTIFICATES if stamped and log.certificates else None,
    }


def _log_members(log: Log | None) -> Iterator[Member]:
    if log is None:
        return
    yield _small(CHECKPOINT, log.checkpoint.encode())
    if log.time_stamp is not None:
        yield _small(STAMP, log.time_stamp)
        if log.certificates:
            yield _small(CERTIFICATES, log.certificates)


def _document(one: Document) -> dict[str, Any]:
    same = {"title": one.title, "media_type": one.media_type, "path": one.name}
    return {**same, "sha256": one.original.sha256, "size": one.original.size, "said": dict(one.said)}


def _small(path: str, body: bytes) -> Member:
    return Member(path, hashlib.sha256(body).hexdigest(), len(body), body)


def _stored(path: str, original: Original) -> Member:
    return Member(path, original.sha256, original.size, original.open)


def _copy(writer: Writer, member: Member, moved: Count) -> None:
    if isinstance(member.source, bytes):
        found = writer.add(member.path, member.size, [member.source])
    else:
        with member.source() as source:
            found = _added(writer, member, source, moved)
    if found != member.sha256:
        raise differs(member.path)


def _added(writer: Writer, member: Member, source: BinaryIO, moved: Count) -> str:
    try:
        return writer.add(member.path, member.size, pieces_of(source, moved))
    except EvidenceError as error:
        if error.code == "bundle.size_differs":
            raise differs(member.path) from error
        raise


def differs(path: str) -> EvidenceError:
    """A stored file is not what was recorded."""
    return EvidenceError("bundle.file_differs", f"存储的文件与登记的摘要不符：{path}", file=path)
