"""A court, a phone, a ticket, and things captured under it, as values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence.capture import (
    Around,
    Device,
    DeviceKey,
    Sealed,
    Sent,
    Shutter,
    Stated,
    Ticket,
    Verdict,
    judge,
    link_of,
    parse,
    tickets,
)
from evidence.capture.chain import Link
from evidence.log import Signer

SIGNER = Signer("songda/京0102", bytes(range(32)))
KEY = DeviceKey.from_seed(bytes(range(1, 33)))
OTHER_KEY = DeviceKey.from_seed(bytes(range(2, 34)))
MORNING = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
NOON = MORNING + timedelta(hours=4)
DEVICE = Device("d1", "p1", KEY.public_key)
TICKET = Ticket(
    court="京0102",
    ticket_id="t1",
    date="2026-11-20",
    visit_id="v1",
    person_id="p1",
    device_id="d1",
    device_key=KEY.public_key,
    nonce="ab" * 32,
    gallery_allowed=False,
    issued_at=MORNING,
    expires_at=MORNING + timedelta(hours=52),
)


@dataclass(frozen=True)
class Shot:
    """One captured thing: its envelope and what was announced of it."""

    sealed: Sealed
    stated: Stated


def shutter(ticket: Ticket = TICKET, key: DeviceKey = KEY, **more: Any) -> Shutter:
    note = tickets.sign(ticket, SIGNER)
    return Shutter(key, ticket.ticket_id, ticket.nonce, ticket.device_id, note, **more)


def shoot(camera: Shutter, number: int = 0, **more: Any) -> Shot:
    data = f"photo {number}".encode()
    at = more.pop("taken_at", NOON + timedelta(minutes=number))
    client_id = f"photo-{number:04}"
    sealed = camera.shoot(data, client_id=client_id, kind="photo_door", taken_at=at, **more)
    stated = Stated(client_id, "photo_door", hashlib.sha256(data).hexdigest(), len(data), at, "v1", "p1")
    return Shot(sealed, stated)


def roll(count: int) -> tuple[str, list[Shot]]:
    """The ticket's note and that many shots under it, in order."""
    camera = shutter()
    return camera.note, [shoot(camera, number) for number in range(count)]


def link(sent: Sent) -> Link:
    return link_of(sent.payload, parse(sent.payload))


def verdict(shot: Shot, note: str | None, known: Sequence[Shot] = (), **around: Any) -> Verdict:
    """The court's verdict on one shot when these envelopes have arrived."""
    values: dict[str, Any] = {
        "known_at": NOON + timedelta(hours=6),
        "now": NOON + timedelta(hours=6),
        "device": DEVICE,
        "ticket_note": note,
        "others": [link(one.sealed) for one in known],
    }
    return judge(shot.sealed, stated=shot.stated, around=Around(**(values | around)), verifier=SIGNER.verifier)


def resigned(shot: Shot, old: bytes, new: bytes, key: DeviceKey = KEY) -> Shot:
    """The payload with one place changed, signed again by whoever holds `key`."""
    assert shot.sealed.payload.count(old) == 1, shot.sealed.payload
    payload = shot.sealed.payload.replace(old, new)
    return replace(shot, sealed=Sealed(payload, key.sign(payload), shot.sealed.device_id))


def codes(found: Verdict) -> list[str]:
    return [one.code for one in found.reasons]
