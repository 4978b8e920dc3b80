"""The phone's side, as the mini-program does it: a key, a ticket, and one signed envelope for each thing captured.

The reference for whoever writes a client; the drill and the tests capture with it.

    key = DeviceKey.new()
    shutter = Shutter.of_answer(ticket, key)              # one element of POST /api/phone/tickets
    sealed = shutter.seal(client_id=…, kind="photo_door", sha256=…, size=…, taken_at=…)
    {"envelope": sealed.as_json()}                        # goes into POST /api/phone/items
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.capture import strict, tickets
from evidence.capture.envelopes import SCHEMA, Clock, DeviceFacts, SealedFix, payload_sha256, signed_bytes
from evidence.capture.verdicts import Sent

NO_FACTS = DeviceFacts("", "", "")


class DeviceKey:
    """The phone's Ed25519 key (RFC 8032). The private half never leaves the phone."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key().public_bytes_raw()

    @classmethod
    def new(cls) -> DeviceKey:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> DeviceKey:
        """From 32 bytes: the same seed is the same key."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_key_text(self) -> str:
        """Base64, as POST /api/phone/devices takes it."""
        return base64.b64encode(self.public_key).decode()

    def sign(self, payload: bytes) -> bytes:
        return self._private.sign(signed_bytes(payload))


@dataclass(frozen=True, slots=True)
class Sealed(Sent):
    """An envelope ready to be sent."""

    def as_json(self) -> dict[str, str]:
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "signature": base64.b64encode(self.signature).decode(),
            "device_id": self.device_id,
        }


@dataclass(slots=True)
class Shutter:
    """Seals what is captured under one ticket, in order. A phone keeps `seq` and `prev` where a restart finds them."""

    key: DeviceKey
    ticket_id: str
    nonce: str
    device_id: str
    note: str
    clock: Clock | None = None
    facts: DeviceFacts = NO_FACTS
    seq: int = 0
    prev: str = field(default="")

    def __post_init__(self) -> None:
        self.prev = self.prev or tickets.note_sha256(self.note)

    @classmethod
    def of_answer(
        cls, ticket: Mapping[str, Any], key: DeviceKey, *, clock: Clock | None = None, facts: DeviceFacts = NO_FACTS
    ) -> Shutter:
        """For one ticket as POST /api/phone/tickets answers it."""
        return cls(
            key=key,
            ticket_id=ticket["ticket_id"],
            nonce=ticket["nonce"],
            device_id=ticket["device_id"],
            note=ticket["note"],
            clock=clock,
            facts=facts,
        )

    def shoot(self, data: bytes, *, client_id: str, kind: str, taken_at: datetime, **more: Any) -> Sealed:
        """As `seal`, for bytes in memory."""
        sha256 = hashlib.sha256(data).hexdigest()
        return self.seal(client_id=client_id, kind=kind, sha256=sha256, size=len(data), taken_at=taken_at, **more)

    def seal(
        self,
        *,
        client_id: str,
        kind: str,
        sha256: str,
        size: int,
        taken_at: datetime,
        fixes: Sequence[SealedFix] = (),
        source: str = "camera",
    ) -> Sealed:
        """Signs the envelope of one item and moves the chain on. `taken_at` is the phone's own time, aware."""
        payload = strict.canonical(
            {
                "schema": SCHEMA,
                "ticket": self.ticket_id,
                "nonce": self.nonce,
                "device": self.device_id,
                "seq": self.seq,
                "prev": self.prev,
                "item": {"client_id": client_id, "kind": kind, "sha256": sha256, "size": size},
                "taken_at": taken_at,
                "clock": asdict(self.clock) if self.clock else None,
                "fixes": [asdict(one) for one in fixes],
                "facts": asdict(self.facts),
                "from": source,
            }
        )
        sealed = Sealed(payload, self.key.sign(payload), self.device_id)
        self.seq += 1
        self.prev = payload_sha256(payload)
        return sealed
