"""Positions in batches, and the answer that lets a phone forget what it sent."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.dispatch.models import Visit
from server.field.models import PositionBatch
from tests.api.conftest import Phone
from tests.api.phone.conftest import problem
from tests.factories import media
from tests.factories import visits as make


def batch(*fixes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "client_id": "batch-0001",
        "date": court_day(utc_now()).isoformat(),
        "fixes": list(fixes) or [make.fix()],
        **changes,
    }


def test_a_batch_is_kept_and_the_unbelievable_answered_with_reasons(wc001: Phone) -> None:
    answer = wc001.post(
        "/api/phone/positions",
        json=batch(
            make.fix(),
            make.fix(accuracy_m=5000),
            make.fix(lng=2.35, lat=48.85),
            make.fix(datum="BD-09"),
            make.fix(at=make.EPOCH),
        ),
    )
    assert answer.status_code == 201, answer.json
    assert answer.json["accepted"] == 1
    assert [(one["index"], one["code"]) for one in answer.json["rejected"]] == [
        (1, "position.too_coarse"),
        (2, "position.outside_china"),
        (3, "position.wrong_datum"),
        (4, "time.too_old"),
    ]
    assert all(one["title"] for one in answer.json["rejected"])
    (kept,) = PositionBatch.objects.get().points
    assert kept["datum"] == "GCJ-02"
    assert kept["wgs84"] != [kept["lng"], kept["lat"]]


def test_a_batch_sent_twice_is_kept_once(wc001: Phone) -> None:
    one = batch(make.fix(), make.fix(accuracy_m=5000))
    first, again = wc001.post("/api/phone/positions", json=one), wc001.post("/api/phone/positions", json=one)
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    assert first.json["accepted"] == again.json["accepted"] == 1
    assert first.json["rejected"] == again.json["rejected"]
    assert PositionBatch.objects.count() == 1
    other = wc001.post("/api/phone/positions", json=batch(make.fix(accuracy_m=3)))
    assert problem(other) == (409, "client_id.reused")


@pytest.mark.parametrize("fixes", [[], [make.fix()] * 501, [{"point": 1}], "none"])
def test_a_batch_that_is_none_is_refused(wc001: Phone, fixes: Any) -> None:
    assert problem(wc001.post("/api/phone/positions", json=batch(fixes=fixes))) == (422, "request.invalid")
    assert PositionBatch.objects.count() == 0


def test_sync_tells_per_item_what_is_held(wc001: Phone, visit: Visit) -> None:
    data = media.small_photo(31)
    sha256 = hashlib.sha256(data).hexdigest()
    wc001.post(f"/api/phone/visits/{visit.id}/evidence", data=make.form(data, client_id="photo-0031"))
    wc001.post(f"/api/phone/visits/{visit.id}/events", json=make.event("accept", client_id="event-0031"))
    wc001.post("/api/phone/positions", json=batch(client_id="batch-0031"))
    answer = wc001.post(
        "/api/phone/sync",
        json={
            "visits": [visit.id, "no-such-visit"],
            "items": [
                {"client_id": "photo-0031", "visit_id": visit.id, "sha256": sha256},
                {"client_id": "photo-0031", "visit_id": visit.id, "sha256": "0" * 64},
                {"client_id": "event-0031", "visit_id": visit.id},
                {"client_id": "batch-0031"},
                {"client_id": "photo-0032", "visit_id": visit.id, "sha256": sha256},
            ],
        },
    )
    assert answer.status_code == 200, answer.json
    assert [(one["held"], one["kind"], one["same"]) for one in answer.json["items"]] == [
        (True, "photo_door", True),
        (True, "photo_door", False),
        (True, "accept", None),
        (True, "positions", None),
        (False, None, None),
    ]
    assert [(one["visit_id"], one["state"]) for one in answer.json["visits"]] == [
        (visit.id, "accepted"),
        ("no-such-visit", "unknown"),
    ]


def test_sync_tells_where_a_visit_went_and_nothing_of_strangers(
    wc001: Phone, visit: Visit, people: dict[str, Person]
) -> None:
    make.reassign(visit, people["wc002"])
    strange = make.visit(server=people["wc002"])
    answer = wc001.post("/api/phone/sync", json={"visits": [visit.id, strange.id], "items": []})
    lost, unknown = answer.json["visits"]
    assert (lost["state"], lost["lost"]["to_name"]) == ("not_yours", people["wc002"].name)
    assert (unknown["state"], unknown["lost"]) == ("unknown", None)


def test_what_a_colleague_sent_is_not_held_for_me(
    wc001: Phone, phone: Any, visit: Visit, people: dict[str, Person]
) -> None:
    data = media.small_photo(33)
    wc001.post(f"/api/phone/visits/{visit.id}/evidence", data=make.form(data, client_id="photo-0033"))
    answer = phone("wc002").post("/api/phone/sync", json={"items": [{"client_id": "photo-0033", "visit_id": visit.id}]})
    assert answer.json["items"][0]["held"] is False
