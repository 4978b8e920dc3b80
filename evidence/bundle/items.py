"""Judging one item: its files, its manifest, its row in the court's log, the path to the checkpoint, the envelope."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from evidence import manifest
from evidence.bundle import listing as reading
from evidence.bundle.content import ACTION, ENTRY_PREFIX
from evidence.bundle.envelopes import Chains, Tickets, judge_envelope
from evidence.bundle.listing import Listing
from evidence.bundle.package import Digest
from evidence.bundle.report import Judged
from evidence.bundle.words import Reason
from evidence.errors import EvidenceError
from evidence.log import Checkpoint, leaf_hash, verify_inclusion

_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)
_HASH_BYTES = 32
_LATE = timedelta(minutes=5)  # clocks of two machines differ
_IN_ROW = ("evidence_id", "sha256", "size", "media_type")
_IN_SAID = ("kind", "captured_at", "received_at")


@dataclass(frozen=True, slots=True)
class Opened:
    """What all items are held against. `digests` of every listed file that is there."""

    listing: Listing
    digests: Mapping[str, Digest | None]
    tickets: Tickets
    checkpoint: Checkpoint | None
    checkpoint_fault: Reason  # why there is none
    stamped_at: datetime | None
    chains: Chains = field(default_factory=Chains)

    def fault(self, path: str) -> Reason | None:
        """Why a file cannot be gone by, None when it is as listed."""
        listed, found = self.listing.files.get(path), self.digests.get(path)
        if listed is None:
            return Reason("listing.bad")
        if path not in self.digests:
            return Reason("file.missing", path)
        same = found is not None and (found.sha256, found.size) == (listed.sha256, listed.size)
        return None if same else Reason("file.altered", path)

    def body(self, path: str) -> bytes:
        """Of a small file that has no fault. Raises ValueError when it is not small."""
        found = self.digests[path]
        if found is None or found.body is None:
            raise ValueError(path)
        return found.body


def judge(row: Any, opened: Opened) -> Judged:
    """Never raises for what the row says."""
    try:
        evidence_id, title = reading.text(row, "evidence_id"), reading.text(row, "title")
    except _MALFORMED:
        return Judged("", "", (Reason("listing.bad"),))
    reasons: list[Reason] = []
    index, received_at = None, ""
    try:
        reasons += _files(row, opened)
        said = _manifest(row, opened, reasons)
        if said is not None:
            received_at = str(said.get("received_at", ""))
            index = _log(row, said, opened, reasons)
            reasons += judge_envelope(row, said, opened)
            reasons += _late(received_at, opened)
    except _MALFORMED:
        reasons.append(Reason("listing.bad"))
    found = list(dict.fromkeys(reasons))
    faults = tuple(one for one in found if one.verdict != "OK")
    remarks = tuple(one for one in found if one.verdict == "OK")
    return Judged(evidence_id, title, faults, remarks, index if not faults else None, received_at)


def judge_document(row: Any, opened: Opened, *, signed: bool) -> Judged:
    """A paper or an exhibit: what the bundle's signature vouches for."""
    try:
        title, path = reading.text(row, "title"), reading.text(row, "path")
        fault = opened.fault(path)
        listed = opened.listing.files.get(path)
        same = listed is not None and (row["sha256"], row["size"]) == (listed.sha256, listed.size)
    except _MALFORMED:
        return Judged("", "", (Reason("listing.bad"),))
    reasons = [fault] if fault else []
    if not same:
        reasons.append(Reason("listing.differs", path))
    if not signed:
        reasons.append(Reason("signature.bad"))
    return Judged(path, title, tuple(reasons))


def _files(row: Mapping[str, Any], opened: Opened) -> Iterator[Reason]:
    """Every file the row names."""
    envelope = row["envelope"] or {}
    names = [row["original"], row["manifest"], row["entry"], row["proof"], *envelope.values()]
    for path in names:
        if path is not None:
            fault = opened.fault(str(path))
            if fault:
                yield fault
    listed = opened.listing.files.get(reading.text(row, "original"))
    if listed is None or (listed.sha256, listed.size) != (row["sha256"], row["size"]):
        yield Reason("listing.differs", "original")


def _manifest(row: Mapping[str, Any], opened: Opened, reasons: list[Reason]) -> dict[str, Any] | None:
    """Its values; None when it cannot be gone by, which `reasons` then say."""
    path = reading.maybe_text(row, "manifest")
    if path is None:
        reasons.append(Reason("manifest.missing"))
        return None
    if opened.fault(path):
        return None
    body = opened.body(path)
    try:
        said = manifest.read(body)
    except EvidenceError:
        reasons.append(Reason("manifest.bad"))
        return None
    if row["manifest_sha256"] != manifest.sha256_of(body):
        reasons.append(Reason("listing.differs", "manifest_sha256"))
    reasons += [Reason("listing.differs", name) for name in _IN_ROW if row[name] != said.get(name)]
    shown = row["said"]
    reasons += [Reason("listing.differs", name) for name in _IN_SAID if name in shown and shown[name] != said.get(name)]
    if said.get("court") != opened.listing.court:
        reasons.append(Reason("listing.differs", "court"))
    original = opened.digests.get(reading.text(row, "original"))
    if original is not None and (original.sha256, original.size) != (said.get("sha256"), said.get("size")):
        reasons.append(Reason("original.differs"))
    return said


def _log(row: Mapping[str, Any], said: Mapping[str, Any], opened: Opened, reasons: list[Reason]) -> int | None:
    """The index in the court's log that is proven."""
    path, proof_path = reading.maybe_text(row, "entry"), reading.maybe_text(row, "proof")
    if path is None or proof_path is None:
        reasons.append(Reason("entry.missing"))
        return None
    if opened.fault(path) or opened.fault(proof_path):
        return None
    body = opened.body(path)
    entry = _entry(body, reasons)
    if entry is None:
        return None
    reasons += _entry_differs(entry, row, said, opened.listing.court)
    index, hashes = _proof(opened.body(proof_path))
    if index is None:
        reasons.append(Reason("proof.bad"))
        return None
    if opened.checkpoint is None:
        reasons.append(opened.checkpoint_fault)
        return None
    if entry.get("seq") != index:
        reasons.append(Reason("entry.differs", "seq"))
    if not verify_inclusion(leaf_hash(body), index, opened.checkpoint.size, hashes, opened.checkpoint.root):
        reasons.append(Reason("proof.fails"))
    return index


def _entry(body: bytes, reasons: list[Reason]) -> dict[str, Any] | None:
    """The row of the log, if these are its canonical bytes."""
    try:
        entry = reading.load(body)
        again = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (EvidenceError, ValueError):
        entry, again = {}, ""
    if again.encode("utf-8", "replace") != body:
        reasons.append(Reason("entry.bad"))
        return None
    return entry


def _entry_differs(
    entry: Mapping[str, Any], row: Mapping[str, Any], said: Mapping[str, Any], court: str
) -> Iterator[Reason]:
    detail = entry.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    pairs = (
        ("id", entry.get("id"), f"{ENTRY_PREFIX}{said.get('evidence_id')}"),
        ("action", entry.get("action"), ACTION),
        ("court", entry.get("court"), court),
        ("manifest_sha256", detail.get("manifest_sha256"), row["manifest_sha256"]),
        ("sha256", detail.get("sha256"), said.get("sha256")),
        ("size", detail.get("size"), said.get("size")),
        ("schema", detail.get("schema"), manifest.SCHEMA),
    )
    return (Reason("entry.differs", name) for name, found, wanted in pairs if found != wanted)


def _proof(body: bytes) -> tuple[int | None, list[bytes]]:
    try:
        said = reading.load(body)
        index, hashes = reading.number(said, "index"), [bytes.fromhex(one) for one in said["hashes"]]
    except (EvidenceError, *_MALFORMED):
        return None, []
    return (index, hashes) if all(len(one) == _HASH_BYTES for one in hashes) else (None, [])


def _late(received_at: str, opened: Opened) -> Iterator[Reason]:
    """What a stamped checkpoint holds cannot have come after the stamp."""
    if opened.stamped_at is not None and datetime.fromisoformat(received_at) > opened.stamped_at + _LATE:
        yield Reason("late.stamp")
