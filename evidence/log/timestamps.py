"""Asking a time-stamp service (RFC 3161) over HTTP: a third party's word that these bytes existed at that time.

What it answers is checked (:mod:`evidence.log.stamps`) before anything is kept. Apart from the rest of this package
because it alone needs the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import requests
from cryptography import x509
from rfc3161_client import HashAlgorithm, TimeStampRequest, TimestampRequestBuilder

from evidence.errors import EvidenceError
from evidence.log.stamps import TimeStamp, check_time_stamp, wrong_answer

_MAX_ANSWER_BYTES = 256 * 1024


class TimeStampAuthority:
    """One time-stamp service: the roots it must chain to, and the policy (dotted OID) it must follow, if any."""

    by = "authority"  # a third party's word

    def __init__(
        self,
        url: str,
        roots: Sequence[x509.Certificate],
        *,
        policy: str = "",
        timeout: tuple[float, float] = (5.0, 10.0),
        clock_tolerance: timedelta = timedelta(minutes=5),
    ) -> None:
        """`timeout`: seconds to connect, seconds to wait for the answer."""
        self.url = url
        self._roots = list(roots)
        self._policy = policy
        self._timeout = timeout
        self._tolerance = clock_tolerance

    def stamp(self, data: bytes, *, now: datetime) -> TimeStamp:
        """Has the SHA-256 of `data` stamped; the data itself stays here.

        Raises ``tsa.unavailable`` (no answer: try later), ``tsa.refused`` (it said no), ``tsa.wrong_answer`` (nonce,
        policy, imprint or time is not what was asked), ``tsa.untrusted`` (signature or chain).
        """
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        answer = self._ask(request)
        found = check_time_stamp(answer, data, self._roots, policy=self._policy, nonce=request.nonce)
        if abs(found.at - now) > self._tolerance:
            raise wrong_answer("时间相差过大")
        return found

    def check(self, der: bytes, data: bytes) -> TimeStamp:
        """Checks a kept answer again, without the service."""
        return check_time_stamp(der, data, self._roots, policy=self._policy)

    def _ask(self, request: TimeStampRequest) -> bytes:
        try:
            with requests.post(
                self.url,
                data=request.as_bytes(),
                headers={"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != requests.codes.ok:
                    raise _unavailable(f"HTTP {answer.status_code}")
                return _bounded(answer)
        except requests.RequestException as error:
            raise _unavailable(type(error).__name__) from error


def _bounded(answer: requests.Response) -> bytes:
    """The body, as long as it is not longer than any time-stamp."""
    found = b""
    for chunk in answer.iter_content(16 * 1024):
        found += chunk
        if len(found) > _MAX_ANSWER_BYTES:
            raise wrong_answer("过长")
    return found


def _unavailable(reason: str) -> EvidenceError:
    return EvidenceError("tsa.unavailable", "时间戳服务暂不可用", reason=reason)
