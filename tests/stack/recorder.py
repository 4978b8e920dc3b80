"""A forwarding HTTP proxy on loopback that keeps every answer: what really left the house during a test."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade"}
_TEXT = ("json", "text", "xml", "javascript")


class Recorder:
    """Forwards to `target`; `answers` holds (path, headers and body) of everything that is text."""

    def __init__(self, target: str) -> None:
        self.answers: list[tuple[str, str]] = []
        place = urlsplit(target)
        kept = self.answers

        class Forward(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
                try:
                    line.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
                    answer = line.getresponse()
                    body = answer.read()
                except (OSError, http.client.HTTPException):
                    self.close_connection = True
                    return
                finally:
                    line.close()
                if any(word in (answer.headers.get("Content-Type") or "") for word in _TEXT):
                    kept.append((self.path, f"{answer.headers}\n{body.decode('utf-8', 'replace')}"))
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in _HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by the base class
                """Nothing."""

        for verb in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            setattr(Forward, f"do_{verb}", Forward.forward)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()
