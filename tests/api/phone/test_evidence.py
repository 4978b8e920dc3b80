"""Evidence: held once, byte for byte, or refused with a stable code and nothing left behind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from evidence.samples import Shot, signature
from server.config import Settings
from server.core.clock import utc_now
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.conftest import Phone
from tests.api.phone.conftest import problem
from tests.factories import media
from tests.factories import visits as make


def upload(phone: Phone, visit: Visit, **fields: Any) -> Any:
    # Encoded here: the test client would leave its temporary file of a big body open.
    if "file" in fields:
        stream, name = fields.pop("file")
        fields["file"] = FileStorage(stream, filename=name, name="file")
    boundary, body = encode_multipart(fields)
    return phone.post(
        f"/api/phone/visits/{visit.id}/evidence",
        data=body,
        content_type=f'multipart/form-data; boundary="{boundary}"',
    )


def files_in_store(settings: Settings) -> set[str]:
    root = Path(urlsplit(settings.evidence_store).path)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_photo_is_held_byte_for_byte(app: Flask, wc001: Phone, visit: Visit) -> None:
    data = media.small_photo(11, Shot(taken_at=utc_now()))
    answer = upload(wc001, visit, **make.form(data))
    assert answer.status_code == 201, answer.json
    assert answer.json["sha256"] == hashlib.sha256(data).hexdigest()
    assert (answer.json["held"], answer.json["repeated"], answer.json["size"]) == (True, False, len(data))
    item = EvidenceItem.objects.get(id=answer.json["evidence_id"])
    with app.extensions["evidence_store"].open(item.store_key) as held:
        assert held.read() == data
    assert (item.media_type, item.facts["width"]) == ("image/jpeg", 320)
    assert item.fix.point.datum == "GCJ-02"


def test_a_photo_sent_twice_is_held_once(wc001: Phone, visit: Visit) -> None:
    data = media.small_photo(12)
    form = make.form(data, client_id="photo-0001")
    first = upload(wc001, visit, **form)
    again = upload(wc001, visit, **make.form(data, **{k: v for k, v in form.items() if k != "file"}))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    assert first.json["evidence_id"] == again.json["evidence_id"]
    assert EvidenceItem.objects.count() == 1


def test_the_same_client_id_with_another_photo_is_refused(wc001: Phone, visit: Visit) -> None:
    upload(wc001, visit, **make.form(media.small_photo(13), client_id="photo-0002"))
    answer = upload(wc001, visit, **make.form(media.small_photo(14), client_id="photo-0002"))
    assert problem(answer) == (409, "client_id.reused")
    assert EvidenceItem.objects.count() == 1


def test_of_many_copies_at_once_one_is_held(app: Flask, wc001: Phone, visit: Visit) -> None:
    data, at = media.small_photo(15), make.now_text(minutes=1)

    def once(_: int) -> Any:
        form = make.form(data, client_id="photo-0003", captured_at=at)
        one = Phone(app.test_client(), wc001.token, wc001.person)
        return upload(one, visit, **form)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(once, range(6)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json["evidence_id"] for one in answers}) == 1
    assert sorted(one.json["repeated"] for one in answers).count(False) == 1
    assert EvidenceItem.objects.count() == 1


def test_broken_exif_costs_a_warning_not_the_photo(wc001: Phone, visit: Visit) -> None:
    answer = upload(wc001, visit, **make.form(media.broken_exif_photo()))
    assert answer.status_code == 201
    assert [one["code"] for one in answer.json["warnings"]] == ["exif.unreadable"]
    assert "EXIF" in answer.json["warnings"][0]["title"]


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b"", "photo_door", 422, "evidence.empty"),
        (b"PK\x03\x04 this is a zip", "photo_door", 415, "evidence.not_an_image"),
        (b"GIF89a" + bytes(60), "photo_door", 415, "evidence.unsupported_type"),
        (media.iso_media(b"heic"), "photo_door", 415, "evidence.unsupported_type"),
        (media.truncated_jpeg(), "photo_door", 422, "evidence.broken_image"),
        (media.png_bomb(), "photo_door", 422, "evidence.too_many_pixels"),
        (media.small_photo(), "signature_recipient", 415, "evidence.unsupported_type"),
        (media.one_dot_signature(), "signature_recipient", 422, "evidence.signature_too_small"),
        (media.blank_signature(), "signature_witness", 422, "evidence.signature_too_small"),
        (media.black_canvas(), "signature_recipient", 422, "evidence.signature_unreadable"),
        (media.small_photo(), "video", 415, "evidence.not_a_video"),
    ],
)
def test_bad_content_is_refused_and_leaves_nothing(
    api_settings: Settings, wc001: Phone, visit: Visit, data: bytes, kind: str, status: int, code: str
) -> None:
    before = files_in_store(api_settings)
    assert problem(upload(wc001, visit, **make.form(data, kind))) == (status, code)
    assert EvidenceItem.objects.count() == 0
    assert files_in_store(api_settings) == before


def test_a_photo_of_60_megabytes_is_refused(api_settings: Settings, wc001: Phone, visit: Visit) -> None:
    before = files_in_store(api_settings)
    data = media.small_photo() + bytes(60 * 1024 * 1024)
    assert problem(upload(wc001, visit, **make.form(data))) == (413, "request.too_large")
    assert EvidenceItem.objects.count() == 0
    assert files_in_store(api_settings) == before


def test_a_photo_over_the_limit_of_photos_is_refused(wc001: Phone, visit: Visit) -> None:
    data = media.small_photo() + bytes(21 * 1024 * 1024)
    answer = upload(wc001, visit, **make.form(data))
    assert problem(answer) == (413, "evidence.too_large")


def test_bytes_that_are_not_those_announced_are_refused(api_settings: Settings, wc001: Phone, visit: Visit) -> None:
    before = files_in_store(api_settings)
    form = make.form(media.small_photo(21), sha256=hashlib.sha256(media.small_photo(22)).hexdigest())
    assert problem(upload(wc001, visit, **form)) == (422, "evidence.hash_mismatch")
    assert EvidenceItem.objects.count() == 0
    assert files_in_store(api_settings) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sha256": "xyz"}, "evidence.bad_hash"),
        ({"captured_at": make.EPOCH}, "time.too_old"),
        ({"captured_at": make.now_text(hours=-2)}, "time.in_future"),
        ({"accuracy_m": "5000"}, "position.too_coarse"),
        ({"lng": "139.7", "lat": "35.7"}, "position.outside_china"),
        ({"datum": "BD-09"}, "position.wrong_datum"),
        ({"lat": None}, "request.invalid"),
        ({"lng": "NaN"}, "request.invalid"),
        ({"kind": "selfie"}, "request.invalid"),
        ({"client_id": "../../etc"}, "request.invalid"),
    ],
)
def test_bad_fields_beside_the_file_are_refused(wc001: Phone, visit: Visit, changes: dict[str, Any], code: str) -> None:
    assert problem(upload(wc001, visit, **make.form(media.small_photo(), **changes))) == (422, code)
    assert EvidenceItem.objects.count() == 0


def test_an_upload_without_a_file_is_refused(wc001: Phone, visit: Visit) -> None:
    form = make.form(media.small_photo())
    form.pop("file")
    assert problem(upload(wc001, visit, **form)) == (422, "request.invalid")


def test_evidence_indoors_may_have_no_position(wc001: Phone, visit: Visit) -> None:
    nowhere = dict.fromkeys(("lng", "lat", "datum", "accuracy_m", "provider"))
    answer = upload(wc001, visit, **make.form(media.small_photo(), **nowhere))
    assert answer.status_code == 201, answer.json


def test_a_signature_is_held(wc001: Phone, visit: Visit) -> None:
    answer = upload(wc001, visit, **make.form(signature(5), "signature_recipient"))
    assert (answer.status_code, answer.json["kind"]) == (201, "signature_recipient")


def test_evidence_may_come_after_the_outcome(wc001: Phone, visit: Visit, send: Callable[..., str]) -> None:
    entry = {
        "client_id": "outcome-0001",
        "code": "nobody_home",
        "happened_at": make.now_text(),
        "note": "无人应答",
        "evidence": [send("photo_door")],
    }
    assert wc001.post(f"/api/phone/visits/{visit.id}/outcome", json=entry).status_code == 201
    send("photo_process")
    assert EvidenceItem.objects.count() == 2
