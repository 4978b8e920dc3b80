"""A registered phone with its tickets, without any web around it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any

from evidence.capture import DeviceKey, Sealed, Sent, Shutter
from evidence.capture.envelopes import Clock
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.custody.models import Announced
from server.custody.services import announcing, devices, landing, tickets
from server.custody.services.announcing import Answer, NewItem
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.actor import Actor
from tests.factories import visits as make
from tests.factories.media import small_photo

KEY = DeviceKey.from_seed(bytes(range(32)))
PHOTOS = [small_photo(one) for one in range(1, 5)]


class Handset:
    """A registered phone with its tickets, capturing for one visit (or for none)."""

    def __init__(self, server: Person, visit: Visit | None, store: FileStore, key: DeviceKey = KEY) -> None:
        self.server, self.visit, self.store, self.key, self.now = server, visit, store, key, utc_now()
        self.actor = Actor(server.id, server.name)
        self.elsewhere: list[str] = []  # visits that items without one have been linked to
        self.device_id = self.register().device_id
        self.shutter = self.shutter_for(visit.id if visit else "")

    def register(self) -> devices.Registered:
        return devices.register(
            court=make.COURT,
            person_id=self.server.id,
            session_id="",
            public_key=self.key.public_key,
            name=None,
            now=self.now,
        )

    def issue(self, **more: Any) -> tickets.Issued:
        values = {"device_id": None, "day": court_day(self.now), "now": self.now} | more
        return tickets.issue(court=make.COURT, person_id=self.server.id, **values)

    def shutter_for(self, visit_id: str, clock: Clock | None = None) -> Shutter:
        found = next(one for one in self.issue().tickets if one["visit_id"] == visit_id)
        return Shutter.of_answer({**found, "ticket_id": found["_id"]}, self.key, clock=clock)

    def shoot(self, number: int, **more: Any) -> NewItem:
        client_id, data = new_id(), PHOTOS[number]
        taken_at = more.pop("taken_at", self.now)
        sealed = self.shutter.shoot(data, client_id=client_id, kind="photo_door", taken_at=taken_at, **more)
        return self.item(client_id, data, sealed)

    def item(self, client_id: str, data: bytes, sealed: Sent | None) -> NewItem:
        visit_id = self.visit.id if self.visit else ""
        sha256 = hashlib.sha256(data).hexdigest()
        return NewItem(client_id, "photo_door", sha256, len(data), self.now, visit_id, None, sealed)

    def announce(self, *items: NewItem, **more: Any) -> list[Answer]:
        values = {"date": None, "source": "phone", "now": self.now} | more
        return announcing.announce(court=make.COURT, actor=self.actor, items=items, **values)

    def land(self, item: NewItem, number: int) -> EvidenceItem:
        mine = {"court": make.COURT, "server_id": self.server.id, "client_id": item.client_id}
        entry = Announced.objects.get(**mine, visit_id__in=[item.visit_id, *self.elsewhere])
        landed = landing.land(
            court=make.COURT,
            announced_id=entry.id,
            actor=self.actor,
            stream=io.BytesIO(PHOTOS[number]),
            store=self.store,
            now=self.now,
        )
        return EvidenceItem.objects.get(id=landed.evidence_id)

    def bring(self, item: NewItem, number: int) -> EvidenceItem:
        (answer,) = self.announce(item)
        assert answer.problem is None, answer
        return self.land(item, number)


def verdict(item: EvidenceItem) -> tuple[str, list[str]]:
    """What is kept beside an item now."""
    found = item.reload().capture
    return found["verdict"], [one["code"] for one in found["reasons"]]


def resigned(item: NewItem, old: bytes, new: bytes, key: DeviceKey = KEY) -> NewItem:
    """The item with one place of its payload changed, signed again by whoever holds `key`."""
    assert item.envelope is not None
    assert item.envelope.payload.count(old) == 1
    payload = item.envelope.payload.replace(old, new)
    return replace(item, envelope=Sealed(payload, key.sign(payload), item.envelope.device_id))
