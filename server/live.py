"""The live-update service: server-sent events for open boards and phones, in a process of its own.

One Redis listener per process fans out to one bounded queue per browser; a browser that cannot keep up is told to
reload rather than slowing the others. Heartbeats every 15 s keep proxies and NATs from closing the stream.

A board hears everything of its court, a phone only what is published to its person (`core.live.publish_to`). Phones
may not take the threads the boards need: a person has one stream, there are at most `PHONES_AT_ONCE`, and each ends
after `PHONE_STREAM_S` so that whoever comes back is asked again who they are.
"""

from __future__ import annotations

import json
import logging
import math
import queue
import threading
import time
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
from server.core.live import CHANNEL, PERSON_CHANNEL, personal
from server.core.permissions import check_declared, current, needs, public

log = logging.getLogger(__name__)
HEARTBEAT_S = 15.0
QUEUE_LENGTH = 1000
PHONES_AT_ONCE = 160
PHONE_STREAM_S = 600.0
# Counters that move with every upload: at most one message per this time and server, and always the last one.
PACED = "ledger.changed"
PACE_S = 0.5
_MOST_PACED = 5_000
REPLACED = "live.replaced"  # the same person opened another stream: this one ends
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class Pace:
    """Holds back all but the latest of messages that follow each other closely; never the last one."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], str] = {}
        self._told: dict[tuple[str, str], tuple[float, str]] = {}

    def offer(self, stream: str, message: str, *, now: float) -> str | None:
        """The message when it may go out at once. `now` in seconds, monotonic."""
        data = json.loads(message)["data"]
        key, at = (stream, f"{data.get('server_id')} {data.get('date')}"), str(data.get("at"))
        last, told = self._told.get(key, (-PACE_S, ""))
        waiting = self._held.get(key)
        if at < max(told, str(json.loads(waiting)["data"].get("at")) if waiting else ""):
            return None  # counted before the one that is known already
        if now - last < PACE_S:
            self._held[key] = message
            return None
        self._held.pop(key, None)
        self._told[key] = (now, at)
        if len(self._told) > _MOST_PACED:
            self._told = {one: said for one, said in self._told.items() if now - said[0] < PACE_S}
        return message

    def due(self, *, now: float) -> list[tuple[str, str]]:
        """What was held back long enough: (stream, message)."""
        ready = [key for key in self._held if now - self._told.get(key, (-PACE_S, ""))[0] >= PACE_S]
        found = [(key[0], self._held.pop(key)) for key in ready]
        for key, (_, message) in zip(ready, found, strict=True):
            self._told[key] = (now, str(json.loads(message)["data"].get("at")))
        return found

    @property
    def waiting(self) -> bool:
        return bool(self._held)


class Hub:
    """Fans out the messages of Redis to the queues of the browsers of each court and of the phones of each person."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._queues: dict[str, set[queue.Queue[str]]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._phones: dict[str, queue.Queue[str]] = {}
        self._pace = Pace()

    def join_phone(self, court: str, person_id: str) -> queue.Queue[str]:
        """The stream of one person; the one they had before ends. Raises `live.full`."""
        stream_of = personal(court, person_id)
        with self._lock:
            before = self._phones.pop(stream_of, None)
            if before is None and len(self._phones) >= PHONES_AT_ONCE:
                raise DomainError(code="live.full", status=503, title="实时通道繁忙，请稍后再试", retry_after_s=30)
        if before is not None:
            self.leave(stream_of, before)
            _put(before, json.dumps({"name": REPLACED, "data": {}}))
        mine = self.join(stream_of)
        with self._lock:
            self._phones[stream_of] = mine
        return mine

    def leave_phone(self, court: str, person_id: str, mine: queue.Queue[str]) -> None:
        stream_of = personal(court, person_id)
        with self._lock:
            if self._phones.get(stream_of) is mine:
                del self._phones[stream_of]
        self.leave(stream_of, mine)

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
            if not self._queues[court]:
                del self._queues[court]

    def hand_out(self, court: str, message: str) -> None:
        with self._lock:
            waiting = list(self._queues.get(court, ()))
        for one in waiting:
            _put(one, message)

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
        listener.psubscribe(CHANNEL + "*", PERSON_CHANNEL + "*")
        self._reload_all()
        while True:
            message = listener.get_message(timeout=PACE_S / 2 if self._pace.waiting else HEARTBEAT_S)
            if message is not None:
                self._take(message["channel"].removeprefix(PERSON_CHANNEL).removeprefix(CHANNEL), message["data"])
            for stream_of, held in self._pace.due(now=time.monotonic()):
                self.hand_out(stream_of, held)

    def _take(self, stream_of: str, message: str) -> None:
        if json.loads(message)["name"] != PACED:
            self.hand_out(stream_of, message)
            return
        told = self._pace.offer(stream_of, message, now=time.monotonic())
        if told is not None:
            self.hand_out(stream_of, told)

    def _reload_all(self) -> None:
        with self._lock:
            courts = list(self._queues)
        for court in courts:
            self.hand_out(court, json.dumps({"name": "live.reload", "data": {}}))


def _put(one: queue.Queue[str], message: str) -> None:
    """Into one browser's queue; a full one is emptied and its browser told to read everything again."""
    try:
        one.put_nowait(message)
    except queue.Full:
        while not one.empty():
            one.get_nowait()
        one.put_nowait(json.dumps({"name": "live.reload", "data": {}}))


def stream(hub: Hub, court: str) -> Generator[str, None, None]:
    """One browser's stream in text/event-stream framing (HTML Living Standard §9.2)."""
    mine = hub.join(court)
    try:
        yield from _framed(mine)
    finally:
        hub.leave(court, mine)


def phone_stream(mine: queue.Queue[str], *, lasts_s: float = PHONE_STREAM_S) -> Generator[str, None, None]:
    """One phone's stream in the same framing; it ends by itself and is opened anew."""
    return _framed(mine, ends_at=time.monotonic() + lasts_s)


def _framed(mine: queue.Queue[str], ends_at: float = math.inf) -> Generator[str, None, None]:
    yield 'retry: 3000\nevent: live.hello\ndata: {"name": "live.hello", "data": {}}\n\n'
    while (left := ends_at - time.monotonic()) > 0:
        try:
            message = mine.get(timeout=min(HEARTBEAT_S, left))
        except queue.Empty:
            yield ": still here\n\n"
            continue
        name = json.loads(message)["name"]
        yield f"event: {name}\ndata: {message}\n\n"
        if name == REPLACED:
            return


def create_live_app(settings: Settings) -> Flask:
    """A small Flask app with two streams, for its own gunicorn with many threads.

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
        return Response(stream(hub, current().court), mimetype="text/event-stream", headers=_HEADERS)

    @app.get("/live/phone")
    @needs("phone.work", least="own")
    def live_phone() -> Response:
        """Only this person's news: answers to second looks, reviews and changes of own visits, the own ledger."""
        me = current()
        mine = hub.join_phone(me.court, me.person_id)
        response = Response(phone_stream(mine), mimetype="text/event-stream", headers=_HEADERS)
        response.call_on_close(lambda: hub.leave_phone(me.court, me.person_id, mine))
        return response

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
