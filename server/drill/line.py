"""An HTTP line with the patience of people: what does not answer is tried again, for a minute and a half."""

from __future__ import annotations

import random
import time
from typing import Any
from urllib.parse import quote

import requests

from server.drill.dropping import DroppingAdapter
from server.drill.ledger import Ledger

PATIENCE_S = 90.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 4.0
_TIMEOUT_S = (5.0, 90.0)
_AWAY = (502, 503, 504)
_TOO_MANY = 429
# The connection broke, before or after the server did what was asked: only a repeat can tell.
_BROKEN = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class Refused(Exception):
    """The server answered with a refusal: `status`, `code`, and the whole problem document."""

    def __init__(self, status: int, problem: dict[str, Any], what: str) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem
        super().__init__(f"{what} → {status} {self.code} {problem.get('title', '')}")


class Unreachable(Exception):
    """Nothing answered for as long as patience lasts."""


class Line:
    """One person's connection to one server; not shared between threads."""

    def __init__(
        self, base_url: str, ledger: Ledger, *, patience_s: float = PATIENCE_S, drop: float = 0.0, seed: object = None
    ) -> None:
        """`drop`: share of requests whose connection breaks."""
        self.base_url = base_url.rstrip("/")
        self.http = requests.Session()
        self.http.trust_env = False
        if drop:
            rng = random.Random(f"{seed} line")  # noqa: S311  # a script, no secret
            self.http.mount("http://", DroppingAdapter(drop, rng, lambda: ledger.count("dropped")))
        self._ledger = ledger
        self._patience_s = patience_s
        self._random = random.Random()  # noqa: S311  # spreads retries, guards nothing

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, json={} if body is None else body)

    def call(self, method: str, path: str, **given: Any) -> Any:
        """The JSON answer of a 2xx (None when empty). Raises Refused, or Unreachable after the patience is spent."""
        answer = self.raw(method, path, **given)
        return answer.json() if answer.content else None

    def raw(self, method: str, path: str, **given: Any) -> requests.Response:
        """As `call`, the whole response."""
        wait_s, since = _FIRST_WAIT_S, time.monotonic()
        while True:
            answer, trouble = self.once(method, path, **given)
            if answer is not None and not trouble:
                return checked(answer, f"{method} {path}")
            if time.monotonic() - since > self._patience_s:
                raise Unreachable(f"{method} {path}：{trouble}")
            self._ledger.count("retries")
            time.sleep(wait_s * self._random.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def once(self, method: str, path: str, **given: Any) -> tuple[requests.Response | None, str]:
        """One try; (answer, trouble): trouble names why to try again, empty when the answer counts."""
        try:
            answer = self.http.request(method, self.base_url + path, timeout=_TIMEOUT_S, allow_redirects=False, **given)
        except _BROKEN as error:
            return None, type(error).__name__
        if answer.status_code in _AWAY or answer.status_code == _TOO_MANY:
            return answer, str(answer.status_code)
        return answer, ""


def segment(text: str) -> str:
    """A value as one segment of a path."""
    return quote(text, safe="")


def checked(answer: requests.Response, what: str) -> requests.Response:
    """The answer when it is a 2xx. Raises Refused."""
    if answer.ok:
        return answer
    try:
        problem = answer.json()
    except requests.exceptions.JSONDecodeError:
        problem = {"title": answer.text[:120]}
    raise Refused(answer.status_code, problem, what)
