"""Evidence in pieces, over HTTP: tus 1.0.0 as phones and third-party teams speak it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server.accounts.models import Person
from server.core.audit.models import ChainEntry
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


def test_a_stranger_is_told_nothing_but_what_the_protocol_can_do(wc001: Phone, item: Announced) -> None:
    answer = wc001.client.open("/api/phone/uploads", method="OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert "concatenation" in answer.headers["Tus-Extension"]
    address = create(wc001, item).headers["Location"]
    for method in ("HEAD", "PATCH", "DELETE", "GET", "POST"):
        refused = wc001.client.open(address, method=method, headers=TUS)
        assert refused.status_code == 401
        assert refused.headers["Tus-Resumable"] == "1.0.0"
    assert wc001.client.post("/api/phone/uploads", headers=TUS).status_code == 401


def test_a_piece_larger_than_any_form_may_be_is_taken(wc001: Phone) -> None:
    size = 33 * 1024 * 1024  # MAX_CONTENT_LENGTH is 32 MB
    said = {"Upload-Length": str(size), "Upload-Concat": "partial"}
    address = wc001.post("/api/phone/uploads", headers=TUS | said).headers["Location"]
    assert patch(wc001, address, 0, bytes(size)).headers["Upload-Offset"] == str(size)
    assert wc001.call("DELETE", address, headers=TUS).status_code == 204


def test_a_team_that_announces_nothing_says_it_all_at_creation(
    wc001: Phone, visit: Visit, photo: bytes, people: dict[str, Person]
) -> None:
    said = {
        "visit_id": visit.id,
        "client_id": new_id(),
        "kind": "photo_door",
        "sha256": hashlib.sha256(photo).hexdigest(),
        "captured_at": (utc_now() - timedelta(minutes=2)).isoformat(),
        "lng": "116.3743",
        "lat": "39.9297",
        "datum": "GCJ-02",
        "accuracy_m": "12",
        "provider": "gps",
    }
    headers = TUS | {"Upload-Length": str(len(photo)), "Upload-Metadata": metadata(**said)}
    answer = wc001.post("/api/phone/uploads", headers=headers, data=photo, content_type=BYTES)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert (answer.headers["Upload-Offset"], answer.headers["Songda-Item-State"]) == (str(len(photo)), "held")
    found = Announced.objects.get()
    assert (found.source, found.state, found.server_id) == ("team", "held", people["wc001"].id)
    assert found.fix.accuracy_m == 12
    again = wc001.post("/api/phone/uploads", headers=headers)
    # Whoever never heard the answer is led to the upload that brought it.
    assert (again.status_code, again.headers["Location"]) == (201, answer.headers["Location"])
    assert (again.headers["Upload-Offset"], again.headers["Songda-Evidence-Id"]) == (str(len(photo)), found.evidence_id)
    other = TUS | {"Upload-Length": str(len(photo)), "Upload-Metadata": metadata(**said | {"sha256": "0" * 64})}
    assert problem(wc001.post("/api/phone/uploads", headers=other)) == (409, "client_id.reused")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"kind": "hologram"}, (422, "request.invalid")),
        ({"captured_at": "yesterday"}, (422, "request.invalid")),
        ({"captured_at": "2031-01-01T00:00:00+08:00"}, (422, "time.in_future")),
        ({"captured_at": "1970-01-01T00:00:00+08:00"}, (422, "time.too_old")),
        ({"sha256": "abc"}, (422, "evidence.bad_hash")),
        ({"client_id": "x y"}, (422, "request.invalid")),
        ({"visit_id": "another-visit"}, (404, "visit.not_found")),
        ({"lng": "east"}, (422, "request.invalid")),
    ],
)
def test_an_item_that_cannot_be_is_refused_before_a_byte_of_it_comes(
    wc001: Phone, visit: Visit, changed: dict[str, str], told: tuple[int, str]
) -> None:
    said = {
        "visit_id": visit.id,
        "client_id": new_id(),
        "kind": "photo_door",
        "sha256": "1" * 64,
        "captured_at": utc_now().isoformat(),
    }
    headers = TUS | {"Upload-Length": "9", "Upload-Metadata": metadata(**said | changed)}
    assert problem(wc001.post("/api/phone/uploads", headers=headers)) == told
    assert UploadRecord.objects.count() == 0


def test_what_became_of_an_upload_is_told_to_its_owner(wc001: Phone, item: Announced, photo: bytes) -> None:
    address = create(wc001, item).headers["Location"]
    assert wc001.get(address).json["state"] == "open"
    patch(wc001, address, 0, photo)
    told = wc001.get(address).json
    assert (told["state"], told["item_state"], told["announced_id"]) == ("landed", "held", item.id)


def test_bytes_of_another_file_are_refused_and_the_upload_is_over(wc001: Phone, item: Announced, photo: bytes) -> None:
    address = create(wc001, item).headers["Location"]
    assert problem(patch(wc001, address, 0, bytes(len(photo)))) == (422, "evidence.hash_mismatch")
    assert [(one["action"], one.get("code")) for one in _rows()][1:] == [("evidence.add", "evidence.hash_mismatch")]
    assert head(wc001, address).status_code == 410
    told = wc001.get(address).json
    assert (told["state"], told["problem"]["code"]) == ("ended", "evidence.hash_mismatch")


def test_a_thousand_pieces_are_one_deed_in_the_audit_log(wc001: Phone, item: Announced, photo: bytes) -> None:
    address = create(wc001, item).headers["Location"]
    step = len(photo) // 10 + 1
    for offset in range(0, len(photo), step):
        assert patch(wc001, address, offset, photo[offset : offset + step]).status_code == 204
    assert problem(patch(wc001, address, 0, b"x")) == (409, "upload.wrong_offset")
    rows = [(one["action"], one["object_type"], one["object_id"]) for one in _rows()]
    upload_id = address.rpartition("/")[2]
    assert rows == [("upload.create", "upload", upload_id), ("evidence.add", "upload", upload_id)]


def _rows() -> list[Any]:
    found = ChainEntry._get_collection().find({"action": {"$in": ["upload.create", "evidence.add", "upload.end"]}})
    return list(found.sort("seq", 1))


def test_ending_an_upload_is_a_deed_too_however_it_is_said(wc001: Phone, item: Announced) -> None:
    first, second = (create(wc001, item).headers["Location"] for _ in range(2))
    assert wc001.call("DELETE", first, headers=TUS).status_code == 204
    override = TUS | {"X-HTTP-Method-Override": "DELETE"}
    assert wc001.post(second, headers=override).status_code == 204
    assert [one["action"] for one in _rows()].count("upload.end") == 2
    for address in (first, second):
        answer = patch(wc001, address, 0, b"x")
        assert problem(answer) == (410, "upload.gone")


def test_refusals_are_problems_with_the_offset_and_the_protocols_version(wc001: Phone, item: Announced) -> None:
    address = create(wc001, item).headers["Location"]
    answer = patch(wc001, address, 7, b"x")
    assert answer.mimetype == "application/problem+json"
    assert (answer.json["code"], answer.json["offset"], answer.json["title"]) == (
        "upload.wrong_offset",
        0,
        "续传位置与已收到的数据不一致",
    )
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    lacking = wc001.call("PATCH", address, data=b"x", content_type=BYTES, headers={"Upload-Offset": "0"})
    assert problem(lacking) == (412, "upload.wrong_version")
    assert lacking.headers["Tus-Version"] == "1.0.0"


def test_an_upload_says_until_when_it_waits(wc001: Phone, item: Announced) -> None:
    answer = create(wc001, item)
    until = parsedate_to_datetime(answer.headers["Upload-Expires"])
    assert timedelta(days=6, hours=23) < until - utc_now() <= timedelta(days=7)
    assert head(wc001, answer.headers["Location"]).headers["Upload-Expires"] == answer.headers["Upload-Expires"]
    assert patch(wc001, answer.headers["Location"], 0, b"x").headers["Upload-Expires"]
