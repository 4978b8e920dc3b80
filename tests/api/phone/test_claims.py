"""Open visits: seen without names, taken by exactly one, given back with a reason."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from miniprogram_api.answers import ClaimableListAnswer
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.dispatch.models import Roster, RosterEntry, Visit
from tests.api.conftest import Phone
from tests.api.phone.conftest import problem
from tests.factories import visits as make

START = {"lng": 116.3743, "lat": 39.9297, "datum": "GCJ-02", "wgs84": list(make.WGS)}


@pytest.fixture
def open_visit(people: dict[str, Person]) -> Visit:
    """An open visit of today, three servers on duty."""
    now = utc_now()
    entries = [
        RosterEntry(
            server_id=people[name].id,
            staff_no=name.upper(),
            name=people[name].name,
            start=START,
            shift_start_s=30_600,
            shift_end_s=63_000,
            mode="ebike",
            max_stops=20,
        )
        for name in ("wc001", "wc002", "wc003")
    ]
    Roster(court=make.COURT, date=court_day(now).isoformat(), entries=entries, updated_at=now).save()
    return make.visit()


def claim(phone: Phone, visit: Visit) -> Any:
    return phone.post(f"/api/phone/visits/{visit.id}/claim", json={"client_id": new_id()})


def test_claimable_visits_name_nobody(wc001: Phone, open_visit: Visit) -> None:
    answer = wc001.get("/api/phone/claimable")
    assert answer.status_code == 200
    assert ClaimableListAnswer().validate(answer.json) == {}
    assert [one["visit_id"] for one in answer.json["items"]] == [open_visit.id]
    assert open_visit.recipient_name not in answer.get_data(as_text=True)


def test_of_three_at_once_exactly_one_gets_the_visit(
    app: Flask, phone: Callable[[str], Phone], open_visit: Visit
) -> None:
    phones = [phone(name) for name in ("wc001", "wc002", "wc003")]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda one: claim(one, open_visit), phones))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    assert {one.json["code"] for one in answers if one.status_code == 409} == {"visit.taken"}


def test_a_claimed_visit_is_on_the_route_and_can_be_given_back(
    wc001: Phone, phone: Callable[[str], Phone], open_visit: Visit, people: dict[str, Person]
) -> None:
    assert claim(wc001, open_visit).json["state"] == "assigned"
    assert [one["visit_id"] for one in wc001.get("/api/phone/route").json["stops"]] == [open_visit.id]
    body = {"client_id": new_id(), "reason": "电动车故障，无法前往"}
    path = f"/api/phone/visits/{open_visit.id}/release"
    released, again = wc001.post(path, json=body), wc001.post(path, json=body)
    assert (released.status_code, released.json["state"], again.status_code) == (200, "open", 200)
    assert claim(phone("wc002"), open_visit).status_code == 200
    lost = wc001.post(path, json=body)
    assert problem(lost) == (409, "visit.not_yours")
    assert lost.json["what"] == "released"
    assert lost.json["to_name"] == people["wc002"].name


def test_somebody_off_duty_is_offered_nothing(wc001: Phone, people: dict[str, Person]) -> None:
    make.visit()
    assert wc001.get("/api/phone/claimable").json["items"] == []
