"""What the office sees of an item: everything known, its copies, its likes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image

from evidence.analysis.specimens import film
from server.accounts.models import Grant, Person
from server.board.schemas.evidence import BoardEvidenceKnownSchema, BoardEvidenceSimilarsSchema
from server.core.audit.models import ChainEntry
from server.custody import decoding
from server.custody.services import analysing, copies
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser, Phone
from tests.factories import media
from tests.factories import visits as make
from tests.factories.media import photo

BOARD = "/api/board/evidence"
Send = Callable[..., str]


@pytest.fixture
def send(phone: Callable[[str], Phone], people: dict[str, Person]) -> Send:
    """`send(data, kind)`: in a visit of its own; the evidence id."""

    def send(data: bytes, kind: str = "photo_door") -> str:
        visit = make.visit(server=people["wc001"])
        answer = phone("wc001").post(f"/api/phone/visits/{visit.id}/evidence", data=make.form(data, kind))
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(answer.json["evidence_id"])

    return send


@pytest.fixture
def look(app: Flask) -> Callable[[str], str | None]:
    """What the worker does."""

    def look(evidence_id: str) -> str | None:
        workshop = analysing.Workshop(app.extensions["evidence_store"], decoding.sandbox())
        return analysing.analyse(evidence_id=evidence_id, workshop=workshop)

    return look


def test_everything_known_of_a_photo_is_told_in_one_answer(
    specialist: Browser, send: Send, look: Callable[[str], str | None], people: dict[str, Person]
) -> None:
    data = photo(3, width_px=1800, height_px=1200)
    evidence_id = send(data)
    before = ok(specialist.get(f"{BOARD}/{evidence_id}"))
    assert BoardEvidenceKnownSchema().validate(before) == {}
    assert (before["analysis"]["state"], before["analysis"]["label"], before["copies"]) == ("waiting", "等待分析", [])
    assert look(evidence_id) == "done"
    known = ok(specialist.get(f"{BOARD}/{evidence_id}"))
    assert BoardEvidenceKnownSchema().validate(known) == {}
    assert known["sha256"] == hashlib.sha256(data).hexdigest()
    assert (known["label"], known["server_name"]) == ("门牌及现场照片", people["wc001"].name)
    assert known["case_number"]
    assert known["fix"]["point"]["datum"] == "GCJ-02"
    assert (known["analysis"]["state"], known["analysis"]["concerns"]) == ("done", [])
    assert known["analysis"]["media"]["width"] == 1800
    assert known["place"]["verdict"] in ("agrees", "doubt", "unknown")
    assert known["manifest_sha256"]
    assert {one["name"] for one in known["copies"]} == {"thumb", "display", "marked"}
    for one in known["copies"]:
        kept = specialist.get(one["url"], buffered=True)
        assert (kept.status_code, kept.mimetype) == (200, "image/jpeg")
        assert hashlib.sha256(kept.data).hexdigest() == one["sha256"]
    assert specialist.get(known["url"], buffered=True).data == data


def test_a_marked_copy_is_there_before_analysis_has_come_to_it(specialist: Browser, send: Send) -> None:
    evidence_id = send(photo(3, width_px=800, height_px=600))
    marked, plain = (
        Image.open(io.BytesIO(specialist.get(f"{BOARD}/{evidence_id}/file?size={size}", buffered=True).data))
        for size in ("marked", "display")
    )
    assert marked.size == plain.size == (800, 600)
    lower = (0, 560, 800, 600)
    assert marked.crop(lower).tobytes() != plain.crop(lower).tobytes()
    upper = (0, 0, 800, 300)
    assert marked.crop(upper).tobytes() == plain.crop(upper).tobytes()


def test_a_film_has_a_poster_and_a_proxy_that_can_be_wound(
    specialist: Browser, send: Send, look: Callable[[str], str | None]
) -> None:
    evidence_id = send(film(), "video")
    assert problem(specialist.get(f"{BOARD}/{evidence_id}/file?size=proxy")) == (404, "evidence.no_copy")
    assert specialist.get(f"{BOARD}/{evidence_id}/file?size=proxy").json["waiting"] is True
    assert problem(specialist.get(f"{BOARD}/{evidence_id}/file?size=thumb")) == (404, "evidence.no_picture")
    assert look(evidence_id) == "done"
    whole = specialist.get(f"{BOARD}/{evidence_id}/file?size=proxy", buffered=True)
    assert (whole.status_code, whole.mimetype) == (200, "video/webm")
    part = specialist.get(f"{BOARD}/{evidence_id}/file?size=proxy", buffered=True, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole.data[10:20])
    for size in ("thumb", "display"):
        picture = specialist.get(f"{BOARD}/{evidence_id}/file?size={size}", buffered=True)
        assert Image.open(io.BytesIO(picture.data)).format == "JPEG"


def test_every_copy_somebody_looks_at_is_recorded(specialist: Browser, send: Send) -> None:
    evidence_id = send(photo(3, width_px=400, height_px=300))
    specialist.get(f"{BOARD}/{evidence_id}/file?size=marked", buffered=True)
    assert [one.detail["size"] for one in ChainEntry.objects(action="evidence.view")] == ["marked"]


def test_the_same_picture_in_another_visit_is_shown(
    specialist: Browser, send: Send, look: Callable[[str], str | None]
) -> None:
    data = photo(3, width_px=600, height_px=400)
    first, again, other = send(data), send(data), send(photo(8, width_px=600, height_px=400))
    for one in (first, again, other):
        look(one)
    found = ok(specialist.get(f"{BOARD}/{first}/similar"))
    assert BoardEvidenceSimilarsSchema().validate(found) == {}
    assert [(one["evidence_id"], one["same_bytes"], one["same_visit"]) for one in found["items"]] == [
        (again, True, False)
    ]
    assert (found["total"], found["hidden"]) == (1, 0)


def test_what_lies_outside_of_the_askers_reach_is_counted_and_not_shown(
    sign_in: Callable[[str], Browser], people: dict[str, Person], send: Send
) -> None:
    data = photo(3, width_px=600, height_px=400)
    mine, others = send(data), send(data)
    for evidence_id, division in ((mine, "room-1"), (others, "room-2")):
        visit_id = EvidenceItem.objects.get(id=evidence_id).visit_id
        Visit.objects(id=visit_id).update_one(set__division_id=division)
    narrow = Grant(role="specialist", scope="division")
    Person.objects(id=people["specialist"].id).update_one(set__grants=[narrow], set__division="room-1")
    browser = sign_in("specialist")
    found = ok(browser.get(f"{BOARD}/{mine}/similar"))
    assert (found["items"], found["hidden"]) == ([], 1)
    assert problem(browser.get(f"{BOARD}/{others}/similar")) == (404, "evidence.not_found")


def test_another_courts_item_is_not_there(sign_in: Callable[[str], Browser], send: Send) -> None:
    evidence_id = send(photo(3, width_px=400, height_px=300))
    stranger = sign_in("other-admin")
    for path in ("", "/similar", "/file?size=marked"):
        assert problem(stranger.get(f"{BOARD}/{evidence_id}{path}")) == (404, "evidence.not_found")


def test_a_picture_whose_pixels_do_not_decode_is_held_and_has_no_thumbnail(
    specialist: Browser, send: Send, look: Callable[[str], str | None]
) -> None:
    head, body = media.png(Image.new("RGB", (40, 30), "red")).split(b"IDAT", 1)
    data = head[:-4] + media._chunk(b"IDAT", b"no zlib") + body[body.index(b"IEND") - 4 :]
    evidence_id = send(data)
    assert problem(specialist.get(f"{BOARD}/{evidence_id}/file?size=thumb")) == (404, "evidence.no_picture")
    assert look(evidence_id) == "broken"
    known = ok(specialist.get(f"{BOARD}/{evidence_id}"))
    assert known["analysis"]["label"] == "文件无法解读"
    assert known["analysis"]["concerns"] == [{"code": "file.broken", "text": "文件已损坏或不完整，无法解码"}]
    assert specialist.get(known["url"], buffered=True).data == data


def test_a_heic_photo_is_held_as_it_is_and_shown_as_a_jpeg(
    specialist: Browser, send: Send, look: Callable[[str], str | None], app: Flask
) -> None:
    data = media.heic()
    evidence_id = send(data)
    early = specialist.get(f"{BOARD}/{evidence_id}/file?size=display", buffered=True)
    assert Image.open(io.BytesIO(early.data)).size == (64, 64)
    assert look(evidence_id) == "done"
    known = ok(specialist.get(f"{BOARD}/{evidence_id}"))
    assert (known["media_type"], known["analysis"]["media"]["width"]) == ("image/heic", 64)
    assert specialist.get(known["url"], buffered=True).data == data
    item = EvidenceItem.objects.get(id=evidence_id)
    shown = copies.open_for_eyes(item, store=app.extensions["evidence_store"], sandbox=decoding.sandbox)
    with shown.stream as stream:
        assert Image.open(stream).format == "JPEG", "what papers print"
