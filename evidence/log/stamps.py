"""RFC 3161 time-stamps, checked: that a trusted clock saw these bytes at that time. Values only, no network.

Checked are the answer's status, nonce, policy, imprint, signature, and the certificate chain up to a root that the
caller trusts, valid at the time stamped and for time-stamping only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from rfc3161_client import (
    PKIStatus,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from evidence.errors import EvidenceError

_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """When, by the authority's clock (aware, UTC), and its whole answer in DER, which anybody can check again."""

    at: datetime
    serial: str
    der: bytes


def check_time_stamp(
    der: bytes, data: bytes, roots: Sequence[x509.Certificate], *, policy: str = "", nonce: int | None = None
) -> TimeStamp:
    """Checks an answer over `data`. Raises ``tsa.refused``, ``tsa.wrong_answer``, ``tsa.untrusted``."""
    answer = _decoded(der)
    imprint = answer.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != sha256(data).digest():
        raise wrong_answer("摘要不同")
    if nonce is not None and answer.tst_info.nonce != nonce:
        raise wrong_answer("随机数不同")
    if policy and answer.tst_info.policy.dotted_string != policy:
        raise wrong_answer("策略不同")
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
        raise wrong_answer("无法解析") from error
    if status != PKIStatus.GRANTED:
        raise EvidenceError("tsa.refused", "时间戳服务拒绝了请求", status=int(status))
    try:
        answer.tst_info.gen_time  # noqa: B018 - parsed when first read
    except ValueError as error:
        raise wrong_answer("无法解析") from error
    return answer


def wrong_answer(reason: str) -> EvidenceError:
    """What was answered is not what was asked."""
    return EvidenceError("tsa.wrong_answer", f"时间戳应答与请求不符：{reason}")
