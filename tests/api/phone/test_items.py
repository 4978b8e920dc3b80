"""Announced items: each entered once, answered for itself, and judged by what the phone signed at the shutter."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from evidence.capture import DeviceKey, Sealed, Shutter, tickets
from evidence.log import Verifier
from miniprogram_api.custody_schemas import ItemsAnswer, TicketsAnswer
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.custody.models import Announced, CaptureDevice
from server.dispatch.models import Visit
from tests.api.conftest import Phone
from tests.api.phone.conftest import problem
from tests.factories import visits as make

KEY = DeviceKey.from_seed(bytes(range(32)))


def register(phone: Phone, key: DeviceKey = KEY) -> Any:
    return phone.post("/api/phone/devices", json={"public_key": key.public_key_text, "name": "测试手机"})


def ask_tickets(phone: Phone, **body: Any) -> Any:
    return phone.post("/api/phone/tickets", json={"date": court_day(utc_now()).isoformat(), **body})


def item(client_id: str = "photo-0001", data: bytes = b"photo", **fields: Any) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "kind": "photo_door",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "captured_at": make.now_text(minutes=1),
        **fields,
    }


def announce(phone: Phone, *items: Any, **body: Any) -> Any:
    return phone.post("/api/phone/items", json={"items": list(items), **body})


def only(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (found,) = answer.json["items"]
    return dict(found)


def test_an_item_is_entered_before_its_bytes_come(wc001: Phone, visit: Visit) -> None:
    answer = announce(wc001, item(visit_id=visit.id))
    assert ItemsAnswer().validate(answer.json) == {}
    found = only(answer)
    assert (found["state"], found["upload_needed"], found["repeated"]) == ("announced", True, False)
    entry = Announced.objects.get(client_id="photo-0001")
    assert (entry.server_id, entry.visit_id, entry.size) == (wc001.person.id, visit.id, 5)
    assert entry.date == court_day(entry.captured_at).isoformat()


def test_tickets_are_signed_for_each_visit_and_one_without(wc001: Phone, visit: Visit) -> None:
    assert register(wc001).status_code == 201
    answer = ask_tickets(wc001)
    assert answer.status_code == 200, answer.json
    assert TicketsAnswer().validate(answer.json) == {}
    assert [one["visit_id"] for one in answer.json["tickets"]] == [visit.id, ""]
    verifier = Verifier.from_text(answer.json["verifier"])
    ticket = tickets.read(answer.json["tickets"][0]["note"], verifier)
    assert (ticket.visit_id, ticket.person_id, ticket.device_key) == (visit.id, wc001.person.id, KEY.public_key)
    assert ask_tickets(wc001).json["tickets"] == answer.json["tickets"]
