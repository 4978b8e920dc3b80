"""Road engines over a socket, in the wire formats of Valhalla, OSRM, AMap and Tencent (their public documentation).

Rides are straight lines × 1.3 at 10 m/s, slower by a tenth westwards (one-way streets): made here, not by the product.
Faults are taken in turn: away (503), drop (no answer), garbage, busy (too many requests), quota, key, signature, slow.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from routing.datum import gcj02_to_wgs84

LngLat = tuple[float, float]
KEY, SECRET = "emulated-key", "emulated-secret"
_SPEED = {"1": 10.0, "driving": 10.0, "auto": 10.0, "bicycle": 3.0, "bicycling": 3.0}
_WALK = 1.2


def ride(a: LngLat, b: LngLat, profile: str) -> tuple[float, float]:
    """(seconds, metres) of the emulated ride."""
    east = math.radians(b[0] - a[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    metres = 6_371_008.8 * math.hypot(east, math.radians(b[1] - a[1])) * 1.3
    seconds = metres / _SPEED.get(profile, _WALK) * (1.1 if b[0] < a[0] else 1.0)
    return seconds, metres


class RoadService:
    """One engine's service in threads of this process: `kind` is valhalla, osrm, amap or tencent.

    `no_way` are pairs of 4-decimal points without a way, `off_road` points without a road. `verbose_only` makes
    Valhalla answer as before 3.5. `limit` overrides how many pairs one request may have.
    """

    def __init__(self, kind: str, *, limit: int = 0, secret: str = SECRET, verbose_only: bool = False) -> None:
        self.kind = kind
        self.limit = limit or {"valhalla": 2500, "osrm": 10_000, "amap": 100, "tencent": 625}[kind]
        self.secret = secret
        self.verbose_only = verbose_only
        self.faults: deque[str] = deque()
        self.asked: list[tuple[int, int]] = []
        self.heard: list[str] = []  # every request as it came, decoded
        self.off_road: set[LngLat] = set()
        self.no_way: set[tuple[LngLat, LngLat]] = set()
        self.slow_s = 5.0
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, path: str, query: str, body: bytes, fault: str) -> tuple[int, dict[str, Any]]:
        made: tuple[int, dict[str, Any]] = getattr(self, f"_{self.kind}")(path, query, body, fault)
        return made

    def cell(self, a: LngLat, b: LngLat, profile: str) -> tuple[float, float] | None:
        if (_near(a), _near(b)) in self.no_way:
            return None
        return ride(a, b, profile)

    def strays(self, points: list[LngLat]) -> bool:
        return any(_near(point) in self.off_road for point in points)

    def _valhalla(self, path: str, _query: str, body: bytes, _fault: str) -> tuple[int, dict[str, Any]]:
        if path != "/sources_to_targets":
            return 404, {"error_code": 106, "error": "Try any of: '/sources_to_targets'", "status_code": 404}
        asked = json.loads(body)
        sources, targets = ([(one["lon"], one["lat"]) for one in asked[key]] for key in ("sources", "targets"))
        self.asked.append((len(sources), len(targets)))
        if len(sources) * len(targets) > self.limit:
            return 400, {"error_code": 150, "error": "Exceeded max locations", "status_code": 400}
        if self.strays(sources + targets):
            return 400, {"error_code": 171, "error": "No suitable edges near location", "status_code": 400}
        table = [[self.cell(a, b, asked["costing"]) for b in targets] for a in sources]
        found: Any = {
            "durations": [[cell and round(cell[0]) for cell in row] for row in table],
            "distances": [[cell and round(cell[1] / 1000, 3) for cell in row] for row in table],
        }
        if self.verbose_only or asked.get("verbose", True):
            found = [
                [
                    {
                        "from_index": i,
                        "to_index": j,
                        "time": cell and round(cell[0]),
                        "distance": cell and round(cell[1] / 1000, 3),
                    }
                    for j, cell in enumerate(row)
                ]
                for i, row in enumerate(table)
            ]
        return 200, {"sources_to_targets": found, "units": asked.get("units", "kilometers")}

    def _osrm(self, path: str, query: str, _body: bytes, _fault: str) -> tuple[int, dict[str, Any]]:
        parts = path.split("/")
        if parts[1:3] != ["table", "v1"]:
            return 400, {"code": "InvalidUrl", "message": "URL string malformed"}
        options = dict(parse_qsl(query))
        places = [_pair(one) for one in parts[4].split(";")]
        sources = [places[int(one)] for one in options["sources"].split(";")]
        targets = [places[int(one)] for one in options["destinations"].split(";")]
        self.asked.append((len(sources), len(targets)))
        if len(sources) * len(targets) > self.limit:
            return 400, {"code": "TooBig", "message": "Too many table coordinates"}
        if self.strays(places):
            return 400, {"code": "NoSegment", "message": "Could not find a matching segment for coordinate 0"}
        table = [[self.cell(a, b, parts[3]) for b in targets] for a in sources]
        found: dict[str, Any] = {"code": "Ok", "durations": [[cell and round(cell[0], 1) for cell in r] for r in table]}
        if "distance" in options.get("annotations", "duration").split(","):
            found["distances"] = [[cell and round(cell[1], 1) for cell in row] for row in table]
        return 200, found

    def _amap(self, path: str, query: str, _body: bytes, fault: str) -> tuple[int, dict[str, Any]]:
        def refuse(code: str, info: str) -> tuple[int, dict[str, Any]]:
            return 200, {"status": "0", "info": info, "infocode": code}

        refusals = {
            "busy": ("10021", "CUQPS_HAS_EXCEEDED_THE_LIMIT"),
            "quota": ("10003", "DAILY_QUERY_OVER_LIMIT"),
            "key": ("10001", "INVALID_USER_KEY"),
            "signature": ("10007", "INVALID_USER_SIGNATURE"),
        }
        if fault in refusals:
            return refuse(*refusals[fault])
        options = dict(parse_qsl(query))
        if path != "/v3/distance":
            return refuse("10002", "SERVICE_NOT_AVAILABLE")
        if options.get("key") != KEY:
            return refuse(*refusals["key"])
        if self.secret and options.pop("sig", "") != _md5("", options, self.secret):
            return refuse(*refusals["signature"])
        origins = options["origins"].split("|")
        self.asked.append((len(origins), 1))
        if len(origins) > self.limit or any(len(one.split(".")[-1]) > 6 for one in origins):
            return refuse("20000", "INVALID_PARAMS")
        target = gcj02_to_wgs84(*_pair(options["destination"]))
        results = []
        for number, text in enumerate(origins, start=1):
            source = gcj02_to_wgs84(*_pair(text))
            cell = self.cell(source, target, options["type"])
            if options["type"] == "3" and cell and cell[1] > 5000:
                cell = None
            told = (
                {"distance": str(round(cell[1])), "duration": str(round(cell[0]))}
                if cell
                else {"distance": "0", "duration": "0", "info": "NO_ROADS_NEARBY", "code": "1"}
            )
            results.append({"origin_id": str(number), "dest_id": "1", **told})
        return 200, {"status": "1", "info": "OK", "infocode": "10000", "results": results}

    def _tencent(self, path: str, query: str, _body: bytes, fault: str) -> tuple[int, dict[str, Any]]:
        refusals = {
            "busy": (120, "此key每秒请求量已达到上限"),
            "quota": (121, "此key每日调用量已达到上限"),
            "key": (190, "无效的KEY"),
            "signature": (111, "签名验证失败"),
        }
        options = dict(parse_qsl(query))
        fault = fault if fault in refusals else ""
        if not fault and options.get("key") != KEY:
            fault = "key"
        if not fault and self.secret and options.pop("sig", "") != _md5(f"{path}?", options, self.secret):
            fault = "signature"
        if fault:
            return 200, {"status": refusals[fault][0], "message": refusals[fault][1]}
        sources, targets = (
            [gcj02_to_wgs84(*_pair(one)[::-1]) for one in options[key].split(";")] for key in ("from", "to")
        )
        self.asked.append((len(sources), len(targets)))
        many = min(len(sources), len(targets)) > 1
        if len(sources) * len(targets) > (self.limit if many else 200):
            return 200, {"status": 310, "message": "请求参数信息有误"}
        rows = []
        for a in sources:
            cells = [self.cell(a, b, options["mode"]) for b in targets]
            rows.append({"elements": [_element(cell) for cell in cells]})
        return 200, {"status": 0, "message": "query ok", "result": {"rows": rows}}


def _element(cell: tuple[float, float] | None) -> dict[str, Any]:
    if cell is None:
        return {"distance": -1, "duration": 0, "status": 4}
    return {"distance": round(cell[1]), "duration": round(cell[0])}


def _md5(before: str, options: dict[str, str], secret: str) -> str:
    text = before + "&".join(f"{key}={value}" for key, value in sorted(options.items())) + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _pair(text: str) -> LngLat:
    first, second = text.split(",")
    return float(first), float(second)


def _near(point: LngLat) -> LngLat:
    return round(point[0], 4), round(point[1], 4)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], service: RoadService) -> None:
        super().__init__(address, _Handler)
        self.service = service

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that gave up waiting are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """One request without a body."""
        self._handle(b"")

    def do_POST(self) -> None:
        """One request with a body."""
        self._handle(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _handle(self, body: bytes) -> None:
        service = self.server.service
        service.heard.append(f"{unquote(self.path)} {self.headers} {body.decode()}")
        fault = service.faults.popleft() if service.faults else ""
        if fault == "drop":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(service.slow_s)
        if fault == "away":
            self._send(503, b"busy")
        elif fault == "garbage":
            self._send(200, b"<html>")
        else:
            parts = urlsplit(self.path)
            status, answer = service.answer(unquote(parts.path), parts.query, body, fault)
            self._send(status, json.dumps(answer, ensure_ascii=False).encode())

    def _send(self, status: int, raw: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
        """Silent."""
