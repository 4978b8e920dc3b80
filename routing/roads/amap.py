"""AMap's distance service (lbs.amap.com, Web 服务 API 距离测量: GET /v3/distance).

`origins` are up to 100 `lng,lat` joined by `|`, one `destination`; type 1 drives (with the traffic of the moment),
type 3 walks (up to 5 km). Points are GCJ-02. Each result has origin_id (from 1), distance, duration as strings, or
info and code where it failed: believe these, not the status of the whole. A refusal is HTTP 200 with status "0" and an
infocode (lbs.amap.com/api/webservice/guide/tools/info). `sig` is the MD5 of the sorted raw "k=v&…" followed by the
private key.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from routing.datum import LngLat, wgs84_to_gcj02

from .base import Block, Limits, Profile
from .errors import RoadError, wrong_answer
from .http import Http

URL = "https://restapi.amap.com"
_LIMITS = Limits(rows=100, columns=1, line=100, parallel=4, per_second=20.0)
_KEY = ("10001", "10002", "10005", "10006", "10008", "10009", "10012", "10013", "10026", "10041")
_DAY = ("10003", "10044", "10045", "40000", "40002")
_RATE = ("10004", "10010", "10014", "10015", "10016", "10017", "10019", "10020", "10021", "10022", "10023", "10029")
_SIGNATURE = "10007"
_NO_ROUTE = ("20800", "20801", "20802", "20803")


def signature(params: Mapping[str, str], secret: str) -> str:
    """The `sig` of a request: MD5, lower case, over the raw (not URL-encoded) parameters in order of their names."""
    text = "&".join(f"{key}={params[key]}" for key in sorted(params)) + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class AMap:
    """AMap's service with a key of its Web 服务 kind; `secret` is the key's 数字签名 private key, empty when off."""

    key: str = field(repr=False)
    secret: str = field(default="", repr=False)
    url: str = URL
    name: str = "amap"
    limits: Limits = _LIMITS
    clock: Literal["hour", "static", "live"] = "live"
    profiles: Mapping[str, Profile] = field(default_factory=lambda: {"car": Profile("1"), "walk": Profile("3")})

    def block(
        self,
        http: Http,
        sources: Sequence[LngLat],
        targets: Sequence[LngLat],
        profile: str,
        hour: int,  # noqa: ARG002 - the traffic is that of the moment
    ) -> Block:
        """See RoadEngine.block; `targets` is a single point."""
        (target,) = targets
        params = {
            "key": self.key,
            "origins": "|".join(_place(point) for point in sources),
            "destination": _place(target),
            "type": profile,
            "output": "JSON",
        }
        if self.secret:
            params["sig"] = signature(params, self.secret)
        answer = http.get(f"{self.url.rstrip('/')}/v3/distance", params, _judge)
        results = answer.get("results")
        block = Block.empty(len(sources), 1)
        if not isinstance(results, list):
            raise wrong_answer("缺少结果")
        for one in results:
            _take(one, block)
        return block


def _place(point: LngLat) -> str:
    lng, lat = wgs84_to_gcj02(*point)
    return f"{lng:.6f},{lat:.6f}"


def _take(one: Any, block: Block) -> None:
    """Enters one result; what failed (it has info or code) stays without a way."""
    try:
        row = int(one["origin_id"]) - 1
        if one.get("info") or one.get("code") or not 0 <= row < len(block.seconds):
            return
        seconds, metres = int(float(one["duration"])), int(float(one["distance"]))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise wrong_answer("结果缺少内容") from error
    if min(seconds, metres) >= 0:
        block.seconds[row, 0], block.metres[row, 0] = min(seconds, 10**7), min(metres, 10**9)


def _judge(_status: int, answer: Any) -> None:
    if not isinstance(answer, dict):
        raise wrong_answer("不是对象")
    if str(answer.get("status")) == "1":
        return
    code = str(answer.get("infocode", ""))[:8]
    if code in _KEY:
        raise RoadError("roads.key_refused", f"高德地图密钥不可用（{code}）", final=True)
    if code == _SIGNATURE:
        raise RoadError("roads.signature", "高德地图数字签名未通过", final=True)
    if code in _DAY:
        raise RoadError("roads.quota_day", "高德地图当日配额已用完", final=True)
    if code in _RATE:
        raise RoadError("roads.too_fast", "高德地图请求过于频繁", again=True)
    if code in _NO_ROUTE:
        raise RoadError("roads.no_route", "高德地图没有找到道路", split=True)
    raise RoadError("roads.refused", f"高德地图拒绝请求（{code}）")
