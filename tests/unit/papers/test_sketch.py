"""The schematic map of a visit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from server.core.errors import DomainError
from server.papers.sketch import BADGE_MM, sketch

from . import samples


def panels(**changes: Any) -> list[dict[str, Any]]:
    drawn = sketch(samples.visit(**changes))
    assert drawn is not None
    result: list[dict[str, Any]] = drawn["panels"]
    return result


def test_a_long_way_gets_a_second_panel_around_the_address() -> None:
    whole, near = panels()
    assert whole["scale"]["label"] == "500 米"
    assert near["scale"]["label"] in ("20 米", "50 米")
    assert {badge["label"] for badge in near["badges"]} == {"3", "4"}


def test_events_at_the_door_alone_get_one_panel() -> None:
    assert len(panels(track=(), events=samples.visit().events[2:])) == 1


def test_the_map_is_to_scale_and_north_is_up() -> None:
    events = (
        samples.event("到达", -2, samples.position(0, 50)),
        samples.event("登记结果", 6, samples.position(50, 0)),
    )
    (panel,) = panels(track=(), events=events)
    label, length = panel["scale"]["label"], panel["scale"]["length"]
    mm_per_m = length / float(label.removesuffix(" 米"))
    x, y = panel["address"]
    north, east = (badge["at"] for badge in panel["badges"])
    assert north[1] < y
    assert math.isclose(north[0], x, abs_tol=0.05)
    assert math.isclose(y - north[1], 50 * mm_per_m, rel_tol=0.01)
    assert math.isclose(east[0] - x, 50 * mm_per_m, rel_tol=0.01)


def test_everything_drawn_lies_inside_its_panel() -> None:
    for panel in panels():
        points = [p for run in panel["track"] for p in run] + [b["at"] for b in panel["badges"]]
        assert all(-0.01 <= x <= panel["width"] + 0.01 and -0.01 <= y <= panel["height"] + 0.01 for x, y in points)


def test_numbers_that_would_overlap_share_a_badge() -> None:
    whole = panels()[0]
    assert [badge["label"] for badge in whole["badges"]] == ["1、2", "3、4"]
    first, second = (badge["at"] for badge in whole["badges"])
    assert math.dist(first, second) >= BADGE_MM


def test_a_segment_that_only_crosses_the_panel_is_drawn() -> None:
    # Both ends lie outside the surroundings of the address: a naive point filter would lose the line.
    track = (samples.position(-900, 10), samples.position(900, 10))
    near = panels(track=track)[1]
    assert [(run[0][0], run[-1][0]) for run in near["track"]] == [(0.0, near["width"])]


def test_a_hopeless_fix_does_not_cover_the_map() -> None:
    events = (
        samples.event("到达", -2, samples.position(20, 0, 5000.0)),
        samples.event("登记结果", 6, samples.position(5, 5, 8.0)),
    )
    (panel,) = panels(track=(), events=events)
    assert len(panel["circles"]) == 1


def test_a_long_track_is_thinned() -> None:
    assert sum(len(run) for run in panels(track=samples.track(20_000))[0]["track"]) < 600


def test_points_of_two_datums_are_refused() -> None:
    other = replace(samples.position(0, 0), datum="GCJ-02")
    with pytest.raises(DomainError) as caught:
        sketch(samples.visit(address_point=other))
    assert caught.value.code == "papers.mixed_datum"


def test_a_visit_without_any_position_has_no_map() -> None:
    assert sketch(samples.visit(address_point=None, events=(), track=())) is None
