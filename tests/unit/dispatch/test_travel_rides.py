"""Which rides are read from what people reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from server.dispatch.travel_rides import rides_of_day

NINE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 09:00 in Beijing


def place(lng: float) -> dict[str, Any]:
    return {"wgs84": {"type": "Point", "coordinates": [lng, 39.9]}}


def entry(server: str = "a", mode: str = "car") -> dict[str, Any]:
    return {"server_id": server, "mode": mode, "start": place(116.30)}


def step(kind: str, minute: float, by: str = "a", **fix: Any) -> dict[str, Any]:
    return {"kind": kind, "happened_at": NINE + timedelta(minutes=minute), "by": by, **({"fix": fix} if fix else {})}


def visit(lng: float, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"point": place(lng), "progress": list(steps)}


def test_a_ride_runs_from_departed_to_arrived_by_the_servers_mode() -> None:
    (ride,) = rides_of_day([visit(116.40, step("depart", 0), step("arrive", 20))], [entry(mode="ebike")])
    assert (ride.start.lng, ride.end.lng, ride.mode, ride.hour, ride.seconds) == (116.30, 116.40, "ebike", 9, 1200)


def test_where_a_ride_began_is_the_fix_else_the_last_door_else_the_starting_point() -> None:
    exact = step("depart", 60, point=place(116.44), accuracy_m=20.0)
    vague = step("depart", 90, point=place(116.99), accuracy_m=900.0)
    rides = rides_of_day(
        [
            visit(116.50, vague, step("arrive", 99)),
            visit(116.40, step("depart", 0), step("arrive", 20)),
            visit(116.45, exact, step("arrive", 70)),
        ],
        [entry()],
    )
    assert {ride.end.lng: ride.start.lng for ride in rides} == {116.40: 116.30, 116.45: 116.44, 116.50: 116.45}


def test_two_who_meet_each_make_their_own_ride() -> None:
    both = visit(116.4, step("depart", 0), step("depart", 5, "b"), step("arrive", 20), step("arrive", 15, "b"))
    rides = rides_of_day([both], [entry(), entry("b", "transit")])
    assert {ride.mode: ride.seconds for ride in rides} == {"car": 1200, "transit": 600}


def test_setting_out_again_counts_from_the_last_time_and_arriving_once() -> None:
    steps = (step("depart", 0), step("depart", 30), step("arrive", 40), step("depart", 50), step("arrive", 55))
    (ride,) = rides_of_day([visit(116.4, *steps)], [entry()])
    assert ride.seconds == 600


def test_what_has_no_door_no_departure_or_nobody_of_the_roster_is_no_ride() -> None:
    nowhere = {"progress": [step("depart", 0), step("arrive", 9)]}
    stranger = visit(116.4, step("depart", 0, "z"), step("arrive", 9, "z"))
    assert rides_of_day([nowhere, stranger, visit(116.4, step("arrive", 9)), visit(116.4)], [entry()]) == []
