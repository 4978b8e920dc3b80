"""The verdict on how an item was captured, with real keys, tickets and neighbours in the database."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from evidence.capture import DeviceKey, Sealed, Sent, Shutter
from evidence.capture.envelopes import Clock
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.custody.models import Announced
from server.custody.services import announcing, capture, devices, landing, tickets
from server.custody.services.announcing import Answer, NewItem
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.actor import Actor
from tests.factories import visits as make
from tests.factories.media import small_photo

KEY = DeviceKey.from_seed(bytes(range(32)))
PHOTOS = [small_photo(one) for one in range(1, 5)]


class Handset:
    """A registered phone with its tickets, capturing for one visit."""

    def __init__(self, server: Person, visit: Visit | None, store: FileStore, key: DeviceKey = KEY) -> None:
        self.server, self.visit, self.store, self.now = server, visit, store, utc_now()
        self.actor = Actor(server.id, server.name)
        self.device = devices.register(
            court=make.COURT, person_id=server.id, session_id="", public_key=key.public_key, name=None, now=self.now
        )
        issued = tickets.issue(
            court=make.COURT, person_id=server.id, device_id=None, day=court_day(self.now), now=self.now
        )
        wanted = visit.id if visit else ""
        found = next(one for one in issued.tickets if one["visit_id"] == wanted)
        self.shutter = Shutter.of_answer({**found, "ticket_id": found["_id"]}, key)

    def shoot(self, number: int, **more: Any) -> tuple[NewItem, bytes]:
        data, client_id = PHOTOS[number], new_id()
        taken_at = more.pop("taken_at", self.now)
        sealed = self.shutter.shoot(data, client_id=client_id, kind="photo_door", taken_at=taken_at, **more)
        return self.item(client_id, data, sealed), data

    def item(self, client_id: str, data: bytes, sealed: Sent | None, **fields: Any) -> NewItem:
        values: dict[str, Any] = {
            "client_id": client_id,
            "kind": "photo_door",
            "sha256": announcing.normal_sha256(__import__("hashlib").sha256(data).hexdigest()),
            "size": len(data),
            "captured_at": self.now,
            "visit_id": self.visit.id if self.visit else "",
            "envelope": sealed,
        }
        return NewItem(**(values | fields))

    def announce(self, *items: NewItem) -> list[Answer]:
        return announcing.announce(
            court=make.COURT, actor=self.actor, date=None, items=items, source="phone", now=self.now
        )

    def land(self, item: NewItem, data: bytes) -> EvidenceItem:
        entry = Announced.objects.get(client_id=item.client_id)
        landed = landing.land(
            court=make.COURT,
            announced_id=entry.id,
            actor=self.actor,
            stream=io.BytesIO(data),
            store=self.store,
            now=self.now,
        )
        return EvidenceItem.objects.get(id=landed.evidence_id)


@pytest.fixture
def handset(server: Person, visit: Visit, store: FileStore) -> Handset:
    return Handset(server, visit, store)


def codes(item: EvidenceItem) -> list[str]:
    return [one["code"] for one in item.reload().capture["reasons"]]


def test_what_was_sealed_at_the_shutter_is_sealed_in_court(handset: Handset) -> None:
    item, data = handset.shoot(0)
    (answer,) = handset.announce(item)
    assert (answer.state, answer.upload_needed, answer.problem) == ("announced", True, None)
    held = handset.land(item, data)
    assert held.capture["verdict"] == "sealed", held.capture
    assert held.capture["seq"] == 0
    assert bytes(held.envelope["payload"]) == item.envelope.payload
