"""Tickets: leave to capture, signed by the court before the network is lost, readable by anybody with its public key.

    songda-ticket/1
    {"court":"京0102","date":"2026-11-22","device":"…",…}

    — songda/京0102 base64(key id ‖ signature)

A note in the C2SP form (https://c2sp.org/signed-note): the same keys and the same code as the checkpoints of the log.
The first line keeps the two apart: a checkpoint begins with the name of its log, which is never `songda-ticket/1`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from evidence.capture import strict
from evidence.capture.strict import Unreadable
from evidence.errors import EvidenceError
from evidence.log import Signer, Verifier

SCHEMA = "songda-ticket/1"
MAX_BYTES = 4 * 1024
ID = re.compile(r"[A-Za-z0-9._:-]+", re.ASCII)
HEX64 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
KEY_BYTES = 32
MOST_ID = 64


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may capture with which key, for which visit (`""`: none yet), from when until when.

    `device_key` is the phone's raw Ed25519 public key: the court vouches for it here, so that an envelope can be
    checked with nothing but this note and the court's key. `nonce`: 64 hex digits. Times aware, UTC.
    """

    court: str
    ticket_id: str
    date: str
    visit_id: str
    person_id: str
    device_id: str
    device_key: bytes
    nonce: str
    gallery_allowed: bool
    issued_at: datetime
    expires_at: datetime

    def body(self) -> str:
        """The text that is signed."""
        said = {
            "court": self.court,
            "ticket": self.ticket_id,
            "date": self.date,
            "visit": self.visit_id,
            "person": self.person_id,
            "device": self.device_id,
            "device_key": base64.b64encode(self.device_key).decode(),
            "nonce": self.nonce,
            "gallery": self.gallery_allowed,
            "issued_at": self.issued_at,
            "expires_at": self.expires_at,
        }
        return f"{SCHEMA}\n{strict.canonical(said).decode()}\n"


def sign(ticket: Ticket, signer: Signer) -> str:
    """The note as the phone receives and keeps it."""
    return signer.sign_text(ticket.body())


def read(note: str, verifier: Verifier) -> Ticket:
    """The ticket, if this court signed it.

    Raises ``ticket.forged`` (no valid signature of this key) or ``ticket.unreadable`` (signed, but no ticket).
    """
    try:
        body = verifier.text(note)
    except (EvidenceError, UnicodeError) as error:
        raise EvidenceError("ticket.forged", "取证凭证不是本院签发，或者已被改动") from error
    try:
        found = from_body(body)
        if found.body() != body:
            raise Unreadable("canonical")
    except Unreadable as error:
        raise strict.refusal("ticket.unreadable", "取证凭证格式不正确", error) from error
    return found


def from_body(body: str) -> Ticket:
    """The values of a signed text. Raises Unreadable."""
    first, _, rest = body.partition("\n")
    if first != SCHEMA or not rest.endswith("\n") or "\n" in rest[:-1]:
        raise Unreadable("schema")
    fields = strict.load(rest[:-1].encode(), max_bytes=MAX_BYTES)
    found = Ticket(
        court=fields.text("court", least=1, most=MOST_ID),
        ticket_id=fields.text("ticket", least=1, most=MOST_ID, pattern=ID),
        date=fields.text("date", most=10, pattern=_DATE),
        visit_id=fields.text("visit", most=MOST_ID),
        person_id=fields.text("person", least=1, most=MOST_ID),
        device_id=fields.text("device", least=1, most=MOST_ID, pattern=ID),
        device_key=_key(fields.text("device_key", most=MOST_ID)),
        nonce=fields.text("nonce", most=64, pattern=HEX64),
        gallery_allowed=fields.flag("gallery"),
        issued_at=fields.time("issued_at"),
        expires_at=fields.time("expires_at"),
    )
    fields.close()
    return found


def note_sha256(note: str) -> str:
    """What the first envelope under a ticket names as its predecessor: hex SHA-256 of the note's UTF-8 bytes."""
    return hashlib.sha256(note.encode()).hexdigest()


def _key(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("device_key") from error
    if len(found) != KEY_BYTES:
        raise Unreadable("device_key")
    return found
