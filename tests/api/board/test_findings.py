"""What looks wrong, for a leader: doubts on the reviewer's pages, findings and what is decided about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.accounts.models import Person
from server.board.schemas.visits import BoardReviewsSchema, BoardVisitDetailSchema
from server.core.clock import utc_now
from server.core.ids import new_id
from server.custody.services import placing
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.board.conftest import ok
from tests.api.conftest import Browser
from tests.factories import visits as make

EAST = 1 / 85_400  # degrees of longitude per metre, there


def photo_of(visit: Visit, *, east_m: float, **fields: Any) -> str:
    """An item of the visit with its verdict, taken so far east of the address."""
    now = utc_now()
    lng, lat = make.WGS[0] + east_m * EAST, make.WGS[1]
    point = {"lng": lng, "lat": lat, "datum": "WGS-84", "wgs84": {"type": "Point", "coordinates": [lng, lat]}}
    made = EvidenceItem(
        court=visit.court, visit_id=visit.id, task_id=visit.task_id, server_id=visit.server_id, client_id=new_id(),
        **{
            "digest": "0", "kind": "photo_door", "sha256": new_id(), "size": 1, "media_type": "image/jpeg",
            "store_key": "0", "captured_at": now, "received_at": now,
            "fix": {"point": point, "accuracy_m": 12.0, "provider": "gps", "at": now}, **fields,
        },
    ).save(force_insert=True)  # fmt: skip
    placing.judge_place(court=visit.court, evidence_id=made.id, now=now)
    return str(made.id)


def pending(server: Person, **fields: Any) -> Visit:
    now = utc_now()
    outcome = {"code": "nobody_home", "happened_at": now - timedelta(minutes=5), "received_at": now}
    return make.visit(
        server=server, **{"state": "ended", "outcome": outcome, "review": {"state": "pending", "round": 1}, **fields}
    )


@pytest.fixture
def leader(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in("admin")


def test_a_reviewer_sees_which_visits_hold_doubtful_items_and_why(
    specialist: Browser, people: dict[str, Person]
) -> None:
    far, near = pending(people["wc001"]), pending(people["wc002"])
    photo_of(far, east_m=3_000)
    photo_of(far, east_m=10)
    photo_of(near, east_m=10)
    listed = ok(specialist.get("/api/board/reviews"))
    assert BoardReviewsSchema().validate(listed) == {}
    assert {one["id"]: one["doubts"] for one in listed["items"]} == {far.id: 1, near.id: 0}
    detail = ok(specialist.get(f"/api/board/visits/{far.id}"))
    assert BoardVisitDetailSchema().validate(detail) == {}
    verdicts = {one["place"]["verdict"]: one["place"] for one in detail["evidence"]}
    assert set(verdicts) == {"doubt", "agrees"}
    assert "3.0 公里" in verdicts["doubt"]["reasons"][0]["text"]


def test_a_doubt_stops_no_review(specialist: Browser, people: dict[str, Person]) -> None:
    visit = pending(people["wc001"])
    photo_of(visit, east_m=3_000)
    done = ok(specialist.post(f"/api/board/visits/{visit.id}/review", json={"decision": "accept"}))
    assert done["review"]["state"] == "accepted"
