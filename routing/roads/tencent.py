"""Tencent's distance matrix (lbs.qq.com, WebService API 距离矩阵: GET /ws/distance/v1/matrix).

`from` and `to` are `lat,lng` joined by `;`: up to 25 × 25, or 200 when one side is a single point. Points are GCJ-02.
result.rows[].elements[] have distance (metres, -1 without a way), duration (seconds; driving with the traffic of the
moment), and status where a pair failed. Refusals are HTTP 200 with a status other than 0 (…/webServiceGuide/status).
`sig` is the MD5 of path + "?" + the sorted raw "k=v&…" + SK, over the path exactly as it is called.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from routing.datum import LngLat, wgs84_to_gcj02

from .base import Block, Limits, Profile, numbers, paired
from .errors import RoadError, wrong_answer
from .http import Http

URL = "https://apis.map.qq.com"
PATH = "/ws/distance/v1/matrix"
_LIMITS = Limits(rows=25, columns=25, line=200, per_second=5.0)
_KEY = (110, 112, 113, 190, 199, 311)
_DAY = (121, 122, 123)
_SIGNATURE = 111
_RATE = 120
_NO_ROUTE = (347, 373)


def signature(path: str, params: Mapping[str, str], secret: str) -> str:
    """The `sig` of a request: MD5, lower case, over the raw (not URL-encoded) parameters in order of their names."""
    text = f"{path}?" + "&".join(f"{key}={params[key]}" for key in sorted(params)) + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Tencent:
    """Tencent's service with a key of its WebService kind; `secret` is the key's SK, empty when 签名校验 is off."""

    key: str = field(repr=False)
    secret: str = field(default="", repr=False)
    url: str = URL
    name: str = "tencent"
    limits: Limits = _LIMITS
    clock: Literal["hour", "static", "live"] = "live"
    profiles: Mapping[str, Profile] = field(
        default_factory=lambda: {
            "car": Profile("driving"),
            "bike": Profile("bicycling"),
            "ebike": Profile("bicycling", timed=False),
            "walk": Profile("walking"),
        }
    )

    def block(
        self,
        http: Http,
        sources: Sequence[LngLat],
        targets: Sequence[LngLat],
        profile: str,
        hour: int,  # noqa: ARG002 - the traffic is that of the moment
    ) -> Block:
        """See RoadEngine.block."""
        params = {"key": self.key, "mode": profile, "from": _places(sources), "to": _places(targets), "output": "json"}
        if self.secret:
            params["sig"] = signature(PATH, params, self.secret)
        answer = http.get(self.url.rstrip("/") + PATH, params, _judge)
        try:
            cells = [[_cell(one) for one in row["elements"]] for row in answer["result"]["rows"]]
        except (KeyError, TypeError, AttributeError) as error:
            raise wrong_answer("缺少矩阵") from error
        size = {"rows": len(sources), "columns": len(targets)}
        return paired(
            numbers([[one[0] for one in row] for row in cells], **size),
            numbers([[one[1] for one in row] for row in cells], **size),
        )


def _places(points: Sequence[LngLat]) -> str:
    shifted = (wgs84_to_gcj02(*point) for point in points)
    return ";".join(f"{lat:.6f},{lng:.6f}" for lng, lat in shifted)


def _cell(one: Any) -> tuple[Any, Any]:
    """(seconds, metres); (None, None) for a pair that failed."""
    return (None, None) if one.get("status") else (one.get("duration"), one.get("distance"))


def _judge(_status: int, answer: Any) -> None:
    if not isinstance(answer, dict):
        raise wrong_answer("不是对象")
    code = answer.get("status")
    if code == 0:
        return
    if code in _KEY:
        raise RoadError("roads.key_refused", f"腾讯位置服务密钥不可用（{code}）", final=True)
    if code == _SIGNATURE:
        raise RoadError("roads.signature", "腾讯位置服务签名校验未通过", final=True)
    if code in _DAY:
        raise RoadError("roads.quota_day", "腾讯位置服务当日配额已用完", final=True)
    if code == _RATE:
        raise RoadError("roads.too_fast", "腾讯位置服务请求过于频繁", again=True)
    if code in _NO_ROUTE:
        raise RoadError("roads.no_route", "腾讯位置服务没有找到道路", split=True)
    raise RoadError("roads.refused", f"腾讯位置服务拒绝请求（{str(code)[:8]}）")
