"""Areas of a court's district: which named polygon each door lies in (Shapely's STRtree, all points at once)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from .datum import to_wgs84
from .problem import ProblemError
from .travel import HasLngLat


def area_of(points: Sequence[HasLngLat], polygons: Mapping[str, BaseGeometry]) -> list[str | None]:
    """The name of the polygon each point lies in or on the edge of; None outside all of them.

    Polygons are WGS-84 degrees (longitude, latitude). Where several overlap the smallest counts, and of equal ones the
    first by name, so that the answer hangs on no order. Raises ProblemError for a polygon that is none or crosses
    itself.
    """
    names = sorted(polygons)
    for name in names:
        _check(name, polygons[name])
    if not names or not points:
        return [None] * len(points)
    shapes = np.array([polygons[name] for name in names], dtype=object)
    # Degrees of longitude shrink to the north alike for areas that overlap: the order by size is the same.
    rank = np.argsort(np.argsort(shapely.area(shapes), kind="stable"), kind="stable")
    places = shapely.points([point.lng for point in points], [point.lat for point in points])
    point_index, shape_index = shapely.STRtree(shapes).query(places, predicate="intersects")
    best = np.full(len(points), len(names), dtype=np.int64)
    np.minimum.at(best, point_index, rank[shape_index])
    by_rank = {int(one): names[place] for place, one in enumerate(rank)}
    return [by_rank.get(int(one)) for one in best]


def polygons_of(collection: Mapping[str, Any], *, name: str = "name", datum: str = "WGS-84") -> dict[str, BaseGeometry]:
    """Named polygons of a GeoJSON FeatureCollection (RFC 7946) whose coordinates are in `datum`; features of one name
    become one area. Raises ProblemError for what is no such collection, ValueError for an unknown datum.
    """
    parts: dict[str, list[BaseGeometry]] = {}
    try:
        for feature in collection["features"]:
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            parts.setdefault(str(feature["properties"][name]), []).append(shape)
    except (KeyError, TypeError, shapely.GEOSException) as error:
        raise ProblemError("problem.areas_unreadable", "区域文件不是可用的 GeoJSON") from error
    areas = {}
    for title, shapes in parts.items():
        for shape in shapes:
            _check(title, shape)
        areas[title] = shapely.transform(shapely.union_all(shapes), lambda rows: _shifted(rows, datum))
    return areas


def _shifted(rows: np.ndarray[Any, np.dtype[np.float64]], datum: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([to_wgs84(lng, lat, datum) for lng, lat in rows], dtype=np.float64).reshape(-1, 2)


def _check(name: str, shape: BaseGeometry) -> None:
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise ProblemError("problem.area_no_polygon", "区域必须是多边形", name)
    if not shape.is_valid:
        raise ProblemError("problem.area_crosses_itself", "区域的边界自相交", name)
