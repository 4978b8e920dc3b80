"""What goes into a bundle, as plain values; the bytes of originals are opened when they are written.

Everything said in words here is seen by whoever is given the bundle: masks only, no full numbers, no full addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

SCHEMA = "songda-bundle/1"
SCOPES = ("visit", "case", "day", "report")
ACTION = "evidence.received"  # of the rows in the court's log that hold a manifest's hash
ENTRY_PREFIX = "ev-"  # the id of such a row is this and the evidence id
Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Original:
    """Stored bytes: SHA-256 in hex, size in bytes, `open()` gives a readable stream."""

    sha256: str
    size: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the phone signed at the shutter, byte for byte, and the ticket it was signed under ("" when none)."""

    payload: bytes
    signature: bytes
    device_id: str
    ticket_id: str


@dataclass(frozen=True, slots=True)
class LogProof:
    """The court's log row in its canonical bytes, its index, and the path from it to the checkpoint's root."""

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence; `title` names it for people. `said`: what else is known of it, shown and signed only.

    Without a manifest or a proof the item is shown as unproven.
    """

    evidence_id: str
    title: str
    media_type: str
    original: Original
    manifest: bytes | None
    envelope: Envelope | None = None
    proof: LogProof | None = None
    said: Plain = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A paper, an exhibit, a file of data: the bundle's signature vouches for it. `name` is its path in the bundle."""

    name: str
    title: str
    media_type: str
    original: Original
    said: Plain = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone's public key (Ed25519, 32 bytes)."""

    device_id: str
    public_key: bytes
    said: Plain = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Log:
    """A checkpoint of the court's log (signed note), and its time-stamp: DER, by whom, the roots it chains to (PEM).

    `stamped_by` is `authority` for a third party's, `court` for the installation's own, "" without a stamp.
    """

    checkpoint: str
    time_stamp: bytes | None = None
    stamped_by: str = ""
    certificates: bytes = b""


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for: `kind` of SCOPES, its id (a date for a day), and words for people."""

    kind: str
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """All of it. `visits` and `ledger` (counts, and what is not there) are shown and signed."""

    bundle_id: str
    court: str
    court_name: str
    scope: Scope
    made_at: datetime
    items: Sequence[Item]
    documents: Sequence[Document] = ()
    devices: Sequence[Device] = ()
    tickets: Mapping[str, str] = field(default_factory=dict)  # ticket id → signed note
    log: Log | None = None
    visits: Sequence[Plain] = ()
    ledger: Plain = field(default_factory=dict)
