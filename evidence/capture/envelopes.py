"""The envelope a phone signs at the shutter: what was captured, when, where, with what, under which ticket.

The payload is kept byte for byte; the Ed25519 signature (RFC 8032) covers `songda-capture/1`, a line feed and those
bytes, so nobody ever has to write the JSON anew to check it (the idea of DSSE,
https://github.com/secure-systems-lab/dsse).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence.capture import strict
from evidence.capture.strict import Fields, Unreadable
from evidence.capture.tickets import HEX64, ID, KEY_BYTES, MOST_ID

SCHEMA = "songda-capture/1"
MAX_BYTES = 16 * 1024
MAX_FIXES = 60
SIGNATURE_BYTES = 64
DATUMS = ("WGS-84", "GCJ-02", "CGCS2000", "BD-09")
SOURCES = ("camera", "gallery", "pad", "recorder")
_PREFIX = SCHEMA.encode() + b"\n"
_MOST_MS = 100 * 366 * 24 * 3600 * 1000  # a phone set to 1970 is off by half of this
_MOST_BYTES = 1 << 40

# The points of order 8 and less, sign bit cleared: a "signature" under such a key fits any message
# (Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs, 2020).
_WEAK_KEYS = frozenset(
    bytes.fromhex(one)
    for one in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


@dataclass(frozen=True, slots=True)
class SealedItem:
    """What the shutter produced: `sha256` in hex, `size` in bytes."""

    client_id: str
    kind: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The phone's clock against the server's: `offset_ms` = server − phone, so phone time + offset = server time."""

    offset_ms: int
    rtt_ms: int
    measured_at: datetime


@dataclass(frozen=True, slots=True)
class SealedFix:
    """One position around the moment of capture: degrees in `datum`, metres, the system's own mark of a mocked one."""

    lng: float
    lat: float
    datum: str
    accuracy_m: float
    provider: str
    mock: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    model: str
    system: str
    app: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The content of a payload. `prev`: hex SHA-256 of the payload before it (of the ticket's note for `seq` 0)."""

    ticket_id: str
    nonce: str
    device_id: str
    seq: int
    prev: str
    item: SealedItem
    taken_at: datetime
    clock: Clock | None
    fixes: tuple[SealedFix, ...]
    facts: DeviceFacts
    source: str

    @property
    def server_time(self) -> datetime:
        """`taken_at` corrected by the measured difference of the clocks; as it is without a measurement."""
        if self.clock is None:
            return self.taken_at
        try:
            return self.taken_at + timedelta(milliseconds=self.clock.offset_ms)
        except OverflowError:
            return self.taken_at


def payload_sha256(payload: bytes) -> str:
    """What the next envelope names as its predecessor."""
    return hashlib.sha256(payload).hexdigest()


def signed_bytes(payload: bytes) -> bytes:
    """What the signature covers."""
    return _PREFIX + payload


def signature_holds(payload: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the holder of this key signed this payload. Never raises."""
    if len(signature) != SIGNATURE_BYTES or not key_is_strong(public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed_bytes(payload))
    except (InvalidSignature, ValueError):
        return False
    return True


def key_is_strong(public_key: bytes) -> bool:
    """Whether these 32 bytes can be somebody's own Ed25519 key: points under which anything verifies are not."""
    if len(public_key) != KEY_BYTES:
        return False
    return public_key[:31] + bytes([public_key[31] & 0x7F]) not in _WEAK_KEYS


def parse(payload: bytes) -> Envelope:
    """The values of a payload. Raises ``envelope.unreadable`` with `where`."""
    try:
        fields = strict.load(payload, max_bytes=MAX_BYTES)
        fields.one_of("schema", (SCHEMA,))
        found = Envelope(
            ticket_id=fields.text("ticket", least=1, most=MOST_ID, pattern=ID),
            nonce=fields.text("nonce", most=64, pattern=HEX64),
            device_id=fields.text("device", least=1, most=MOST_ID, pattern=ID),
            seq=fields.whole("seq", least=0, most=1_000_000),
            prev=fields.text("prev", most=64, pattern=HEX64),
            item=_item(fields.object("item")),
            taken_at=fields.time("taken_at"),
            clock=_clock(fields.maybe_object("clock")),
            fixes=tuple(_fix(one) for one in fields.objects("fixes", most=MAX_FIXES)),
            facts=_facts(fields.object("facts")),
            source=fields.one_of("from", SOURCES),
        )
        fields.close()
    except Unreadable as error:
        raise strict.refusal("envelope.unreadable", "取证封存信息格式不正确", error) from error
    return found


def _item(fields: Fields) -> SealedItem:
    found = SealedItem(
        client_id=fields.text("client_id", least=8, most=MOST_ID, pattern=ID),
        kind=fields.text("kind", least=1, most=MOST_ID, pattern=ID),
        sha256=fields.text("sha256", most=64, pattern=HEX64),
        size=fields.whole("size", least=1, most=_MOST_BYTES),
    )
    fields.close()
    return found


def _clock(fields: Fields | None) -> Clock | None:
    if fields is None:
        return None
    found = Clock(
        offset_ms=fields.whole("offset_ms", least=-_MOST_MS, most=_MOST_MS),
        rtt_ms=fields.whole("rtt_ms", least=0, most=3_600_000),
        measured_at=fields.time("measured_at"),
    )
    fields.close()
    return found


def _fix(fields: Fields) -> SealedFix:
    found = SealedFix(
        lng=fields.number("lng", least=-180, most=180),
        lat=fields.number("lat", least=-90, most=90),
        datum=fields.one_of("datum", DATUMS),
        accuracy_m=fields.number("accuracy_m", least=0, most=1_000_000),
        provider=fields.text("provider", most=32),
        mock=fields.flag("mock"),
        at=fields.time("at"),
    )
    fields.close()
    return found


def _facts(fields: Fields) -> DeviceFacts:
    found = DeviceFacts(
        model=fields.text("model", most=100),
        system=fields.text("system", most=100),
        app=fields.text("app", most=100),
    )
    fields.close()
    return found
