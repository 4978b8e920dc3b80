"""Doors are put into the areas of a court's district, whatever datum the map was drawn in."""

from __future__ import annotations

import json

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Point, ProblemError, from_wgs84
from routing.areas import area_of, polygons_of

WEST, EAST = shapely.box(116.30, 39.85, 116.40, 39.95), shapely.box(116.40, 39.85, 116.50, 39.95)
MARKET = shapely.box(116.42, 39.88, 116.44, 39.90)
AREAS = {"西区": WEST, "东区": EAST, "市场": MARKET}


def test_a_door_lies_in_its_area_the_smallest_of_several_and_else_in_none() -> None:
    points = [Point(116.35, 39.9), Point(116.45, 39.9), Point(116.43, 39.89), Point(117, 39.9)]
    assert area_of(points, AREAS) == ["西区", "东区", "市场", None]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(116.2, 116.6), st.floats(39.8, 40.0)), max_size=20))
def test_every_door_is_where_asking_polygon_by_polygon_puts_it(places: list[tuple[float, float]]) -> None:
    found = area_of([Point(*one) for one in places], AREAS)
    for place, area in zip(places, found, strict=True):
        within = [name for name, shape in AREAS.items() if shape.intersects(shapely.Point(place))]
        smallest = min(within, key=lambda name: (round(AREAS[name].area, 9), name), default=None)
        assert area in within if within else area is None
        assert smallest != "市场" or area == "市场"


def test_the_order_of_the_areas_changes_nothing() -> None:
    edge = [Point(116.40, 39.9)]
    assert area_of(edge, AREAS) == area_of(edge, dict(reversed(AREAS.items())))


def test_nothing_asked_is_nothing_answered() -> None:
    assert area_of([], AREAS) == []
    assert area_of([Point(116.35, 39.9)], {}) == [None]


@pytest.mark.parametrize("datum", ["WGS-84", "GCJ-02", "BD-09"])
def test_a_map_of_any_datum_gives_the_same_areas(datum: str) -> None:
    def drawn(shape: shapely.Polygon) -> dict[str, object]:
        ring = [from_wgs84(lng, lat, datum) for lng, lat in shape.exterior.coords]
        return {"type": "Polygon", "coordinates": [ring]}

    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": drawn(shape)}
        for name, shape in [*AREAS.items(), ("西区", shapely.box(116.20, 39.85, 116.25, 39.95))]
    ]
    areas = polygons_of(json.loads(json.dumps({"type": "FeatureCollection", "features": features})), datum=datum)
    # 0.00002 degrees are two metres.
    points = [Point(116.39998, 39.9), Point(116.40002, 39.9), Point(116.22, 39.9)]
    assert area_of(points, areas) == ["西区", "东区", "西区"]


@pytest.mark.parametrize(
    ("areas", "code"),
    [
        ({"线": shapely.LineString([(116, 39), (117, 40)])}, "problem.area_no_polygon"),
        ({"结": shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}, "problem.area_crosses_itself"),
        ({"空": shapely.Polygon()}, "problem.area_no_polygon"),
    ],
)
def test_what_is_no_area_is_refused_by_name(areas: dict[str, shapely.Geometry], code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        area_of([Point(116, 39)], areas)
    assert (caught.value.code, caught.value.subject) == (code, next(iter(areas)))


@pytest.mark.parametrize("given_file", [{}, {"features": [{}]}, {"features": [{"geometry": 5, "properties": {}}]}])
def test_a_file_that_is_no_map_is_refused(given_file: dict[str, object]) -> None:
    with pytest.raises(ProblemError) as caught:
        polygons_of(given_file)
    assert caught.value.code == "problem.areas_unreadable"
