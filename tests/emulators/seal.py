"""A court's seal platform over a socket, as docs/seals.md describes its interface: it seals with keys of its own.

Faults, taken in turn: away (HTTP 503), drop (no answer), refuse, forged (a wrong signature), other (another paper),
digest (a wrong hash), garbage.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections import deque
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from server.gateways.seal import signature
from server.papers.seal import keys
from server.papers.seal.embedded import EmbeddedSeal, SealKeys


class SealService:
    """The service, in threads of this process."""

    def __init__(self, key: str, *, now: datetime) -> None:
        self.key = key
        self.faults: deque[str] = deque()
        self.asked: list[str] = []
        self.sealed: dict[str, dict[str, str]] = {}
        root = keys.new_root(now=now)
        held = SealKeys(
            root.certificate,
            keys.new_seal(root, court="平台", court_name="某某人民法院", now=now),
            keys.new_time_stamper(root, now=now),
            keys.revocation_list(root, [], now=now),
        )
        self.root = root.certificate
        self._provider = EmbeddedSeal(lambda *_: held)
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, wish: dict[str, Any], idempotency: str, fault: str) -> tuple[int, dict[str, str]]:
        self.asked.append(idempotency)
        if fault == "refuse":
            return 403, {"code": "forbidden", "title": "该法院未开通电子印章"}
        if idempotency not in self.sealed:
            pdf = base64.b64decode(wish["pdf"])
            made = self._provider.seal(
                pdf,
                court=wish["court"],
                court_name=wish["court_name"],
                reason=wish["reason"],
                at=datetime.fromisoformat(wish["at"]),
            )
            self.sealed[idempotency] = {
                "pdf": base64.b64encode(made.pdf).decode(),
                "sha256": made.sha256,
                "serial": made.serial,
                "level": made.level,
            }
        found = dict(self.sealed[idempotency])
        if fault == "other":
            found |= {
                "pdf": base64.b64encode(b"%PDF other").decode(),
                "sha256": hashlib.sha256(b"%PDF other").hexdigest(),
            }
        if fault == "digest":
            found["sha256"] = "0" * 64
        return 200, found


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], service: SealService) -> None:
        super().__init__(address, _Handler)
        self.service = service


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """One request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, nonce = self.server.service, self.headers.get("X-Seal-Nonce", "")
        fault = service.faults.popleft() if service.faults else ""
        if fault == "drop":
            self.close_connection = True
            return
        at = self.headers.get("X-Seal-Time", "")
        expected = signature(service.key, method="POST", path=self.path, at=at, nonce=nonce, body=body)
        if expected != self.headers.get("X-Seal-Signature") or abs(int(at) - time.time()) > 300:
            self._send(401, {"code": "signature", "title": "请求签名不符"}, nonce, fault)
        elif fault == "away":
            self._send(503, {"code": "busy", "title": "繁忙"}, nonce, fault)
        else:
            status, answer = service.answer(json.loads(body), self.headers.get("Idempotency-Key", ""), fault)
            self._send(status, answer, nonce, fault)

    def _send(self, status: int, answer: dict[str, str], nonce: str, fault: str) -> None:
        raw = b"not json" if fault == "garbage" else json.dumps(answer, ensure_ascii=False).encode()
        at = str(int(time.time()))
        key = "another" if fault == "forged" else self.server.service.key
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("X-Seal-Time", at)
        signed = signature(key, method="ANSWER", path=self.path, at=at, nonce=nonce, body=raw)
        self.send_header("X-Seal-Signature", signed)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
        """Silent."""
