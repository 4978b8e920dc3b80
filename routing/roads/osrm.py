"""OSRM's table service (project-osrm.org/docs, `GET /table/v1/{profile}/{coordinates}`).

Coordinates are `lng,lat` joined by `;`, `sources` and `destinations` are indices into them, `annotations` asks for
metres beside seconds. `durations[i][j]` is null where there is no way. A refusal is HTTP 400 with {code, message}.
A server keeps one profile; its `--max-table-size` is 100 by default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from routing.datum import LngLat

from .base import Block, Limits, Profile, numbers, paired
from .errors import RoadError, off_road, wrong_answer
from .http import Http

# 50 + 50 coordinates: within the limit whether the server counts coordinates or pairs.
_LIMITS = Limits(rows=50, columns=50, line=99)


@dataclass(frozen=True, slots=True, eq=False)
class Osrm:
    """An OSRM server at `url`; `profiles` says which of our modes its data was prepared for."""

    url: str
    name: str = "osrm"
    limits: Limits = _LIMITS
    clock: Literal["hour", "static", "live"] = "static"
    profiles: Mapping[str, Profile] = field(default_factory=lambda: {"car": Profile("driving")})

    def block(
        self,
        http: Http,
        sources: Sequence[LngLat],
        targets: Sequence[LngLat],
        profile: str,
        hour: int,  # noqa: ARG002 - free roads know no hour
    ) -> Block:
        """See RoadEngine.block."""
        places = ";".join(f"{lng:.6f},{lat:.6f}" for lng, lat in [*sources, *targets])
        params = {
            "sources": ";".join(str(one) for one in range(len(sources))),
            "destinations": ";".join(str(len(sources) + one) for one in range(len(targets))),
            "annotations": "duration,distance",
        }
        answer = http.get(f"{self.url.rstrip('/')}/table/v1/{profile}/{places}", params, _judge)
        if not isinstance(answer, dict) or "distances" not in answer:
            raise wrong_answer("缺少矩阵（需要 OSRM 5.20 以上）")
        size = {"rows": len(sources), "columns": len(targets)}
        return paired(numbers(answer.get("durations"), **size), numbers(answer["distances"], **size))


def _judge(_status: int, answer: Any) -> None:
    code = answer.get("code") if isinstance(answer, dict) else None
    if code == "Ok":
        return
    if code == "TooBig":
        raise RoadError("roads.too_big", "单次请求超出路网服务的限制", split=True)
    if code == "NoTable":
        raise RoadError("roads.no_route", "路网服务没有找到道路", split=True)
    if code == "NoSegment":
        raise off_road()
    raise RoadError("roads.refused", f"路网服务拒绝请求（{str(code)[:40]}）")
