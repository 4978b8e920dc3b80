"""The live-update service: server-sent events for open boards, in a process of its own.

One Redis listener per process fans out to one bounded queue per browser; a browser that cannot keep up is told to
reload rather than slowing the others. Heartbeats every 15 s keep proxies and NATs from closing the stream.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections import defaultdict
from collections.abc import Generator
from urllib.parse import SplitResult, urlsplit

import redis
from flask import Flask, Response, jsonify, request

from server.accounts.resources import identify
from server.config import Settings
from server.core import gate
from server.core.errors import DomainError
from server.core.http import problem
from server.core.live import CHANNEL
from server.core.permissions import check_declared, current, needs, public

log = logging.getLogger(__name__)
HEARTBEAT_S = 15.0
QUEUE_LENGTH = 1000


class Hub:
    """Fans out the messages of Redis to the queues of the browsers of each court."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._queues: dict[str, set[queue.Queue[str]]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def join(self, court: str) -> queue.Queue[str]:
        mine: queue.Queue[str] = queue.Queue(maxsize=QUEUE_LENGTH)
        with self._lock:
            self._queues[court].add(mine)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="live-listener", daemon=True)
                self._thread.start()
        return mine

    def leave(self, court: str, mine: queue.Queue[str]) -> None:
        with self._lock:
            self._queues[court].discard(mine)

    def hand_out(self, court: str, message: str) -> None:
        with self._lock:
            waiting = list(self._queues.get(court, ()))
        for one in waiting:
            try:
                one.put_nowait(message)
            except queue.Full:
                self._tell_to_reload(one)

    @staticmethod
    def _tell_to_reload(one: queue.Queue[str]) -> None:
        while not one.empty():
            one.get_nowait()
        one.put_nowait(json.dumps({"name": "live.reload", "data": {}}))

    def _listen(self) -> None:
        """Runs for the life of the process; when Redis goes away it comes back with it and tells all to reload."""
        pause = threading.Event()
        while True:
            try:
                self._listen_once()
            except redis.RedisError as error:
                log.warning("live listener lost Redis: %s", error)
                pause.wait(1.0)

    def _listen_once(self) -> None:
        connection = redis.Redis.from_url(self._redis_url, socket_timeout=None, decode_responses=True)
        listener = connection.pubsub(ignore_subscribe_messages=True)
        listener.psubscribe(CHANNEL + "*")
        self._reload_all()
        for message in listener.listen():
            self.hand_out(message["channel"].removeprefix(CHANNEL), message["data"])

    def _reload_all(self) -> None:
        with self._lock:
            courts = list(self._queues)
        for court in courts:
            self.hand_out(court, json.dumps({"name": "live.reload", "data": {}}))


def stream(hub: Hub, court: str) -> Generator[str, None, None]:
    """One browser's stream in text/event-stream framing (HTML Living Standard §9.2)."""
    mine = hub.join(court)
    try:
        yield 'retry: 3000\nevent: live.hello\ndata: {"name": "live.hello", "data": {}}\n\n'
        while True:
            try:
                message = mine.get(timeout=HEARTBEAT_S)
            except queue.Empty:
                yield ": still here\n\n"
                continue
            name = json.loads(message)["name"]
            yield f"event: {name}\ndata: {message}\n\n"
    finally:
        hub.leave(court, mine)


def create_live_app(settings: Settings) -> Flask:
    """A small Flask app with one endpoint, for its own gunicorn with many threads.

    Comes after `create_app`, whose connections it shares.
    """
    app = Flask("songda-live", static_folder=None)
    app.extensions["settings"] = settings
    hub = Hub(settings.redis_url)
    app.before_request(identify)
    gate.init_app(app)
    app.register_error_handler(DomainError, lambda error: problem(error.as_problem()))

    @app.get("/live")
    @needs("dispatch.view")
    def live() -> Response:
        return Response(
            stream(hub, current().court),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )

    @app.get("/healthz")
    @public("probes have no account")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.after_request
    def allow_board(response: Response) -> Response:
        origin = request.headers.get("Origin", "")
        if may_listen(origin, request.host, settings):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.headers["Vary"] = "Origin"
        return response

    check_declared(app)
    return app


def may_listen(origin: str, host: str, settings: Settings) -> bool:
    """Whether a page may read the stream: the board's own address, or the board under the name it asked us by.

    `origin` and `host` are the request's headers. The same name on the board's port is the same board: whoever can
    serve a page there could serve the board itself.
    """
    board, asked = urlsplit(settings.public_url), urlsplit(origin)
    if (asked.scheme, asked.netloc) == (board.scheme, board.netloc):
        return True
    name, here = asked.hostname, urlsplit(f"//{host}").hostname
    return bool(name) and name == here and asked.scheme == board.scheme and _port(asked) == _port(board)


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:  # not a number, or too large: a header somebody made up
        return -1
