"""人力测算 through the board."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from server.board.schemas.capacity import BoardStudySchema, BoardSuggestedSchema
from server.core.clock import utc_now
from server.dispatch.models import CapacityStudy
from server.dispatch.services import capacity
from tests.api.board.conftest import ok, problem
from tests.api.conftest import Browser

PATH = "/api/board/capacity/studies"


def suggested(manager: Browser) -> dict[str, Any]:
    return dict(ok(manager.get("/api/board/capacity/assumptions")))


def asked(manager: Browser, staffings: int = 2, **changes: Any) -> dict[str, Any]:
    found = suggested(manager)
    found["assumptions"]["areas"] = [{"name": "辖区", "lng": 116.37, "lat": 39.92, "radius_m": 3000, "per_day": 12}]
    body = {
        "assumptions": found["assumptions"],
        "staffings": found["staffings"][:staffings],
        "target": found["target"],
        "seeds": 1,
        "days": 3,
        **changes,
    }
    return dict(ok(manager.post(PATH, json=body), 202))


def test_the_form_is_filled_from_the_courts_own_visits_and_roster(manager: Browser, day: list[dict[str, Any]]) -> None:
    found = suggested(manager)
    assert BoardSuggestedSchema().validate(found) == {}
    assert found["seen"]["visits"] == len(day)
    assert sum(area["per_day"] for area in found["assumptions"]["areas"]) == pytest.approx(6, abs=0.1)
    assert "2 人（现有）" in [one["name"] for one in found["staffings"]]


def test_a_court_nobody_has_seen_can_still_be_assumed(manager: Browser) -> None:
    found = suggested(manager)
    assert BoardSuggestedSchema().validate(found) == {}
    assert found["seen"] == {"visits": 0, "from": None, "to": None}


def test_a_study_runs_to_a_table(manager: Browser, day: list[dict[str, Any]]) -> None:
    study = asked(manager)
    assert (study["state"], study["progress"]) == ("queued", {"done": 0, "total": 6})
    assert capacity.run_study(study_id=study["id"], now=utc_now())
    done = ok(manager.get(f"{PATH}/{study['id']}"))
    assert BoardStudySchema().validate(done) == {}
    assert (done["state"], done["progress"]) == ("done", {"done": 6, "total": 6})
    assert [row["servers"] for row in done["rows"]] == [1, 2]
    assert len(done["rows"][0]["open_by_day"]) == 3
    [line] = ok(manager.get(PATH))["items"]
    assert line["id"] == study["id"]
    answer = manager.get(f"{PATH}/{study['id']}/table.csv")
    table = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert (len(table), table[0][0], table[1][1]) == (3, "方案", "1")


def test_a_study_that_is_stopped_keeps_what_it_has(manager: Browser) -> None:
    study = asked(manager)
    assert ok(manager.post(f"{PATH}/{study['id']}/stop", json={}))["state"] == "stopping"
    assert capacity.run_study(study_id=study["id"], now=utc_now())
    assert ok(manager.get(f"{PATH}/{study['id']}"))["state"] == "stopped"
    assert problem(manager.post(f"{PATH}/{study['id']}/stop", json={})) == (409, "capacity.not_running")


def test_a_study_whose_worker_died_is_run_again_and_given_up_in_the_end(manager: Browser) -> None:
    study = asked(manager)
    long_ago = utc_now() - timedelta(minutes=5)
    for tries, expected in ((1, [study["id"]]), (3, [])):
        CapacityStudy._get_collection().update_one(
            {"_id": study["id"]}, {"$set": {"state": "running", "beat_at": long_ago, "tries": tries, "run_id": "x"}}
        )
        assert capacity.find_lost_studies(now=utc_now()) == expected
    assert ok(manager.get(f"{PATH}/{study['id']}"))["failure"]["code"] == "plan.worker_lost"


def test_a_message_that_arrives_twice_runs_once(manager: Browser) -> None:
    study = asked(manager, staffings=1)
    assert capacity.run_study(study_id=study["id"], now=utc_now())
    assert not capacity.run_study(study_id=study["id"], now=utc_now())


def test_what_no_load_can_be_is_refused_in_words(manager: Browser) -> None:
    found = suggested(manager)
    found["assumptions"]["due_days"] = [8, 3]
    body = {"assumptions": found["assumptions"], "staffings": found["staffings"]}
    assert problem(manager.post(PATH, json=body)) == (422, "capacity.invalid")
    found["assumptions"]["due_days"] = [3, 8]
    most = {**body, "staffings": found["staffings"][:1] * 12, "seeds": 20, "days": 66}
    assert problem(manager.post(PATH, json=most)) == (422, "capacity.too_much")
    assert problem(manager.get(f"{PATH}/nothing")) == (404, "capacity.not_found")
