from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.dispatch.models import DaySheet, Visit
from server.dispatch.services import (
    assign_batch,
    assign_visit,
    claim_visit,
    claimable,
    price_move,
    release_visit,
    unassign_visit,
    undo_batch,
)
from server.service.actor import Actor
from tests.integration.dispatch import samples
from tests.integration.dispatch.samples import COURT, DAY, MANAGER, NOW


def assign(visit_id: str, server: str, position: int | None = None, version: int | None = None, **more: Any) -> Any:
    return assign_visit(
        court=COURT,
        visit_id=visit_id,
        server_id=server,
        position=position,
        version=version,
        actor=MANAGER,
        now=utc_now(),
        **more,
    )


def claim(visit_id: str, server: str) -> Any:
    return claim_visit(court=COURT, visit_id=visit_id, server_id=server, actor=Actor(server, server), now=utc_now())


def order_of(server: str) -> list[str]:
    mine = Visit._get_collection().find({"court": COURT, "server_id": server}).sort("position", 1)
    return [visit["_id"] for visit in mine]


def positions_of(server: str) -> list[int]:
    return sorted(visit["position"] for visit in Visit._get_collection().find({"server_id": server}))


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(DomainError) as refused:
        call(*args, **kwargs)
    return refused.value.code


def test_assigning_puts_the_visit_where_it_costs_least_and_times_the_route() -> None:
    west, middle, east = samples.make_day(3)
    assign(east["_id"], "server-1")
    assign(west["_id"], "server-1")
    moved = assign(middle["_id"], "server-1")
    assert moved.late == []
    chosen = DaySheet.objects.get().routes["server-1"]
    assert chosen["stops"] == 3
    times = [samples.visit_of(one)["planned_arrive_at"] for one in order_of("server-1")]
    assert times == sorted(times)
    for position in (1, 2, 3):
        assign(middle["_id"], "server-1", position=position)
        assert DaySheet.objects.get().routes["server-1"]["travel_s"] >= chosen["travel_s"]


def test_a_visit_dragged_to_a_place_gets_it_and_the_rest_is_renumbered() -> None:
    visits = samples.make_day(4)
    for visit in visits[:3]:
        assign(visit["_id"], "server-1", position=99)
    assign(visits[3]["_id"], "server-1", position=2)
    expected = [visits[0]["_id"], visits[3]["_id"], visits[1]["_id"], visits[2]["_id"]]
    assert order_of("server-1") == expected
    assert positions_of("server-1") == [1, 2, 3, 4]


def test_moving_a_visit_closes_the_gap_in_the_route_it_left() -> None:
    visits = samples.make_day(3)
    for visit in visits:
        assign(visit["_id"], "server-1", position=99)
    assign(visits[1]["_id"], "server-2")
    assert order_of("server-1") == [visits[0]["_id"], visits[2]["_id"]]
    assert positions_of("server-1") == [1, 2]
    assert positions_of("server-2") == [1]
    moved = samples.visit_of(visits[1]["_id"])
    assert [change["what"] for change in moved["changes"]] == ["assigned", "reassigned"]
    assert moved["changes"][-1]["from_server"] == "server-1"


def test_nothing_is_placed_before_a_visit_that_is_under_way() -> None:
    visits = samples.make_day(3)
    for visit in visits[:2]:
        assign(visit["_id"], "server-1", position=99)
    Visit._get_collection().update_one({"_id": visits[0]["_id"]}, {"$set": {"state": "departed"}})
    assign(visits[2]["_id"], "server-1", position=1)
    assert order_of("server-1") == [visits[0]["_id"], visits[2]["_id"], visits[1]["_id"]]


def test_an_outdated_version_is_refused_and_told_the_present_one() -> None:
    [visit] = samples.make_day(1)
    assign(visit["_id"], "server-1", version=1)
    with pytest.raises(DomainError) as refused:
        assign(visit["_id"], "server-2", version=1)
    assert refused.value.code == "visit.changed"
    assert refused.value.extra["version"] == 2
    assert samples.visit_of(visit["_id"])["server_id"] == "server-1"


@pytest.mark.parametrize("state", ["departed", "arrived", "ended"])
def test_a_visit_under_way_is_never_moved(state: str) -> None:
    [visit] = samples.make_day(1)
    assign(visit["_id"], "server-1")
    Visit._get_collection().update_one({"_id": visit["_id"]}, {"$set": {"state": state}})
    assert code_of(assign, visit["_id"], "server-2") == "visit.under_way"
    assert samples.visit_of(visit["_id"])["server_id"] == "server-1"


def test_nobody_gets_a_visit_on_a_day_off() -> None:
    [visit] = samples.make_day(1)
    assert code_of(assign, visit["_id"], "server-77") == "roster.not_on_duty"


def test_another_courts_visit_is_not_there() -> None:
    [visit] = samples.make_day(1)
    call = {"visit_id": visit["_id"], "server_id": "server-1", "position": None, "version": None}
    assert code_of(assign_visit, court="陕0112", actor=MANAGER, now=NOW, **call) == "visit.not_found"


def test_a_visit_too_late_for_its_window_is_assigned_and_said_to_be_late() -> None:
    samples.store_tasks(samples.task(1, windows=[[6 * 3600, 7 * 3600]]))
    samples.store_roster(samples.entry(1))
    samples.select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    [visit] = samples.all_visits()
    moved = assign(visit["_id"], "server-1")
    assert [one["visit_id"] for one in moved.late] == [visit["_id"]]
    assert "晚" in moved.late[0]["text"]


def test_unassigning_frees_the_visit_and_keeps_why() -> None:
    [visit] = samples.make_day(1)
    assign(visit["_id"], "server-1")
    unassign_visit(court=COURT, visit_id=visit["_id"], version=2, reason="车辆故障", actor=MANAGER, now=utc_now())
    free = samples.visit_of(visit["_id"])
    assert (free["state"], free.get("server_id"), free.get("position")) == ("open", None, None)
    assert free["changes"][-1]["reason"] == "车辆故障"


def test_the_price_of_a_move_is_told_without_making_it() -> None:
    visits = samples.make_day(3)
    assign(visits[0]["_id"], "server-1")
    before = samples.all_visits()
    price = price_move(court=COURT, visit_id=visits[2]["_id"], server_id="server-1", position=None)
    assert price.km > 0
    assert price.minutes > 0
    assert price.broken == []
    assert samples.all_visits() == before


def test_the_price_names_what_the_move_would_break() -> None:
    samples.store_tasks(samples.task(1, case_kind="执行"))
    samples.store_roster(samples.entry(1, skills=[]))
    samples.select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    [visit] = samples.all_visits()
    price = price_move(court=COURT, visit_id=visit["_id"], server_id="server-1", position=None)
    assert [one["code"] for one in price.broken] == ["skill.missing"]


def test_a_batch_moves_what_it_can_and_names_what_it_cannot() -> None:
    visits = samples.make_day(5)
    Visit._get_collection().update_one({"_id": visits[4]["_id"]}, {"$set": {"state": "ended"}})
    ids = [visit["_id"] for visit in visits]
    batch = assign_batch(court=COURT, visit_ids=ids, server_id="server-1", actor=MANAGER, now=utc_now())
    assert batch.moved == 4
    assert [(one["visit_id"], one["code"]) for one in batch.refused] == [(visits[4]["_id"], "visit.under_way")]
    assert positions_of("server-1") == [1, 2, 3, 4]


def test_undoing_a_batch_gives_everything_back_except_what_was_touched_since() -> None:
    visits = samples.make_day(4)
    assign(visits[0]["_id"], "server-2", position=1)
    assign(visits[1]["_id"], "server-2", position=2)
    ids = [visit["_id"] for visit in visits]
    batch = assign_batch(court=COURT, visit_ids=ids, server_id="server-1", actor=MANAGER, now=utc_now())
    unassign_visit(court=COURT, visit_id=visits[3]["_id"], version=None, reason=None, actor=MANAGER, now=utc_now())
    undone = undo_batch(court=COURT, batch_id=batch.batch_id, actor=MANAGER, now=utc_now())
    assert undone.moved == 3
    assert [one["visit_id"] for one in undone.refused] == [visits[3]["_id"]]
    assert order_of("server-2") == [visits[0]["_id"], visits[1]["_id"]]
    assert order_of("server-1") == []
    assert samples.visit_of(visits[2]["_id"])["state"] == "open"


def test_a_batch_is_undone_once_even_when_asked_at_the_same_time() -> None:
    visits = samples.make_day(3)
    ids = [visit["_id"] for visit in visits]
    batch = assign_batch(court=COURT, visit_ids=ids, server_id="server-1", actor=MANAGER, now=utc_now())

    def undo() -> str:
        try:
            undo_batch(court=COURT, batch_id=batch.batch_id, actor=MANAGER, now=utc_now())
        except DomainError as error:
            return error.code
        return "undone"

    with ThreadPoolExecutor(4) as pool:
        answers = [run.result() for run in [pool.submit(undo) for _ in range(4)]]
    assert sorted(answers) == ["move_batch.undone"] * 3 + ["undone"]


def test_of_many_claims_at_once_exactly_one_wins() -> None:
    [visit] = samples.make_day(1, servers=8)
    gate = threading.Barrier(8)

    def race(number: int) -> str:
        gate.wait()
        try:
            claim(visit["_id"], f"server-{number}")
        except DomainError as error:
            return error.code
        return "won"

    with ThreadPoolExecutor(8) as pool:
        answers = [run.result() for run in [pool.submit(race, number) for number in range(1, 9)]]
    assert sorted(answers) == ["visit.taken"] * 7 + ["won"]
    winner = answers.index("won") + 1
    assert samples.visit_of(visit["_id"])["server_id"] == f"server-{winner}"


def test_claiming_again_what_is_mine_changes_nothing() -> None:
    [visit] = samples.make_day(1)
    claim(visit["_id"], "server-1")
    before = samples.visit_of(visit["_id"])
    claim(visit["_id"], "server-1")
    assert samples.visit_of(visit["_id"]) == before


def test_claims_into_one_route_at_once_leave_no_two_visits_at_one_place() -> None:
    visits = samples.make_day(8, servers=2)

    def take(number: int) -> None:
        claim(visits[number]["_id"], "server-1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, range(8)))
    assert positions_of("server-1") == list(range(1, 9))


def test_only_what_a_server_may_take_is_claimable() -> None:
    samples.store_tasks(
        samples.task(1), samples.task(2, case_kind="执行"), samples.task(3, remarks=["须两人同往"]), samples.task(4)
    )
    samples.store_roster(samples.entry(1, skills=[]), samples.entry(2, max_stops=1, skills=[]))
    samples.select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    visits = samples.all_visits()
    ids = {visit["_id"] for visit in claimable(court=COURT, day=DAY, server_id="server-1", now=NOW)}
    assert ids == {visits[0]["_id"], visits[3]["_id"]}
    assert claimable(court=COURT, day=DAY, server_id="server-9", now=NOW) == []
    assert code_of(claim, visits[1]["_id"], "server-1") == "visit.lacks_skill"
    assert code_of(claim, visits[2]["_id"], "server-1") == "visit.crew_needs_lead"
    claim(visits[0]["_id"], "server-2")
    assert code_of(claim, visits[3]["_id"], "server-2") == "visit.server_is_full"


def test_a_released_visit_is_open_again_and_releasing_twice_is_harmless() -> None:
    [visit] = samples.make_day(1)
    claim(visit["_id"], "server-1")
    release = {"court": COURT, "visit_id": visit["_id"], "reason": "临时有事", "actor": MANAGER}
    release_visit(server_id="server-1", now=utc_now(), **release)
    before = samples.visit_of(visit["_id"])
    release_visit(server_id="server-1", now=utc_now(), **release)
    assert samples.visit_of(visit["_id"]) == before
    assert before["state"] == "open"
    assert before["changes"][-1]["reason"] == "临时有事"
    assert code_of(release_visit, server_id="server-2", now=utc_now(), **release) == "visit.not_yours"


def test_a_crew_keeps_its_second_when_dragged_and_changes_roles_when_dragged_onto_it() -> None:
    [visit] = samples.make_day(1, servers=3, remarks=["须两人同往"])
    first = assign(visit["_id"], "server-1")
    assert [one["code"] for one in first.late] == ["crew.second_missing"]
    assign(visit["_id"], "server-1", second_server_id="server-2")
    both = samples.visit_of(visit["_id"])
    assert (both["server_id"], both["second_server_id"]) == ("server-1", "server-2")
    assert (both["position"], both["second_position"]) == (1, 1)
    assign(visit["_id"], "server-3")
    both = samples.visit_of(visit["_id"])
    assert (both["server_id"], both["second_server_id"]) == ("server-3", "server-2")
    assign(visit["_id"], "server-2")
    both = samples.visit_of(visit["_id"])
    assert (both["server_id"], both["second_server_id"]) == ("server-2", "server-3")
    assert code_of(assign, visit["_id"], "server-1", second_server_id="server-1") == "visit.same_second_server"


def test_the_second_of_a_crew_meets_the_first_at_the_same_time() -> None:
    samples.store_tasks(samples.task(1), samples.task(2), samples.task(3, remarks=["须两人同往"]))
    samples.store_roster(samples.entry(1), samples.entry(2))
    samples.select_visits(court=COURT, day=DAY, actor=MANAGER, now=NOW)
    one, two, crew = samples.all_visits()
    assign(crew["_id"], "server-1", second_server_id="server-2")
    assign(two["_id"], "server-2", position=1)
    assign(one["_id"], "server-2", position=1)
    meeting = samples.visit_of(crew["_id"])
    before = samples.visit_of(two["_id"])
    assert meeting["second_position"] == 3
    assert meeting["planned_arrive_at"] >= before["planned_leave_at"]


def test_a_phone_that_departs_while_the_manager_drags_leaves_exactly_one_winner() -> None:
    visits = samples.make_day(12)
    for visit in visits:
        assign(visit["_id"], "server-1", position=99)
    gate = threading.Barrier(2)

    def depart(visit_id: str) -> bool:
        gate.wait()
        mine = {"_id": visit_id, "court": COURT, "server_id": "server-1", "state": {"$in": ["assigned", "accepted"]}}
        done = Visit._get_collection().update_one(mine, {"$set": {"state": "departed"}, "$inc": {"version": 1}})
        return bool(done.modified_count)

    def drag(visit_id: str) -> bool:
        gate.wait()
        try:
            assign(visit_id, "server-2")
        except DomainError as error:
            return error.code != "visit.under_way"
        return True

    with ThreadPoolExecutor(2) as pool:
        for visit in visits:
            left, moved = pool.submit(depart, visit["_id"]), pool.submit(drag, visit["_id"])
            assert left.result() != moved.result()
            now = samples.visit_of(visit["_id"])
            assert (now["state"], now["server_id"]) == (
                ("departed", "server-1") if left.result() else ("assigned", "server-2")
            )


def test_the_planned_way_of_a_day_does_not_shrink_as_visits_end() -> None:
    visits = samples.make_day(4)
    for visit in visits[:3]:
        assign(visit["_id"], "server-1", position=99)
    morning = DaySheet.objects.get().routes["server-1"]["planned_m"]
    first = order_of("server-1")[0]
    first_leg_m = samples.visit_of(first)["travel_m"]
    Visit._get_collection().update_one({"_id": first}, {"$set": {"state": "ended"}})
    assign(visits[3]["_id"], "server-1", position=99)
    later = DaySheet.objects.get().routes["server-1"]
    assert later["stops"] == 3, "what is ahead: two of the morning and the new one"
    assert later["planned_m"] == later["distance_m"] + first_leg_m
    assert later["planned_m"] >= morning


def test_a_batch_puts_morning_doors_before_afternoon_doors() -> None:
    near_1, near_2, far_1, far_2 = samples.make_day(4)
    afternoon, morning = [14 * samples.H, 17 * samples.H], [9 * samples.H, 12 * samples.H]
    for visit, window in ((near_1, afternoon), (near_2, afternoon), (far_1, morning), (far_2, morning)):
        Visit._get_collection().update_one({"_id": visit["_id"]}, {"$set": {"windows": [window]}})
    ids = [near_1["_id"], far_1["_id"], near_2["_id"], far_2["_id"]]
    batch = assign_batch(court=COURT, visit_ids=ids, server_id="server-1", actor=MANAGER, now=utc_now())
    assert set(order_of("server-1")[:2]) == {far_1["_id"], far_2["_id"]}
    assert batch.late == []
