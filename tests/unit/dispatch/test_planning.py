"""The day as the planner sees it."""

from __future__ import annotations

from datetime import date
from typing import Any

from server.core.clock import at_second
from server.dispatch import planning
from tests.integration.dispatch.samples import entry, point

DAY = date(2026, 11, 24)


def visit(number: int, **changes: Any) -> dict[str, Any]:
    made = {
        "_id": f"v{number}",
        "state": "open",
        "case_number": f"案{number}",
        "point": point(number),
        "minutes": 8.5,
        "windows": [[32400, 43200]],
        "crew": 1,
        "skills": [],
        "priority": 3,
    }
    return {**made, **changes}


def problem(*visits: dict[str, Any], **of_entry: Any) -> Any:
    entries = [entry(1, **of_entry), entry(2)]
    return planning.problem_of(day=DAY, entries=entries, visits=visits, republish=False)


def test_visits_keep_their_window_minutes_and_worth() -> None:
    [asked] = problem(visit(1)).visits
    assert asked.service_s == 510
    assert (asked.windows[0].start_s, asked.windows[0].end_s) == (32400, 43200)
    assert asked.drop_penalty == 5 * 3600


def test_what_ended_was_withdrawn_or_has_no_place_is_not_asked() -> None:
    gone = problem(visit(1, state="ended", outcome={}), visit(2, state="withdrawn"), visit(3, point=None))
    assert gone.visits == ()


def test_somebody_off_duty_is_no_server() -> None:
    assert [server.id for server in problem(status="off").servers] == ["server-2"]


def test_the_day_ends_where_it_began() -> None:
    server = problem().servers[0]
    assert server.start == server.end


def test_who_ended_visits_today_goes_on_from_the_last_door() -> None:
    done = visit(1, state="ended", server_id="server-1", outcome={"happened_at": at_second(DAY, 10 * 3600 + 900)})
    first, second = problem(done).servers
    assert first.shift.start_s == 10 * 3600 + 900
    assert first.start != first.end
    assert first.max_visits == 27
    assert (second.shift.start_s, second.max_visits) == (30600, 28)


def test_an_outcome_of_another_day_moves_nobody() -> None:
    done = visit(1, state="ended", server_id="server-1", outcome={"happened_at": at_second(date(2026, 11, 21), 36000)})
    assert problem(done).servers[0].shift.start_s == 30600


def test_a_crew_under_way_holds_both_its_servers() -> None:
    lead, second = problem(visit(1, state="departed", crew=2, server_id="server-1", second_server_id="server-2")).visits
    assert (lead.locked_server, second.locked_server) == ("server-1", "server-2")
    assert lead.pinned
    assert second.pinned
    assert planning.real_id(second.id) == lead.id
