"""What the board sees: evidence with distances, tracks, latest positions, mileage."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from evidence.errors import EvidenceError
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core.clock import at_second, court_day, utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.dispatch.models import Roster, RosterEntry, Visit
from server.field import services
from server.field.rules import RawFix
from server.field.services.evidence import Upload
from server.service.actor import Actor
from tests.factories import visits as make
from tests.factories.media import small_photo

DAY = court_day(utc_now() - timedelta(days=1))


def walk(start: datetime, *, metres: int, seed: float = 0.0) -> list[RawFix]:
    """A walk east at 1.5 m/s with a position every 30 s, WGS-84."""
    return [
        RawFix(
            make.WGS[0] + (done + seed) / 85_400,
            make.WGS[1],
            "WGS-84",
            12.0,
            "gps",
            start + timedelta(seconds=done / 1.5),
        )
        for done in range(0, metres + 1, 45)
    ]


def record(server: Person, fixes: list[RawFix]) -> Any:
    return services.record_positions(
        court=make.COURT, actor=Actor(server.id, server.name), client_id=new_id(), day=DAY, fixes=fixes, now=utc_now()
    )


def test_mileage_is_planned_against_tracked_per_server(server: Person) -> None:
    entry = RosterEntry(
        server_id=server.id, staff_no="WC001", name=server.name, shift_start_s=30600, shift_end_s=63000, mode="walk",
        max_stops=20, start={"lng": 116.3, "lat": 39.9, "datum": "WGS-84", "wgs84": [116.3, 39.9]},
    )  # fmt: skip
    Roster(court=make.COURT, date=DAY.isoformat(), entries=[entry], updated_at=utc_now()).save()
    make.visit(server=server, date=DAY.isoformat(), travel_m=1200, state="ended")
    make.visit(server=server, date=DAY.isoformat(), travel_m=800)
    record(server, walk(at_second(DAY, 36000), metres=900))
    record(server, walk(at_second(DAY, 36600), metres=900, seed=900))
    (found,) = services.mileage(court=make.COURT, day=DAY)
    assert (found.server_id, found.planned_m, found.visits_done) == (server.id, 2000, 1)
    assert found.tracked_m == pytest.approx(1800, rel=0.03)


def test_the_latest_position_is_the_newest_whatever_came_last(server: Person) -> None:
    late, early = walk(at_second(DAY, 40000), metres=90), walk(at_second(DAY, 36000), metres=900)
    record(server, late)
    record(server, early)
    (found,) = services.latest_positions(court=make.COURT, day=DAY)
    assert (found.server_id, found.at) == (server.id, late[-1].at)
    assert found.wgs84 == (late[-1].lng, late[-1].lat)
    assert services.latest_positions(court=make.COURT, day=DAY - timedelta(days=1)) == []


def test_the_track_of_a_visit_ends_at_its_outcome(server: Person) -> None:
    visit = make.visit(server=server, date=DAY.isoformat())
    fixes = walk(at_second(DAY, 36000), metres=1800)
    record(server, fixes)
    for kind, place in (("depart", 4), ("arrive", 20)):
        services.record_progress(
            court=make.COURT,
            visit_id=visit.id,
            actor=Actor(server.id, server.name),
            client_id=new_id(),
            kind=kind,
            happened_at=fixes[place].at,
            fix=None,
            now=utc_now(),
        )
    raw = Visit._get_collection().find_one({"_id": visit.id})
    track = services.track_of_visit(court=make.COURT, visit=raw)
    assert len(track) == 17
    assert track[0] == (fixes[4].lng, fixes[4].lat)


def test_evidence_is_shown_with_its_distance_to_the_address(server: Person, visit: Visit, store: FileStore) -> None:
    data = small_photo(5)
    near = RawFix(make.GCJ[0], make.GCJ[1], "GCJ-02", 10.0, "gps", utc_now())
    upload = Upload(new_id(), "photo_door", sha256(data).hexdigest(), utc_now(), near, io.BytesIO(data))
    held = services.record_evidence(
        court=make.COURT,
        visit_id=visit.id,
        actor=Actor(server.id, server.name),
        store=store,
        upload=upload,
        now=utc_now(),
    )
    raw = Visit._get_collection().find_one({"_id": visit.id})
    (shown,) = services.visit_evidence(court=make.COURT, visit=raw)
    assert shown.label == "门牌及现场照片"
    assert shown.distance_m is not None
    assert shown.distance_m < 20
    item, stream = services.open_evidence(court=make.COURT, evidence_id=held.evidence_id, store=store)
    with stream:
        assert stream.read() == data
    assert item.sha256 == upload.sha256


def test_evidence_of_another_court_does_not_exist(server: Person, visit: Visit, store: FileStore) -> None:
    data = small_photo(6)
    upload = Upload(new_id(), "photo_door", sha256(data).hexdigest(), utc_now(), None, io.BytesIO(data))
    held = services.record_evidence(
        court=make.COURT,
        visit_id=visit.id,
        actor=Actor(server.id, server.name),
        store=store,
        upload=upload,
        now=utc_now(),
    )
    with pytest.raises(DomainError) as refused:
        services.open_evidence(court="京0105", evidence_id=held.evidence_id, store=store)
    assert refused.value.code == "evidence.not_found"


def test_a_store_that_is_away_leaves_no_item_behind(server: Person, visit: Visit) -> None:
    class Away:
        def put(self, *_: Any, **__: Any) -> Any:
            raise EvidenceError("evidence.store_unavailable", "证据存储暂不可用，请稍后重试")

    data = small_photo(7)
    upload = Upload(new_id(), "photo_door", sha256(data).hexdigest(), utc_now(), None, io.BytesIO(data))
    with pytest.raises(DomainError) as refused:
        services.record_evidence(
            court=make.COURT,
            visit_id=visit.id,
            actor=Actor(server.id, server.name),
            store=Away(),  # type: ignore[arg-type]  # only put is asked
            upload=upload,
            now=utc_now(),
        )
    assert (refused.value.code, refused.value.status) == ("evidence.store_unavailable", 503)
    raw = Visit._get_collection().find_one({"_id": visit.id})
    assert services.visit_evidence(court=make.COURT, visit=raw) == []
