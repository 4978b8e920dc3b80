"""WeChat's mini-program API over HTTP, as a process of its own.

    python -m tests.emulators.wechat --port 9001 --appid wx-drill --secret drill-secret

prints one line `READY http://127.0.0.1:9001` and serves until stopped. Beside WeChat's own paths:

    GET  /emulator/health                                   {"status": "ok"}
    POST /emulator/login     {"user": "alice"}              {"code", "openid"}: wx.login() on alice's phone
    POST /emulator/consent   {"user", "template_id", "times"?}   she agrees to messages
    GET  /emulator/messages                                 {"messages": [...]} sent so far
    GET  /emulator/calls                                    {"calls": [{"path", "keys"}]} received so far
    POST /emulator/faults    {"path", "kind", "times"?, ...}     the next calls of a path go wrong:
                             kind "errcode" (errcode), "status" (status), "slow" (seconds), "garbage", "drop",
                             "lost" (done, but the answer never arrives)
    POST /emulator/reset     {}                             faults and recorded calls are forgotten
    POST /emulator/advance   {"seconds": 301}               time passes
    POST /emulator/revoke    {}                             all tokens become invalid
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.emulators.wechat_rules import Answer, WeChat, WeChatError

MAX_BODY_BYTES = 1024 * 1024


class Faults:
    """What goes wrong next, per path; and what was called."""

    def __init__(self) -> None:
        self._planned: dict[str, deque[Answer]] = defaultdict(deque)
        self._lock = Lock()
        self.calls: deque[Answer] = deque(maxlen=100_000)

    def plan(self, fault: Answer) -> Answer:
        """The next `times` calls of `path` go wrong."""
        with self._lock:
            self._planned[fault["path"]].extend([fault] * int(fault.get("times", 1)))
            return {"planned": len(self._planned[fault["path"]])}

    def take(self, path: str) -> Answer:
        """The fault due on this call, or none."""
        with self._lock:
            planned = self._planned[path]
            return planned.popleft() if planned else {}

    def reset(self) -> Answer:
        """Forgets planned faults and recorded calls."""
        with self._lock:
            self._planned.clear()
            self.calls.clear()
            return {}


class Server(ThreadingHTTPServer):
    """The HTTP server with the account it serves."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], wechat: WeChat) -> None:
        super().__init__(address, Handler)
        self.wechat = wechat
        self.faults = Faults()
        self.controls: dict[tuple[str, str], Callable[[Answer], Answer]] = {
            ("GET", "/emulator/health"): lambda _: {"status": "ok"},
            ("GET", "/emulator/messages"): lambda _: {"messages": list(wechat.messages)},
            ("GET", "/emulator/calls"): lambda _: {"calls": list(self.faults.calls)},
            ("POST", "/emulator/login"): lambda body: wechat.login(str(body["user"])),
            ("POST", "/emulator/consent"): lambda body: wechat.consent(
                str(body["user"]), str(body["template_id"]), int(body.get("times", 1))
            ),
            ("POST", "/emulator/faults"): self.faults.plan,
            ("POST", "/emulator/reset"): lambda _: self.faults.reset(),
            ("POST", "/emulator/advance"): lambda body: wechat.advance(float(body["seconds"])),
            ("POST", "/emulator/revoke"): lambda _: wechat.revoke_tokens(),
        }
        self.calls: dict[tuple[str, str], Callable[[dict[str, str], Answer], Answer]] = {
            ("GET", "/sns/jscode2session"): lambda query, _: wechat.code_to_session(query),
            ("GET", "/cgi-bin/token"): lambda query, _: wechat.plain_token(query),
            ("POST", "/cgi-bin/stable_token"): lambda _, body: wechat.stable_token(body),
            ("POST", "/cgi-bin/message/subscribe/send"): wechat.send_subscribe_message,
        }


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "WeChatEmulator"
    timeout = 60
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Any GET."""
        self._serve("GET")

    def do_POST(self) -> None:
        """Any POST."""
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
        """Silent: query strings hold the secret."""

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            body = self._body()
            control = self.server.controls.get((method, parts.path))
            if control is not None:
                self._send(200, json.dumps(control(body), ensure_ascii=False).encode(), "application/json")
                return
        except (ValueError, KeyError, TypeError) as error:
            self._answer(400, {"error": f"{type(error).__name__}: {error}"})
            return
        call = self.server.calls.get((method, parts.path))
        if call is None:
            self._answer(404, {"error": "no such path"})
            return
        self.server.faults.calls.append({"path": parts.path, "keys": sorted(query) + sorted(body)})
        self._call(parts.path, lambda: call(query, body))

    def _call(self, path: str, call: Callable[[], Answer]) -> None:
        fault = self.server.faults.take(path)
        kind = fault.get("kind")
        if kind == "status":
            self._answer(int(fault["status"]), {"error": "planned"})
            return
        if kind == "garbage":
            self._send(200, b"<html><body>502 Bad Gateway</body></html>", "text/html")
            return
        if kind == "drop":
            self.close_connection = True
            return
        if kind == "slow":
            time.sleep(float(fault["seconds"]))
        answer = _answer_of(call) if kind != "errcode" else _error(int(fault["errcode"]), "planned")
        if kind == "lost":
            self.close_connection = True
            return
        self._answer(200, answer)

    def _body(self) -> Answer:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= MAX_BODY_BYTES:
            raise ValueError("body too long")
        if length == 0:
            return {}
        body = json.loads(self.rfile.read(length))
        if not isinstance(body, dict):
            raise ValueError("not an object")
        return body

    def _answer(self, status: int, answer: Answer) -> None:
        # WeChat labels its JSON text/plain without a charset: a client that trusts the label reads Latin-1.
        self._send(status, json.dumps(answer, ensure_ascii=False).encode(), "text/plain")

    def _send(self, status: int, payload: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def _answer_of(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except WeChatError as refused:
        return _error(refused.errcode, refused.errmsg)


def _error(errcode: int, errmsg: str) -> Answer:
    return {"errcode": errcode, "errmsg": f"{errmsg}, rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}


def main() -> None:
    """Serves until stopped."""
    parser = argparse.ArgumentParser(description="WeChat mini-program API on loopback")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--appid", required=True)
    parser.add_argument("--secret", required=True)
    options = parser.parse_args()
    server = Server((options.host, options.port), WeChat(options.appid, options.secret))
    sys.stdout.write(f"READY http://{options.host}:{server.server_address[1]}\n")
    sys.stdout.flush()
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
