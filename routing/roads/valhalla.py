"""Valhalla's time-distance matrix (valhalla.github.io/valhalla/api/matrix/api-reference).

POST /sources_to_targets with `sources`, `targets` ({lat, lon}) and `costing`; rows of {time s, distance km} (null where
there is no way), or since 3.5 with `verbose` false {durations, distances} as arrays. A refusal is HTTP 400 with
{error_code, error}. Defaults of its `service_limits`: 2,500 pairs of a matrix, 400 km between the points of a drive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from routing.datum import LngLat
from routing.travel import IntMatrix

from .base import Block, Limits, Profile, numbers, paired
from .errors import RoadError, off_road, wrong_answer
from .http import Http

_LIMITS = Limits(rows=50, columns=50, line=500)
# thor/loki error codes: locations over the limit, distance over the limit, no edge near a location, no path.
_TOO_MUCH = (150, 154, 158)
_OFF_ROAD = (170, 171)
_NO_PATH = (441, 442)


@dataclass(frozen=True, slots=True, eq=False)
class Valhalla:
    """A Valhalla server at `url`. Bicycles' ways serve e-bikes at our own speed."""

    url: str
    name: str = "valhalla"
    limits: Limits = _LIMITS
    clock: Literal["hour", "static", "live"] = "static"
    profiles: Mapping[str, Profile] = field(
        default_factory=lambda: {
            "car": Profile("auto"),
            "bike": Profile("bicycle"),
            "ebike": Profile("bicycle", timed=False),
            "walk": Profile("pedestrian"),
        }
    )

    def block(
        self,
        http: Http,
        sources: Sequence[LngLat],
        targets: Sequence[LngLat],
        profile: str,
        hour: int,  # noqa: ARG002 - free roads know no hour
    ) -> Block:
        """See RoadEngine.block."""
        asked = {
            "sources": [_place(point) for point in sources],
            "targets": [_place(point) for point in targets],
            "costing": profile,
            "units": "kilometers",
            "verbose": False,
        }
        answer = http.post(f"{self.url.rstrip('/')}/sources_to_targets", asked, _judge)
        found = answer.get("sources_to_targets") if isinstance(answer, dict) else None
        scale = 1609.344 if isinstance(answer, dict) and answer.get("units") in ("miles", "mi") else 1000.0
        size = {"rows": len(sources), "columns": len(targets)}
        if isinstance(found, dict):
            return paired(numbers(found.get("durations"), **size), numbers(found.get("distances"), scale=scale, **size))
        return paired(_column(found, "time", 1.0, size), _column(found, "distance", scale, size))


def _place(point: LngLat) -> dict[str, float]:
    return {"lon": round(point[0], 6), "lat": round(point[1], 6)}


def _column(found: object, key: str, scale: float, size: Mapping[str, int]) -> IntMatrix:
    if not isinstance(found, list) or not all(isinstance(row, list) for row in found):
        raise wrong_answer("缺少矩阵")
    cells = [[cell.get(key) if isinstance(cell, dict) else None for cell in row] for row in found]
    return numbers(cells, scale=scale, **size)


def _judge(_status: int, answer: Any) -> None:
    code = answer.get("error_code") if isinstance(answer, dict) else None
    if code is None:
        return
    if code in _TOO_MUCH or code in _NO_PATH:
        raise RoadError("roads.too_big", "单次请求超出路网服务的限制", split=True)
    if code in _OFF_ROAD:
        raise off_road()
    raise RoadError("roads.refused", f"路网服务拒绝请求（{code}）")
