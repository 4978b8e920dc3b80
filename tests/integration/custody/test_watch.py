"""The watch over stored days: findings kept under their keys, decisions left alone, the sample."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.accounts.models import Court, Person
from server.core import crypto
from server.core.clock import at_second, court_day, utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody import watch_tasks
from server.custody.models import Finding
from server.custody.services import sampling, watching
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.actor import Actor
from tests.factories import visits as make
from tests.integration.custody.conftest import person

NOW = utc_now()
DAY = court_day(NOW - timedelta(days=1))
DATE = DAY.isoformat()
EAST = 1 / 85_400  # degrees of longitude per metre, there
LEADER = Actor("p-leader", "院领导甲")


def fix(east_m: float, at: datetime) -> dict[str, Any]:
    lng, lat = make.WGS[0] + east_m * EAST, make.WGS[1]
    point = {"lng": lng, "lat": lat, "datum": "WGS-84", "wgs84": {"type": "Point", "coordinates": [lng, lat]}}
    return {"point": point, "accuracy_m": 10.0, "provider": "gps", "at": at}


def ended(server: Person, *, hour: float, east_m: float = 0.0, code: str = "nobody_home", **fields: Any) -> Visit:
    """A visit of the day that ended at a door so far east, its outcome entered there."""
    at = at_second(DAY, hour * 3600)
    here = fix(east_m, at)
    step = {"client_id": new_id(), "digest": "0", "kind": "outcome", "by": server.id, "happened_at": at}
    outcome = {"code": code, "happened_at": at, "received_at": at, **fields.pop("outcome", {})}
    return make.visit(
        server=server,
        **{
            "date": DATE, "state": "ended", "point": here["point"], "building": f"b{east_m}", "outcome": outcome,
            "progress": [{**step, "received_at": at, "fix": here}], "review": {"state": "accepted", "round": 1},
            **fields,
        },
    )  # fmt: skip


def item(visit: Visit, **fields: Any) -> str:
    made = EvidenceItem(
        court=visit.court, visit_id=visit.id, task_id=visit.task_id, server_id=visit.server_id, client_id=new_id(),
        **{
            "digest": "0", "kind": "photo_door", "sha256": new_id(), "size": 1, "media_type": "image/jpeg",
            "store_key": "0", "captured_at": NOW, "received_at": NOW, **fields,
        },
    ).save(force_insert=True)  # fmt: skip
    return str(made.id)


def watch(percent: int = 0, date: str = DATE) -> watching.Watched:
    return watching.watch_day(court=make.COURT, date=date, sample_percent=percent, now=NOW)


def findings(**where: Any) -> list[dict[str, Any]]:
    return list(Finding._get_collection().find(where).sort("key", 1))


def test_two_places_at_once_are_found_once_however_often_the_day_is_watched(server: Person) -> None:
    a, b = ended(server, hour=9.0), ended(server, hour=9.02, east_m=9_000)
    assert watch() == watching.Watched(found=1, new=1)
    assert watch() == watching.Watched(found=1, new=0)
    [found] = findings()
    assert (found["kind"], found["state"], found["server_ids"]) == ("two_places", "open", [server.id])
    assert set(found["visit_ids"]) == {a.id, b.id}
    assert "外出送达员甲" in found["text"]
    assert a.recipient_name not in found["text"]


def test_an_open_finding_follows_the_facts_and_a_decided_one_stays(server: Person) -> None:
    visits = [ended(server, hour=9 + n / 3600, east_m=n * 900) for n in range(3)]
    watch()
    [burst] = findings(kind="burst")
    visits.append(ended(server, hour=9.02, east_m=2_700))
    watch()
    assert findings(kind="burst")[0]["facts"]["places"] == 4
    done = watching.decide(
        court=make.COURT, finding_id=burst["_id"], state="explained", reason="补登", actor=LEADER, now=NOW
    )
    visits.append(ended(server, hour=9.03, east_m=3_600))
    watch()
    assert findings(kind="burst") == [done]


def test_a_decision_is_taken_once(server: Person, actor: Callable[[Person], Actor]) -> None:
    ended(server, hour=9.0)
    ended(server, hour=9.02, east_m=9_000)
    watch()
    asked = {"court": make.COURT, "finding_id": findings()[0]["_id"], "reason": "已当面核实", "now": NOW}
    with pytest.raises(DomainError) as own:
        watching.decide(**asked, state="explained", actor=actor(server))
    assert own.value.code == "finding.own"
    first = watching.decide(**asked, state="confirmed", actor=LEADER)
    assert watching.decide(**asked, state="confirmed", actor=LEADER) == first
    with pytest.raises(DomainError) as second:
        watching.decide(**asked, state="explained", actor=Actor("p-other", "院领导乙"))
    assert (second.value.code, second.value.extra) == ("finding.decided", {"by_name": "院领导甲"})
    with pytest.raises(DomainError) as foreign:
        watching.decide(**{**asked, "court": "京0105"}, state="confirmed", actor=LEADER)
    assert foreign.value.code == "finding.not_found"


def test_one_photo_for_two_addresses_is_found_across_days(server: Person) -> None:
    old = ended(server, hour=10, date=(DAY - timedelta(days=12)).isoformat())
    new = ended(server, hour=10, east_m=5_000)
    first, second = item(old, sha256="a" * 64, captured_at=NOW - timedelta(days=12)), item(new, sha256="a" * 64)
    watch()
    [found] = findings()
    assert (found["kind"], found["date"]) == ("same_photo", DATE)
    assert found["evidence_ids"] == [first, second]


def test_a_near_copy_is_found_by_the_hashes_of_the_analysis(server: Person) -> None:
    a, b = ended(server, hour=10), ended(server, hour=12, east_m=5_000)
    item(a, analysis={"hashes": {"phash": "0f1e2d3c4b5a6978", "fine": "ab" * 32}})
    item(b, analysis={"hashes": {"phash": "0f1e2d3c4b5a6979", "fine": "aa" * 32}})
    watch()
    assert [one["kind"] for one in findings()] == ["near_photo"]


def test_a_witness_is_told_by_a_blind_index_only(server: Person) -> None:
    for number in range(3):
        other = person(f"外出送达员{number}")
        for hour in range(6):
            witness = {"name": f"见证人{number}{hour}", "unit": "居委会"}
            ended(other, hour=9 + hour, east_m=hour, code="refused_witness", outcome={"witness": witness})
    for hour in range(8):
        same = {"name": "王 某", "unit": "某居委会"}
        ended(server, hour=9 + hour, east_m=hour, code="refused_witness", outcome={"witness": same})
    watch()
    [found] = findings(kind="witness_often")
    assert found["server_ids"] == [server.id]
    assert "王" not in f"{found['key']}{found['text']}{found['facts']}"
    # The next day the same rate is not told again, unless it has grown.
    assert watch(date=(DAY + timedelta(days=1)).isoformat()).new == 0


def test_the_sample_holds_one_accepted_visit_of_each_server_and_stays(server: Person) -> None:
    others = [person(f"外出送达员{number}") for number in range(3)]
    for number, who in enumerate((server, *others)):
        for hour in range(3):
            ended(who, hour=9 + hour, east_m=hour * 3_000 + number)
        ended(who, hour=15, review={"state": "pending", "round": 1})
    assert watch(percent=5).new >= 4
    drawn = findings(kind="sample")
    assert {one["server_ids"][0] for one in drawn} == {server.id, *(one.id for one in others)}
    chosen = Visit._get_collection().find({"_id": {"$in": [one["visit_ids"][0] for one in drawn]}})
    assert {one["review"]["state"] for one in chosen} == {"accepted"}
    assert watch(percent=5).new == 0
    assert watch(percent=0).found == 0


def test_the_sample_hangs_on_a_secret_of_the_court(server: Person) -> None:
    for hour in range(40):
        ended(server, hour=8 + hour / 4, east_m=hour * 400)
    drawn = sampling.drawn(court=make.COURT, date=DATE, percent=20)
    assert drawn == sampling.drawn(court=make.COURT, date=DATE, percent=20)
    assert crypto.vault().secret("review sample", court=make.COURT) != crypto.vault().secret(
        "review sample", court="京0105"
    )
    assert 1 <= len(drawn) < 25


def test_another_courts_visits_are_not_mixed_in(server: Person) -> None:
    ended(server, hour=9.0)
    ended(server, hour=9.02, east_m=9_000, court="京0105")
    assert watch() == watching.Watched(0, 0)


@pytest.mark.parametrize("date", ["2026-02-30", "2026-13-01", "gestern"])
def test_a_day_that_is_none_is_refused(server: Person, date: str) -> None:
    with pytest.raises(DomainError) as refused:
        watch(date=date)
    assert refused.value.code == "finding.bad_day"


def test_the_night_looks_at_every_court_and_the_last_three_days(
    server: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    Court(id=make.COURT, name="测试法院", level=4).save()
    Court(id="京0105", name="另一法院", level=4).save()
    ended(server, hour=9.0)
    ended(server, hour=9.0, date=(DAY - timedelta(days=2)).isoformat())
    ended(server, hour=9.0, date=(DAY - timedelta(days=9)).isoformat())
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(watch_tasks.watch_court, "delay", lambda court, day: asked.append((court, day)))
    watch_tasks.watch_night.run()
    assert sorted(asked) == [(make.COURT, (DAY - timedelta(days=2)).isoformat()), (make.COURT, DATE)]
