"""Something comes up during the day: what it asks of whom, and a yes or a no to it."""

from __future__ import annotations

from typing import Any

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.dispatch.models import DayPlan, Roster, Visit
from server.dispatch.services import (
    Happening,
    assign_visit,
    create_plan,
    get_plan,
    latest_plan,
    propose,
    publish_plan,
    reject_plan,
)
from server.dispatch.services.runner import run_plan
from tests.integration.dispatch import samples
from tests.integration.dispatch.samples import COURT, DAY, MANAGER, H


def published_day(visits: int = 6, servers: int = 2, **of_task: Any) -> list[dict[str, Any]]:
    samples.make_day(visits, servers, **of_task)
    plan = create_plan(court=COURT, day=DAY, seconds=0.2, seed=1, actor=MANAGER, now=utc_now())
    assert run_plan(plan_id=plan["_id"], now=utc_now())
    publish_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now())
    return samples.all_visits()


def asked(kind: str, **of_happening: Any) -> dict[str, Any]:
    happening = Happening(kind, **of_happening)
    return propose(court=COURT, day=DAY, happening=happening, seconds=0.2, seed=1, actor=MANAGER, now=utc_now())


def accept(plan: dict[str, Any], revision: int | None = None) -> dict[str, Any]:
    return publish_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now(), revision=revision)


def what(plan: dict[str, Any]) -> dict[str, str]:
    return {line["visit_id"]: line["what"] for line in plan["changes"]}


def refusal(plan: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(DomainError) as refused:
        accept(plan, **changes)
    return refused.value.code


def test_nothing_moves_before_somebody_says_yes() -> None:
    before = published_day()
    asked("absent", server_id=before[0]["server_id"])
    assert samples.all_visits() == before


def test_an_absent_servers_visits_go_to_the_others_who_then_have_them() -> None:
    gone = published_day()[0]["server_id"]
    theirs = {visit["_id"] for visit in samples.all_visits() if visit["server_id"] == gone}
    plan = asked("absent", server_id=gone)
    assert {visit_id for visit_id, change in what(plan).items() if change == "reassigned"} == theirs
    assert all("改为" in line["text"] for line in plan["changes"] if line["what"] == "reassigned")
    accept(plan)
    other = "server-2" if gone == "server-1" else "server-1"
    assert {visit["server_id"] for visit in samples.all_visits()} == {other}
    entries = {one["server_id"]: one["status"] for one in Roster._get_collection().find_one({})["entries"]}
    assert entries == {gone: "off", other: "on_duty"}


def test_an_urgent_visit_is_put_in_and_nobody_else_changes_hands() -> None:
    published_day(4)
    samples.store_tasks(samples.task(9))
    samples.select_visits(court=COURT, day=DAY, actor=MANAGER, now=utc_now())
    [urgent] = [visit["_id"] for visit in samples.all_visits() if visit["state"] == "open"]
    plan = asked("urgent", visit_id=urgent)
    assert [line["what"] for line in plan["changes"] if line["what"] != "retimed"] == ["assigned"]
    accept(plan)
    assert samples.visit_of(urgent)["server_id"]


def test_a_withdrawn_visit_leaves_the_day_and_frees_its_recipient() -> None:
    gone = published_day(4)[0]["_id"]
    plan = asked("withdrawn", visit_id=gone, reason="当事人已到院领取")
    assert what(plan)[gone] == "withdrawn"
    accept(plan)
    assert samples.visit_of(gone)["state"] == "withdrawn"


def test_a_visit_that_needs_two_gets_a_second() -> None:
    pair = published_day(4)[0]
    accept(asked("second", visit_id=pair["_id"]))
    now = samples.visit_of(pair["_id"])
    assert now["crew"] == 2
    assert {now["server_id"], now["second_server_id"]} == {"server-1", "server-2"}


def test_a_new_window_is_kept_and_met() -> None:
    moved = published_day(4)[1]["_id"]
    accept(asked("window", visit_id=moved, windows=((15 * H, 16 * H),)))
    visit = samples.visit_of(moved)
    assert visit["windows"] == [[15 * H, 16 * H]]
    assert 7 <= visit["planned_arrive_at"].hour < 8  # UTC


def test_whoever_must_not_go_does_not() -> None:
    visit = published_day(4)[0]
    accept(asked("recused", visit_id=visit["_id"], server_id=visit["server_id"]))
    after = samples.visit_of(visit["_id"])
    assert after["recused"] == [visit["server_id"]]
    assert after["server_id"] not in (None, visit["server_id"])


def test_a_late_server_sets_out_later() -> None:
    late = published_day(4)[0]["server_id"]
    accept(asked("late", server_id=late, from_s=11 * H))
    [entry] = [one for one in Roster._get_collection().find_one({})["entries"] if one["server_id"] == late]
    assert entry["shift_start_s"] == 11 * H
    theirs = [visit for visit in samples.all_visits() if visit.get("server_id") == late]
    assert all(visit["planned_arrive_at"].hour >= 3 for visit in theirs)  # 11:00 in UTC


def test_a_day_that_has_moved_on_refuses_the_whole_answer() -> None:
    visits = published_day()
    gone = visits[0]["server_id"]
    plan = asked("absent", server_id=gone)
    Visit._get_collection().update_one({"_id": visits[0]["_id"]}, {"$set": {"state": "departed"}})
    before = samples.all_visits()
    assert refusal(plan) == "plan.outdated"
    assert samples.all_visits() == before
    assert Roster._get_collection().find_one({})["version"] == 1


def test_a_changed_roster_refuses_the_whole_answer() -> None:
    gone = published_day()[0]["server_id"]
    plan = asked("absent", server_id=gone)
    Roster._get_collection().update_one({}, {"$inc": {"version": 1}})
    assert refusal(plan) == "plan.outdated"


def test_a_visit_moved_by_hand_since_refuses_the_whole_answer() -> None:
    visit = published_day(4)[0]
    plan = asked("recused", visit_id=visit["_id"], server_id=visit["server_id"])
    other = "server-2" if visit["server_id"] == "server-1" else "server-1"
    assign_visit(
        court=COURT, visit_id=visit["_id"], server_id=other, position=None, version=None, actor=MANAGER, now=utc_now()
    )
    Visit._get_collection().update_one({"_id": visit["_id"]}, {"$set": {"server_id": "server-9"}})
    assert refusal(plan) == "plan.outdated"


def test_the_run_improves_the_answer_and_never_makes_it_worse() -> None:
    gone = published_day(8, 3)[0]["server_id"]
    first = asked("absent", server_id=gone)
    assert run_plan(plan_id=first["_id"], now=utc_now())
    done = get_plan(court=COURT, plan_id=first["_id"])
    assert done["state"] == "done"
    assert done["progress"]["objective"] <= first["progress"]["objective"]
    accept(done, done["revision"])
    assert get_plan(court=COURT, plan_id=first["_id"])["state"] == "published"


def test_what_was_read_is_what_is_accepted() -> None:
    plan = asked("absent", server_id=published_day()[0]["server_id"])
    DayPlan._get_collection().update_one({"_id": plan["_id"]}, {"$set": {"revision": 2}})
    assert refusal(plan, revision=1) == "plan.revised"
    assert get_plan(court=COURT, plan_id=plan["_id"])["state"] == "queued"


def test_what_was_put_aside_stays_aside_and_its_run_does_nothing() -> None:
    plan = asked("absent", server_id=published_day()[0]["server_id"])
    for _ in range(2):
        assert reject_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now())["state"] == "rejected"
    assert not run_plan(plan_id=plan["_id"], now=utc_now())
    assert refusal(plan) == "plan.not_open"


def test_an_answer_nobody_accepted_is_not_the_days_plan() -> None:
    gone = published_day()[0]["server_id"]
    asked("absent", server_id=gone)
    latest = latest_plan(court=COURT, day=DAY)
    assert latest is not None
    assert latest["number"] == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("urgent", {}),
        ("late", {"server_id": "server-1"}),
        ("window", {"visit_id": "x"}),
        ("window", {"visit_id": "x", "windows": ((5, 5),)}),
        ("withdrawn", {"visit_id": "x"}),
        ("recused", {"visit_id": "x"}),
    ],
)
def test_half_a_happening_is_refused(kind: str, fields: dict[str, Any]) -> None:
    published_day(1, 1)
    with pytest.raises(DomainError) as refused:
        asked(kind, **fields)
    assert refused.value.code == "replan.incomplete"


def test_an_absent_server_on_the_way_keeps_that_visit() -> None:
    visits = published_day()
    gone, under_way = visits[0]["server_id"], visits[0]["_id"]
    Visit._get_collection().update_one({"_id": under_way}, {"$set": {"state": "departed"}})
    accept(asked("absent", server_id=gone))
    assert samples.visit_of(under_way)["server_id"] == gone
    assert all(visit["server_id"] != gone for visit in samples.all_visits() if visit["_id"] != under_way)
