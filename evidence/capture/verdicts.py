"""The verdict on how one item was captured: sealed, in doubt, broken, or not sealed at all, each with its reasons.

Bytes and values in, values out: no database, no clock, no network. What a hostile phone or a hostile bundle contains is
answered by a reason, never by an exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence.capture import chain, tickets
from evidence.capture.chain import Link, minutes
from evidence.capture.envelopes import Envelope, parse, payload_sha256, signature_holds
from evidence.capture.reasons import BROKEN, DOUBT, WAITING, Reason, reason
from evidence.capture.tickets import Ticket
from evidence.errors import EvidenceError
from evidence.log import Verifier

SEALED, UNSEALED = "sealed", "unsealed"
VERDICTS = (SEALED, DOUBT, BROKEN, UNSEALED)
LABELS_ZH = {SEALED: "封存有效", DOUBT: "封存存疑", BROKEN: "封存无效", UNSEALED: "未封存"}
CLOCK_SLACK = timedelta(minutes=5)
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Verified:
    """What bytes alone tell: the envelope and the ticket as far as they can be read, and every fault found."""

    envelope: Envelope | None
    ticket: Ticket | None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """What the item is, as received: `sha256` (hex) and `size` of its bytes, whose it is, for which visit."""

    client_id: str
    kind: str
    sha256: str
    size: int
    captured_at: datetime
    visit_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class Device:
    """The registered key that the envelope names."""

    device_id: str
    person_id: str
    public_key: bytes
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """An envelope as it came."""

    payload: bytes
    signature: bytes
    device_id: str


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known. `known_at`: when the envelope first reached the court, which it cannot have been made after.

    `others`: genuine envelopes under the same ticket; `used_before`: the same payload came earlier for another item.
    """

    known_at: datetime
    now: datetime
    device: Device | None
    ticket_note: str | None
    others: Sequence[Link] = ()
    used_before: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`verdict` is one of VERDICTS; `waiting` while a predecessor may still come (then it is `doubt` for now)."""

    verdict: str
    reasons: tuple[Reason, ...]
    envelope: Envelope | None = None
    ticket: Ticket | None = None

    @property
    def waiting(self) -> bool:
        return any(one.weight == WAITING for one in self.reasons)

    def document(self) -> dict[str, Any]:
        """As it is kept beside the item."""
        found: dict[str, Any] = {
            "verdict": self.verdict,
            "reasons": [one.document() for one in self.reasons],
            "waiting": self.waiting,
        }
        if self.envelope is not None:
            found |= {
                "ticket_id": self.envelope.ticket_id,
                "device_id": self.envelope.device_id,
                "seq": self.envelope.seq,
                "taken_at": self.envelope.taken_at,
                "server_time": self.envelope.server_time,
                "clock_offset_ms": self.envelope.clock.offset_ms if self.envelope.clock else None,
                "from": self.envelope.source,
            }
        return found


def verify_envelope(
    payload: bytes, signature: bytes, public_key: bytes, ticket_note: str | None, verifier: Verifier
) -> Verified:
    """Signature, key and ticket of one envelope, from bytes alone.

    With the ticket's note the key must be the one the court vouched for in it: then nothing but the court's own key has
    to be trusted.
    """
    try:
        envelope = parse(payload)
    except EvidenceError as error:
        return Verified(None, None, (reason("envelope.unreadable", where=str(error.extra.get("where", ""))),))
    found = [] if signature_holds(payload, signature, public_key) else [reason("envelope.bad_signature")]
    if ticket_note is None:
        return Verified(envelope, None, (*found, reason("ticket.unknown", ticket_id=envelope.ticket_id)))
    try:
        ticket = tickets.read(ticket_note, verifier)
    except EvidenceError as error:
        return Verified(envelope, None, (*found, reason(error.code)))
    return Verified(envelope, ticket, (*found, *_binding(envelope, ticket, public_key)))


def _binding(envelope: Envelope, ticket: Ticket, public_key: bytes) -> Iterator[Reason]:
    if envelope.ticket_id != ticket.ticket_id:
        yield reason("ticket.other_ticket")
    if envelope.nonce != ticket.nonce:
        yield reason("ticket.wrong_nonce")
    if envelope.device_id != ticket.device_id or public_key != ticket.device_key:
        yield reason("ticket.other_device")


def link_of(payload: bytes, envelope: Envelope) -> Link:
    """The place of an envelope in its chain."""
    return Link(payload_sha256(payload), envelope.seq, envelope.prev, envelope.server_time)


def judge(sent: Sent | None, *, stated: Stated, around: Around, verifier: Verifier) -> Verdict:
    """The verdict on one item with everything that is known now. Never raises for what was sent."""
    if sent is None:
        return Verdict(UNSEALED, (reason("envelope.missing"),))
    device = around.device
    key = device.public_key if device is not None else b""
    seen = verify_envelope(sent.payload, sent.signature, key, around.ticket_note, verifier)
    if seen.envelope is None:
        return Verdict(BROKEN, seen.reasons)
    found = _Findings(list(seen.reasons))
    found.device(device, sent, seen.envelope, stated, around)
    found.item(seen.envelope, stated, around)
    found.time(seen.envelope, stated, around)
    found.means(seen.envelope, seen.ticket)
    if seen.ticket is not None:
        found.ticket(seen.envelope, seen.ticket, stated)
        found.order(sent, seen.envelope, seen.ticket, around)
    reasons = tuple(found.reasons)
    return Verdict(_worst(reasons), reasons, seen.envelope, seen.ticket)


def _worst(reasons: Sequence[Reason]) -> str:
    weights = {one.weight for one in reasons}
    if BROKEN in weights:
        return BROKEN
    return DOUBT if weights & {DOUBT, WAITING} else SEALED


@dataclass(slots=True)
class _Findings:
    """Reasons as they are found, one question after the other."""

    reasons: list[Reason] = field(default_factory=list)

    def add(self, code: str, **values: Any) -> None:
        self.reasons.append(reason(code, **values))

    def device(self, device: Device | None, sent: Sent, envelope: Envelope, stated: Stated, around: Around) -> None:
        if device is None or sent.device_id != envelope.device_id or device.device_id != envelope.device_id:
            self.add("device.unknown", device_id=envelope.device_id)
            return
        if device.person_id != stated.person_id:
            self.add("device.other_person")
        if device.revoked_at is None:
            return
        if envelope.server_time > device.revoked_at:
            self.add("device.revoked_before", at=_text(device.revoked_at))
        elif around.known_at > device.revoked_at:
            self.add("device.revoked_since", at=_text(device.revoked_at))

    def item(self, envelope: Envelope, stated: Stated, around: Around) -> None:
        sealed = envelope.item
        if (sealed.sha256, sealed.size) != (stated.sha256, stated.size):
            self.add("envelope.other_content", sealed_sha256=sealed.sha256, sealed_size=sealed.size)
        if (sealed.client_id, sealed.kind) != (stated.client_id, stated.kind):
            self.add("envelope.other_item", sealed_client_id=sealed.client_id, sealed_kind=sealed.kind)
        if around.used_before:
            self.add("envelope.replayed")

    def time(self, envelope: Envelope, stated: Stated, around: Around) -> None:
        """The phone's clock against the server's, and the moment against what it can be."""
        at = envelope.server_time
        if at < EARLIEST:
            self.add("clock.impossible", year=at.year)
        if at > around.known_at + CLOCK_SLACK:
            self.add("clock.future", minutes=minutes(at - around.known_at))
        clock = envelope.clock
        # Half of the round trip is how well the difference can be known at all.
        if clock is not None and abs(clock.offset_ms) - clock.rtt_ms / 2 > CLOCK_SLACK / timedelta(milliseconds=1):
            off = timedelta(milliseconds=clock.offset_ms)
            self.add("clock.off", minutes=minutes(off), offset_ms=clock.offset_ms)
        apart = min(abs(stated.captured_at - at), abs(stated.captured_at - envelope.taken_at))
        if apart > CLOCK_SLACK:
            self.add("envelope.other_time", minutes=minutes(apart))

    def means(self, envelope: Envelope, ticket: Ticket | None) -> None:
        if envelope.source == "gallery" and ticket is not None:
            self.add("source.gallery_allowed" if ticket.gallery_allowed else "source.gallery")
        if any(fix.mock for fix in envelope.fixes):
            self.add("fix.mock")

    def ticket(self, envelope: Envelope, ticket: Ticket, stated: Stated) -> None:
        """A ticket without a visit is good for whatever its shift turns up (L4)."""
        if ticket.visit_id and stated.visit_id and ticket.visit_id != stated.visit_id:
            self.add("ticket.other_visit", visit_id=ticket.visit_id)
        if ticket.person_id != stated.person_id:
            self.add("ticket.other_person")
        at = envelope.server_time
        if at < ticket.issued_at - CLOCK_SLACK:
            self.add("ticket.not_yet", minutes=minutes(ticket.issued_at - at))
        if at > ticket.expires_at + CLOCK_SLACK:
            self.add("ticket.expired", minutes=minutes(at - ticket.expires_at))

    def order(self, sent: Sent, envelope: Envelope, ticket: Ticket, around: Around) -> None:
        """Where the signature or the ticket does not hold there is no place in a chain to speak of."""
        if any(one.weight == BROKEN for one in self.reasons if not one.code.startswith("envelope.other_")):
            return
        note = tickets.note_sha256(around.ticket_note or "")
        final = around.now > ticket.expires_at + CLOCK_SLACK
        link = link_of(sent.payload, envelope)
        self.reasons += chain.faults(link, note_sha256=note, known=around.others, final=final)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
