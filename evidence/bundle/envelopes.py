"""Judging the seal of the shutter: payload, signature, ticket, and the chain from one capture to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from evidence.bundle import listing as reading
from evidence.bundle.words import Reason
from evidence.capture import envelopes, tickets
from evidence.capture.envelopes import Envelope
from evidence.capture.tickets import Ticket
from evidence.errors import EvidenceError
from evidence.log import Verifier


@dataclass(slots=True)
class Chains:
    """Hashes of all payloads of the bundle, by ticket and number; `doubled` are numbers given twice."""

    links: dict[tuple[str, int], str] = field(default_factory=dict)
    doubled: set[tuple[str, int]] = field(default_factory=set)

    def add(self, payload: bytes) -> None:
        """What cannot be read has no place in a chain."""
        try:
            found = envelopes.parse(payload)
        except EvidenceError:
            return
        place = (found.ticket_id, found.seq)
        if place in self.links:
            self.doubled.add(place)
        self.links[place] = envelopes.payload_sha256(payload)


@dataclass(slots=True)
class Tickets:
    """Tickets of the bundle, each read once; None for what the court did not sign."""

    verifier: Verifier | None
    known: dict[str, Ticket | None] = field(default_factory=dict)

    def read(self, note: str) -> Ticket | None:
        if note not in self.known:
            self.known[note] = self._read(note)
        return self.known[note]

    def _read(self, note: str) -> Ticket | None:
        try:
            return tickets.read(note, self.verifier) if self.verifier is not None else None
        except EvidenceError:
            return None


class Files(Protocol):
    """The part of `items.Opened` that is used here."""

    @property
    def tickets(self) -> Tickets: ...

    @property
    def chains(self) -> Chains: ...

    def fault(self, path: str) -> Reason | None: ...

    def body(self, path: str) -> bytes: ...


def judge_envelope(row: Mapping[str, Any], said: Mapping[str, Any], files: Files) -> Iterator[Reason]:
    """`said` is the item's manifest. Files that are missing or altered were told of already."""
    listed, wanted = row["envelope"], said.get("envelope_sha256")
    if listed is None:
        yield Reason("envelope.lost" if wanted else "remark.no_envelope")
        return
    if wanted is None:
        yield Reason("envelope.added")
        return
    paths = [reading.text(listed, name) for name in ("payload", "signature")]
    if any(files.fault(path) for path in paths):
        return
    payload, signature = (files.body(path) for path in paths)
    if envelopes.payload_sha256(payload) != wanted:
        yield Reason("envelope.differs")
        return
    try:
        found = envelopes.parse(payload)
    except EvidenceError:
        yield Reason("envelope.bad")
        return
    yield from _sealed(found, payload, signature, row, said, files)


def _sealed(
    found: Envelope,
    payload: bytes,
    signature: bytes,
    row: Mapping[str, Any],
    said: Mapping[str, Any],
    files: Files,
) -> Iterator[Reason]:
    """An envelope that can be read: its item, its ticket, its signature, its place."""
    yield from _other(found, said)
    if found.source == "gallery":
        yield Reason("remark.gallery")
    note = _note(row["envelope"], files)
    if note is None:
        yield Reason("ticket.missing")
        return
    ticket = files.tickets.read(note)
    if ticket is None:
        yield Reason("ticket.bad")
        return
    yield from _ticket_differs(found, ticket, said)
    if _other_key(row["envelope"], ticket, files):
        yield Reason("ticket.differs", "device_key")
    if not envelopes.signature_holds(payload, signature, ticket.device_key):
        yield Reason("envelope.unsigned")
    yield from _chained(found, note, files.chains)


def _other_key(listed: Mapping[str, Any], ticket: Ticket, files: Files) -> bool:
    """Whether the device's file names another key than the ticket the court signed."""
    path = reading.maybe_text(listed, "device")
    if path is None or files.fault(path):
        return False
    try:
        return bool(reading.load(files.body(path)).get("public_key") != ticket.device_key.hex())
    except EvidenceError:
        return True


def _other(found: Envelope, said: Mapping[str, Any]) -> Iterator[Reason]:
    pairs = (
        ("client_id", found.item.client_id),
        ("kind", found.item.kind),
        ("sha256", found.item.sha256),
        ("size", found.item.size),
    )
    return (Reason("envelope.other", name) for name, value in pairs if said.get(name) != value)


def _ticket_differs(found: Envelope, ticket: Ticket, said: Mapping[str, Any]) -> Iterable[Reason]:
    # A ticket for one visit covers that visit; one for a whole shift ("") any of the shift.
    pairs = (
        ("ticket", found.ticket_id == ticket.ticket_id),
        ("nonce", found.nonce == ticket.nonce),
        ("device", found.device_id == ticket.device_id),
        ("court", said.get("court") == ticket.court),
        ("person", said.get("server_id") == ticket.person_id),
        ("visit", ticket.visit_id in ("", said.get("visit_id"))),
        ("gallery", found.source != "gallery" or ticket.gallery_allowed),
    )
    return [Reason("ticket.differs", name) for name, same in pairs if not same]


def _chained(found: Envelope, note: str, chains: Chains) -> Iterator[Reason]:
    if (found.ticket_id, found.seq) in chains.doubled:
        yield Reason("chain.doubled")
    before = tickets.note_sha256(note) if found.seq == 0 else chains.links.get((found.ticket_id, found.seq - 1))
    if before is None:
        yield Reason("remark.chain_gap")
    elif before != found.prev:
        yield Reason("chain.broken")


def _note(listed: Mapping[str, Any], files: Files) -> str | None:
    path = reading.maybe_text(listed, "ticket")
    if path is None or files.fault(path):
        return None
    try:
        return files.body(path).decode()
    except UnicodeDecodeError:
        return ""
