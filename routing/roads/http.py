"""HTTP for road engines: time limits, a pace, bounded answers, tries again with growing pauses, no redirects."""

import json
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import requests

from .errors import RoadError, wrong_answer

CONNECT_S, READ_S = 3.0, 15.0
TRIES = 3
PAUSE_S = 0.25
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_OVERLOADED = (429, 500, 502, 503, 504)

# Looks at a decoded answer and raises RoadError when it is a refusal.
Judge = Callable[[int, Any], None]


def out_of_time() -> RoadError:
    """The bound of the whole fetch is reached."""
    return RoadError("roads.out_of_time", "路网服务未在限定时间内答复", final=True)


class Http:
    """One fetch's connection to an engine: shared by its threads, over at `deadline` (of time.monotonic)."""

    def __init__(self, *, deadline: float, per_second: float = 0.0) -> None:
        self.requests = 0
        self._deadline = deadline
        self._gap_s = 1.0 / per_second if per_second else 0.0
        self._next_at = 0.0
        self._lock = threading.Lock()
        self._session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def get(self, url: str, params: dict[str, str], judge: Judge) -> Any:
        """The JSON answer to a GET. Raises RoadError."""
        return self._ask(judge, lambda limit: self._session.get(url, params=params, **limit))

    def post(self, url: str, body: dict[str, Any], judge: Judge) -> Any:
        """The JSON answer to a POST of JSON. Raises RoadError."""
        return self._ask(judge, lambda limit: self._session.post(url, json=body, **limit))

    def _ask(self, judge: Judge, send: Callable[[dict[str, Any]], requests.Response]) -> Any:
        refusal = out_of_time()
        for turn in range(TRIES):
            if turn:
                self._sleep(PAUSE_S * 2**turn)
            try:
                return self._once(judge, send)
            except RoadError as error:
                if not error.again:
                    raise
                refusal = error
        raise refusal

    def _once(self, judge: Judge, send: Callable[[dict[str, Any]], requests.Response]) -> Any:
        self._wait_for_turn()
        left = self._left()
        limit = {"timeout": (min(CONNECT_S, left), min(READ_S, left)), "allow_redirects": False, "stream": True}
        try:
            with send(limit) as answer:
                status, raw = answer.status_code, self._bounded(answer)
        except requests.RequestException as error:
            # The words of the exception hold the address with its key: only its kind may be told.
            raise RoadError("roads.unavailable", f"路网服务没有答复（{type(error).__name__}）", again=True) from None
        if status in _OVERLOADED:
            raise RoadError("roads.unavailable", f"路网服务繁忙（HTTP {status}）", again=True)
        try:
            decoded = json.loads(raw)
        except ValueError:
            raise wrong_answer(f"HTTP {status}，不是 JSON") from None
        judge(status, decoded)
        if status != requests.codes.ok:
            raise wrong_answer(f"HTTP {status}")
        return decoded

    def _bounded(self, answer: requests.Response) -> bytes:
        parts, length = [], 0
        for chunk in answer.iter_content(256 * 1024):
            self._left()
            parts.append(chunk)
            length += len(chunk)
            if length > MAX_ANSWER_BYTES:
                raise wrong_answer("过长")
        return b"".join(parts)

    def _wait_for_turn(self) -> None:
        with self._lock:
            self.requests += 1
            start_at = max(time.monotonic(), self._next_at)
            self._next_at = start_at + self._gap_s
        self._sleep(start_at - time.monotonic())

    def _sleep(self, seconds: float) -> None:
        if seconds > self._left():
            raise out_of_time()
        time.sleep(max(0.0, seconds))

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0.0:
            raise out_of_time()
        return left
