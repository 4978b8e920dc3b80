"""Services outside that take part in sealing: a court's own seal platform, a time-stamp authority (RFC 3161).

No seal platform of the courts publishes its interface, so this is ours: what a platform, or the small bridge a court
puts before one, has to speak (docs/seals.md). Requests and answers carry an HMAC-SHA256 over method, path, time, nonce
and the SHA-256 of the body. Sealing is asked for under a key that names the paper, so asking again seals nothing twice.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import secrets
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from server.config import Settings
from server.core.errors import DomainError
from server.papers.seal.errors import already_sealed
from server.papers.seal.provider import Place, SealedPdf

log = logging.getLogger(__name__)
TIMEOUT_S = (5.0, 30.0)
TRIES = 3
PAUSE_S = 0.3
CLOCK_S = 300
MAX_ANSWER_BYTES = 160 * 1024 * 1024
MAX_STAMP_BYTES = 256 * 1024


def unavailable() -> DomainError:
    return DomainError(code="seal.remote_unavailable", status=503, title="电子印章服务暂不可用，请稍后重试")


def refused(words: str) -> DomainError:
    return DomainError(code="seal.remote_refused", status=409, title=f"电子印章服务拒绝盖章：{words}")


def wrong_answer(words: str) -> DomainError:
    return DomainError(code="seal.remote_wrong_answer", status=502, title=f"电子印章服务的应答不可采用：{words}")


def signature(key: str, *, method: str, path: str, at: str, nonce: str, body: bytes) -> str:
    """Hex HMAC over the lines method, path, time (seconds since 1970), nonce, SHA-256 of the body."""
    text = "\n".join((method, path, at, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


class RemoteSeal:
    """A `SealProvider` over HTTP. Thread-safe."""

    def __init__(self, url: str, key: str, *, timeout: tuple[float, float] = TIMEOUT_S) -> None:
        """`url` is the service's root; `key` the secret both sides share."""
        self._url = url.rstrip("/") + "/seals"
        self._key = key
        self._timeout = timeout

    def seal(
        self, pdf: bytes, *, court: str, court_name: str, reason: str, at: datetime, place: Place | None = None
    ) -> SealedPdf:
        """See `SealProvider`. Raises `seal.remote_unavailable`, `seal.remote_refused`, `seal.remote_wrong_answer`."""
        digest = hashlib.sha256(pdf).hexdigest()
        wish: dict[str, Any] = {
            "court": court,
            "court_name": court_name,
            "reason": reason,
            "at": at.isoformat(),
            "sha256": digest,
            "pdf": base64.b64encode(pdf).decode("ascii"),
        }
        if place:
            wish["place"] = {"page": place.page, "x_mm": place.x_mm, "y_mm": place.y_mm}
        answer = self._ask(
            json.dumps(wish, ensure_ascii=False).encode(),
            idempotency=hashlib.sha256(f"{court}:{digest}".encode()).hexdigest(),
        )
        return _sealed(answer, pdf)

    def _ask(self, body: bytes, *, idempotency: str) -> dict[str, Any]:
        """Asks again only where nothing is sealed twice: the same key, and the service was away or overloaded."""
        for turn in range(TRIES):
            if turn:
                time.sleep(PAUSE_S * 2**turn)
            try:
                status, raw, headers = self._send(body, idempotency)
            except requests.RequestException as error:
                log.warning("the seal service did not answer: %s", type(error).__name__)
                continue
            if status in (429, 502, 503, 504):
                log.warning("the seal service answered %d", status)
                continue
            return self._checked(status, raw, headers)
        raise unavailable()

    def _send(self, body: bytes, idempotency: str) -> tuple[int, bytes, dict[str, str]]:
        at, nonce, path = str(int(time.time())), secrets.token_hex(16), urlsplit(self._url).path
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency,
            "X-Seal-Time": at,
            "X-Seal-Nonce": nonce,
            "X-Seal-Signature": signature(self._key, method="POST", path=path, at=at, nonce=nonce, body=body),
        }
        with requests.post(
            self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
        ) as answer:
            raw = _bounded(answer, MAX_ANSWER_BYTES)
            # The answer is signed over the nonce that was asked with: an old answer is no answer.
            return answer.status_code, raw, {**answer.headers, "nonce": nonce, "path": path}

    def _checked(self, status: int, raw: bytes, headers: dict[str, str]) -> dict[str, Any]:
        at = headers.get("X-Seal-Time", "")
        expected = signature(self._key, method="ANSWER", path=headers["path"], at=at, nonce=headers["nonce"], body=raw)
        if not hmac.compare_digest(expected, headers.get("X-Seal-Signature", "")):
            raise wrong_answer("应答签名不符")
        if not at.isdigit() or abs(int(at) - time.time()) > CLOCK_S:
            raise wrong_answer("应答时间相差过大")
        try:
            answer = json.loads(raw)
        except ValueError as error:
            raise wrong_answer("无法解析") from error
        if not isinstance(answer, dict):
            raise wrong_answer("无法解析")
        if status == requests.codes.ok:
            return answer
        if answer.get("code") == "already_sealed":
            raise already_sealed()
        raise refused(str(answer.get("title", "未说明原因"))[:200])


def _sealed(answer: dict[str, Any], original: bytes) -> SealedPdf:
    """What came back, when it is the paper that was sent with something appended, and nothing else."""
    try:
        pdf = base64.b64decode(str(answer["pdf"]), validate=True)
        digest, serial, level = str(answer["sha256"]), str(answer["serial"]), str(answer["level"])
    except (KeyError, binascii.Error, ValueError) as error:
        raise wrong_answer("缺少内容") from error
    if hashlib.sha256(pdf).hexdigest() != digest:
        raise wrong_answer("摘要不符")
    if not pdf.startswith(original) or len(pdf) == len(original):
        raise wrong_answer("返回的不是送去盖章的文书")
    return SealedPdf(pdf, digest, serial[:80], level[:40])


def _bounded(answer: requests.Response, most: int) -> bytes:
    parts, length = [], 0
    for chunk in answer.iter_content(64 * 1024):
        parts.append(chunk)
        length += len(chunk)
        if length > most:
            raise wrong_answer("过长")
    return b"".join(parts)


def remote_from_settings(settings: Settings) -> RemoteSeal | None:
    """The court's own seal service, when one is named."""
    return RemoteSeal(settings.seal_url, settings.seal_key) if settings.seal_url else None


def ask_time_stamp(url: str, request: bytes) -> bytes:
    """A TimeStampReq to a TimeStampResp, both DER (RFC 3161 §3.4). Raises OSError when no usable answer comes."""
    with requests.post(
        url,
        data=request,
        headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
        timeout=(5.0, 10.0),
        allow_redirects=False,
        stream=True,
    ) as answer:
        if answer.status_code != requests.codes.ok:
            raise OSError(f"the time-stamp authority answered HTTP {answer.status_code}")
        return _bounded(answer, MAX_STAMP_BYTES)
