"""The place-truth verdict of stored items."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from routing.datum import from_wgs84
from server.accounts.models import Person, holding
from server.core.clock import utc_now
from server.core.ids import new_id
from server.custody.services import placing
from server.dispatch.models import Visit
from server.field.models import EvidenceItem, PositionBatch
from tests.factories import visits as make

NOW = utc_now()
EAST = 1 / 85_400  # degrees of longitude per metre, there


@pytest.fixture
def server(database: Any) -> Person:
    values = {"username": new_id(), "staff_no": new_id(), "grants": holding("process_server"), "created_at": NOW}
    made: Person = Person(court=make.COURT, name="外出送达员甲", **values).save(force_insert=True)
    return made


@pytest.fixture
def visit(server: Person) -> Visit:
    return make.visit(server=server)


def stored_fix(*, east_m: float = 20.0, accuracy_m: float = 12.0, **ago: float) -> dict[str, Any]:
    lng, lat = make.WGS[0] + east_m * EAST, make.WGS[1]
    point = {"lng": lng, "lat": lat, "datum": "WGS-84", "wgs84": {"type": "Point", "coordinates": [lng, lat]}}
    return {"point": point, "accuracy_m": accuracy_m, "provider": "gps", "at": NOW - timedelta(**ago)}


def sealed(fixes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    payload = {"schema": "songda-capture/1", "taken_at": NOW.isoformat(), "clock": None, "fixes": fixes, **more}
    return {"payload": json.dumps(payload).encode(), "signature": b"s" * 64, "device_id": "d1"}


def sealed_fix(datum: str = "GCJ-02", *, east_m: float = 20.0, mock: bool = False, **ago: float) -> dict[str, Any]:
    lng, lat = from_wgs84(make.WGS[0] + east_m * EAST, make.WGS[1], datum)
    at = (NOW - timedelta(**ago)).isoformat()
    return {"lng": lng, "lat": lat, "datum": datum, "accuracy_m": 9.0, "provider": "gps", "mock": mock, "at": at}


def item(visit: Visit, **fields: Any) -> str:
    values: dict[str, Any] = {
        "court": visit.court, "visit_id": visit.id, "task_id": visit.task_id, "server_id": visit.server_id,
        "client_id": new_id(), "digest": "0", "kind": "photo_door", "sha256": "0" * 64, "size": 1,
        "media_type": "image/jpeg", "store_key": "0", "captured_at": NOW, "received_at": NOW,
    }  # fmt: skip
    document = {"_id": new_id(), **values, **fields}
    EvidenceItem._get_collection().insert_one(document)
    return str(document["_id"])


def place_of(evidence_id: str) -> dict[str, Any]:
    given = placing.judge_place(court=make.COURT, evidence_id=evidence_id, now=NOW)
    stored = EvidenceItem._get_collection().find_one({"_id": evidence_id})
    assert given is not None
    assert stored["place"] == given
    return given


def codes(place: dict[str, Any]) -> list[str]:
    return [one["code"] for one in place["reasons"]]


def test_a_fix_at_the_door_agrees_and_says_how_far_it_was(visit: Visit) -> None:
    place = place_of(item(visit, fix=stored_fix()))
    assert place["verdict"] == "agrees"
    assert place["distance_m"] == pytest.approx(20, abs=1)
    assert any("距送达地址 20 米" in one["text"] for one in place["reasons"])


def test_a_fix_two_kilometres_away_is_doubted_with_the_figures(visit: Visit) -> None:
    place = place_of(item(visit, fix=stored_fix(east_m=2_000)))
    assert place["verdict"] == "doubt"
    assert codes(place)[0] == "place.far"
    assert "2.0 公里" in place["reasons"][0]["text"]
    assert place["reasons"][0]["weight"] == 1.0


@pytest.mark.parametrize("datum", ["WGS-84", "GCJ-02", "BD-09"])
def test_the_envelope_counts_in_whatever_datum_it_was_written(visit: Visit, datum: str) -> None:
    fixes = [sealed_fix(datum, east_m=20 + one, seconds=one * 5) for one in range(3)]
    place = place_of(item(visit, envelope=sealed(fixes), fix=stored_fix()))
    assert place["verdict"] == "agrees"
    assert place["distance_m"] == pytest.approx(21, abs=1)


def test_a_mocked_envelope_is_doubted_though_the_place_is_right(visit: Visit) -> None:
    place = place_of(item(visit, envelope=sealed([sealed_fix(mock=True)]), fix=stored_fix()))
    assert (place["verdict"], codes(place)[0]) == ("doubt", "place.mock")


def test_the_clock_of_the_envelope_is_compared(visit: Visit) -> None:
    clock = {"offset_ms": 7_200_000, "rtt_ms": 80, "measured_at": NOW.isoformat()}
    place = place_of(item(visit, envelope=sealed([sealed_fix()], clock=clock)))
    assert place["verdict"] == "doubt"
    assert "手机时钟与标准时间相差 2.0 小时" in place["reasons"][0]["text"]


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"\xff\xfe", b"[]", b'{"fixes": 7, "clock": 3, "taken_at": []}',
        b'{"fixes": [null, {"lng": "x"}, {"lng": 1e300, "lat": 1, "accuracy_m": 1, "at": "x", "datum": "WGS-84"}]}',
        b'{"taken_at": "0001-01-01T00:00:00+14:00", "clock": {"offset_ms": 1e308}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_an_unreadable_envelope_leaves_what_was_sent_beside(visit: Visit, payload: bytes) -> None:
    envelope = {"payload": payload, "signature": b"", "device_id": "d1"}
    assert place_of(item(visit, envelope=envelope, fix=stored_fix()))["verdict"] == "agrees"


def test_without_any_position_nothing_is_known(visit: Visit) -> None:
    place = place_of(item(visit))
    assert (place["verdict"], place["distance_m"]) == ("unknown", None)
    assert "place.no_fix" in codes(place)


def test_an_item_without_a_visit_is_judged_by_what_there_is(visit: Visit) -> None:
    place = place_of(item(visit, visit_id="", task_id="", fix=stored_fix()))
    assert place["verdict"] == "unknown"
    assert "place.no_address" in codes(place)


def test_the_files_own_place_far_away_is_doubted(visit: Visit) -> None:
    facts = {"exif_wgs84": [make.WGS[0] + 9_000 * EAST, make.WGS[1]], "exif_taken_at": NOW - timedelta(days=2)}
    place = place_of(item(visit, fix=stored_fix(), facts=facts))
    assert place["verdict"] == "doubt"
    assert {"place.file_apart", "place.file_time"} <= set(codes(place))


def test_a_track_that_comes_later_changes_the_verdict_at_the_next_look(visit: Visit) -> None:
    mine = item(visit, fix=stored_fix())
    Visit._get_collection().update_one({"_id": visit.id}, {"$set": {"progress": [step(visit)]}})
    assert place_of(mine)["verdict"] == "agrees"
    assert placing.judge_day(court=visit.court, date=visit.date, now=NOW) == 0
    away = [
        {"wgs84": [make.WGS[0] + 30_000 * EAST, make.WGS[1] + number * EAST], "accuracy_m": 10.0,
         "at": NOW + timedelta(seconds=20 * number)}
        for number in range(-3, 4)
    ]  # fmt: skip
    batch = {"court": visit.court, "server_id": visit.server_id, "date": visit.date, "points": away}
    more = {"client_id": new_id(), "digest": "0", "first_at": away[0]["at"], "last_at": away[-1]["at"]}
    PositionBatch._get_collection().insert_one({"_id": new_id(), **batch, **more, "received_at": NOW})
    assert placing.judge_day(court=visit.court, date=visit.date, now=NOW + timedelta(hours=1)) == 1
    stored = EvidenceItem._get_collection().find_one({"_id": mine})["place"]
    assert stored["verdict"] == "doubt"
    assert codes(stored)[0] == "place.track_speed"
    assert placing.doubts(court=visit.court, visit_ids=[visit.id, "other"]) == {visit.id: 1}


def step(visit: Visit) -> dict[str, Any]:
    values = {"client_id": new_id(), "digest": "0", "kind": "arrive", "by": visit.server_id}
    return {**values, "happened_at": NOW, "received_at": NOW, "fix": stored_fix()}


def test_two_places_within_a_minute_speak_against_both(server: Person, visit: Visit) -> None:
    far = make.visit(server=server)
    item(far, fix=stored_fix(east_m=15_000, seconds=40))
    place = place_of(item(visit, fix=stored_fix()))
    assert "place.elsewhere_speed" in codes(place)


def test_another_courts_item_is_not_touched(visit: Visit) -> None:
    mine = item(visit, fix=stored_fix())
    assert placing.judge_place(court="京0105", evidence_id=mine, now=NOW) is None
    assert "place" not in EvidenceItem._get_collection().find_one({"_id": mine})


def test_items_of_visits_that_went_to_somebody_else_keep_their_addresses(server: Person, visit: Visit) -> None:
    other = make.visit(server=server)
    mine = [item(one, fix=stored_fix()) for one in (visit, other)]
    Visit._get_collection().update_many({}, {"$set": {"server_id": "p-other", "progress": [step(visit)]}})
    assert placing.judge_day(court=visit.court, date=visit.date, now=NOW) == 2
    found = EvidenceItem._get_collection().find({"_id": {"$in": mine}})
    assert [one["place"]["verdict"] for one in found] == ["agrees", "agrees"]
