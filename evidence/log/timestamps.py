"""Time-stamps (RFC 3161) over HTTP: a third party's word that these bytes existed at that time.

Checked before anything is kept: the answer's status, nonce, policy, imprint, signature, and the certificate chain up
to a root that the caller trusts, valid at the time stamped and for time-stamping only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import requests
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from evidence.errors import EvidenceError

_SHA256 = "2.16.840.1.101.3.4.2.1"
_MAX_ANSWER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """When, by the authority's clock (aware, UTC), and its whole answer in DER, which anybody can check again."""

    at: datetime
    serial: str
    der: bytes


class TimeStampAuthority:
    """One time-stamp service: the roots it must chain to, and the policy (dotted OID) it must follow, if any."""

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
            raise EvidenceError("tsa.wrong_answer", "时间戳应答与请求不符：时间相差过大")
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


def check_time_stamp(
    der: bytes, data: bytes, roots: Sequence[x509.Certificate], *, policy: str = "", nonce: int | None = None
) -> TimeStamp:
    """Checks an answer over `data`. Raises ``tsa.refused``, ``tsa.wrong_answer``, ``tsa.untrusted``."""
    answer = _decoded(der)
    imprint = answer.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != sha256(data).digest():
        raise _wrong_answer("摘要不同")
    if nonce is not None and answer.tst_info.nonce != nonce:
        raise _wrong_answer("随机数不同")
    if policy and answer.tst_info.policy.dotted_string != policy:
        raise _wrong_answer("策略不同")
    builder = VerifierBuilder()
    for root in dict.fromkeys(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify(answer, sha256(data).digest())
    except (VerificationError, ValueError) as error:
        raise EvidenceError("tsa.untrusted", "时间戳签名或证书不可信", reason=str(error)) from error
    return TimeStamp(answer.tst_info.gen_time, f"{answer.tst_info.serial_number:x}", der)


def _decoded(der: bytes) -> TimeStampResponse:
    try:
        answer = decode_timestamp_response(der)
        status = PKIStatus(answer.status)
    except ValueError as error:
        raise _wrong_answer("无法解析") from error
    if status != PKIStatus.GRANTED:
        raise EvidenceError("tsa.refused", "时间戳服务拒绝了请求", status=int(status))
    try:
        answer.tst_info.gen_time  # noqa: B018 - parsed when first read
    except ValueError as error:
        raise _wrong_answer("无法解析") from error
    return answer


def _bounded(answer: requests.Response) -> bytes:
    """The body, as long as it is not longer than any time-stamp."""
    found = b""
    for chunk in answer.iter_content(16 * 1024):
        found += chunk
        if len(found) > _MAX_ANSWER_BYTES:
            raise _wrong_answer("过长")
    return found


def _unavailable(reason: str) -> EvidenceError:
    return EvidenceError("tsa.unavailable", "时间戳服务暂不可用", reason=reason)


def _wrong_answer(reason: str) -> EvidenceError:
    return EvidenceError("tsa.wrong_answer", f"时间戳应答与请求不符：{reason}")
