"""Evidence in pieces, over HTTP: tus 1.0.0 as phones and third-party teams speak it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.custody.models import Announced, UploadRecord
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.conftest import Phone
from tests.api.phone.conftest import problem
from tests.factories.media import small_photo

BYTES = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


def announce(visit: Visit, server: Person, data: bytes, **fields: Any) -> Announced:
    now = utc_now()
    values = {
        "court": visit.court,
        "server_id": server.id,
        "date": court_day(now).isoformat(),
        "visit_id": visit.id,
        "client_id": new_id(),
        "digest": new_id(),
        "kind": "photo_door",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "captured_at": now - timedelta(minutes=3),
        "announced_at": now,
    }
    return Announced(**(values | fields)).save(force_insert=True)


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def create(phone: Phone, item: Announced, **headers: str) -> TestResponse:
    said = {"Upload-Metadata": metadata(visit_id=item.visit_id, client_id=item.client_id)}
    return phone.post("/api/phone/uploads", headers=TUS | said | {"Upload-Length": str(item.size)} | headers)


def patch(phone: Phone, address: str, offset: int, data: bytes, **headers: str) -> TestResponse:
    said = TUS | {"Upload-Offset": str(offset)} | headers
    return phone.call("PATCH", address, data=data, headers=said, content_type=BYTES)


def head(phone: Phone, address: str) -> TestResponse:
    return phone.call("HEAD", address, headers=TUS)


@pytest.fixture
def photo() -> bytes:
    return small_photo(7)


@pytest.fixture
def item(visit: Visit, people: dict[str, Person], photo: bytes) -> Announced:
    return announce(visit, people["wc001"], photo)


def test_a_photo_in_two_pieces_becomes_an_item(wc001: Phone, item: Announced, photo: bytes) -> None:
    created = create(wc001, item)
    assert created.status_code == 201, created.get_data(as_text=True)
    address = created.headers["Location"]
    first = patch(wc001, address, 0, photo[:100])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "100")
    assert head(wc001, address).headers["Upload-Offset"] == "100"
    last = patch(wc001, address, 100, photo[100:])
    assert (last.status_code, last.headers["Songda-Item-State"]) == (204, "held"), last.headers
    held = EvidenceItem.objects.get(client_id=item.client_id)
    assert (held.id, held.sha256) == (last.headers["Songda-Evidence-Id"], item.sha256)
    again = head(wc001, address)
    assert (again.status_code, again.headers["Upload-Offset"]) == (200, str(len(photo)))
    assert UploadRecord.objects.get().state == "landed"


def test_another_persons_upload_is_not_there(
    wc001: Phone, phone: Callable[[str], Phone], item: Announced, photo: bytes
) -> None:
    address = create(wc001, item).headers["Location"]
    answer = patch(phone("wc002"), address, 0, photo)
    assert problem(answer) == (404, "upload.not_found")
    assert answer.headers["Tus-Resumable"] == "1.0.0"
