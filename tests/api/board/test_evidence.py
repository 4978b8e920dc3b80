from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from server.accounts.models import Person
from server.board.schemas.visits import BoardEvidenceSchema
from server.core.audit.models import ChainEntry
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser, Phone
from tests.factories import visits as make
from tests.factories.media import photo


@pytest.fixture
def sent(phone: Callable[[str], Phone], people: dict[str, Person]) -> tuple[str, bytes]:
    """(visit id, bytes) of a photo that wc001 sent."""
    visit = make.visit(server=people["wc001"])
    data = photo(3, width_px=800, height_px=600)
    answer = phone("wc001").post(f"/api/phone/visits/{visit.id}/evidence", data=make.form(data, "photo_door"))
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return visit.id, data


@pytest.fixture
def item(specialist: Browser, sent: tuple[str, bytes]) -> dict[str, Any]:
    [one] = ok(specialist.get(f"/api/board/visits/{sent[0]}"))["evidence"]
    return dict(one)


def test_the_original_comes_back_byte_for_byte(
    specialist: Browser, sent: tuple[str, bytes], item: dict[str, Any]
) -> None:
    assert BoardEvidenceSchema().validate(item) == {}
    answer = specialist.get(item["url"], buffered=True)
    assert answer.data == sent[1]
    assert hashlib.sha256(answer.data).hexdigest() == item["sha256"]
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_part_of_the_original_can_be_asked_for(
    specialist: Browser, sent: tuple[str, bytes], item: dict[str, Any]
) -> None:
    answer = specialist.get(item["url"], buffered=True, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.data) == (206, sent[1][10:20])
    beyond = specialist.get(item["url"], buffered=True, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


def test_lists_get_a_small_upright_copy(specialist: Browser, item: dict[str, Any]) -> None:
    answer = specialist.get(item["thumb_url"], buffered=True)
    assert max(Image.open(io.BytesIO(answer.data)).size) == 320
    assert answer.headers["Cache-Control"].startswith("private")


def test_every_look_is_recorded_with_who_and_what(
    specialist: Browser, item: dict[str, Any], people: dict[str, Person]
) -> None:
    specialist.get(item["url"], buffered=True)
    specialist.get(item["thumb_url"], buffered=True)
    entries = ChainEntry.objects(action="evidence.view").order_by("seq")
    assert [(entry.person_id, entry.object_id, entry.detail["size"]) for entry in entries] == [
        (people["specialist"].id, item["id"], "original"),
        (people["specialist"].id, item["id"], "thumb"),
    ]


def test_another_courts_evidence_is_not_there_and_nothing_is_recorded(
    sign_in: Callable[[str], Browser], item: dict[str, Any]
) -> None:
    assert problem(sign_in("other-admin").get(item["url"])) == (404, "evidence.not_found")
    assert ChainEntry.objects(action="evidence.view", result="done").count() == 0


def test_another_courts_paper_is_not_there(specialist: Browser) -> None:
    assert problem(specialist.get("/api/board/papers/nothing/file")) == (404, "paper.not_found")
