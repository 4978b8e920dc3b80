"""Whether a seal holds: untouched, altered, of somebody nobody here trusts, or no seal at all (features D9, T24).

Time-stamps are judged as of today, the seal's certificate as of the time they prove, with the revocation list that was
closed in with it: an expired certificate takes nothing away (ETSI EN 319 102-1 §5.6). On top, byte by byte: nothing may
lie outside what is signed, not even in the padding of the signature.
"""

from __future__ import annotations

import hashlib
import io
import logging
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.general import (
    MultivaluedAttributeError,
    NonexistentAttributeError,
    SigningError,
    find_unique_cms_attribute,
)
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError, ValidationInfoReadingError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel, TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError

from server.papers.seal import changes, gaps
from server.papers.seal.errors import not_a_pdf

# A stranger's broken file is an answer here, not news for the log.
logging.getLogger("pyhanko").setLevel(logging.ERROR)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)

# What a parser meets in bytes that somebody changed.
BROKEN = (
    PdfError, SigningError, SignatureValidationError, ValidationInfoReadingError, PathError, ValueError, KeyError,
    TypeError, AttributeError, IndexError, AssertionError, RecursionError, OverflowError, NotImplementedError,
    struct.error, EOFError, StopIteration,
)  # fmt: skip
_TRACES = (b"/ByteRange", b"/ETSI.CAdES.detached", b"/ETSI.RFC3161", b"/DocTimeStamp")
_TOO_EARLY = (AdESIndeterminate.NOT_YET_VALID, AdESFailure.NOT_YET_VALID)


class State(StrEnum):
    """The verdict."""

    VALID = "valid"
    ALTERED = "altered"
    UNTRUSTED = "untrusted"
    UNSEALED = "unsealed"


TITLES = {
    State.VALID: "印章有效，文书盖章后未被改动",
    State.ALTERED: "文书盖章后被改动，印章无效",
    State.UNTRUSTED: "文书未被改动，但印章证书不受信任",
    State.UNSEALED: "该文件没有加盖电子印章",
}


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots (DER) and revocation lists (DER) of today that the verifier goes by."""

    roots: Sequence[bytes]
    revocation_lists: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One certificate of the chain, the seal's first."""

    subject: str
    issuer: str
    serial: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class SealReport:
    """`changes` and `problems` are Chinese sentences; `sealed_at` (aware) is the time-stamp's, else the seal's own."""

    state: State
    sha256: str
    changes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    signer: str = ""
    court_name: str = ""
    court: str = ""
    reason: str = ""
    sealed_at: datetime | None = None
    time_stamped_by: str = ""
    chain: tuple[CertificateLine, ...] = field(default=())
    expired: bool = False  # the seal's certificate, today

    @property
    def title(self) -> str:
        return TITLES[self.state]


def verify(pdf: bytes, *, trust: Trust, now: datetime) -> SealReport:
    """Looks at a PDF. Raises `seal.not_a_pdf` for bytes that never were a sealed PDF and cannot be read."""
    digest = hashlib.sha256(pdf).hexdigest()
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        seals, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
    except BROKEN as error:
        if _was_sealed(pdf):
            return SealReport(State.ALTERED, digest, ("文件结构被破坏，无法读取印章",))
        raise not_a_pdf() from error
    if not seals:
        if stamps or _was_sealed(pdf):
            return SealReport(State.ALTERED, digest, ("印章数据被破坏或删除",))
        return SealReport(State.UNSEALED, digest)
    try:
        return _judge(pdf, digest, reader, [*seals, *stamps], trust, now)
    except BROKEN:
        return SealReport(State.ALTERED, digest, ("印章数据被破坏，无法核对",))


def _was_sealed(pdf: bytes) -> bool:
    return any(trace in pdf for trace in _TRACES)


def _judge(
    pdf: bytes,
    digest: str,
    reader: PdfFileReader,
    signatures: list[EmbeddedPdfSignature],
    trust: Trust,
    now: datetime,
) -> SealReport:
    seal = signatures[0]
    found = list(dict.fromkeys(change for one in signatures for change in _inside(one, pdf)))
    found = found or _afterwards(reader, signatures, len(pdf))
    about = _about(seal, now)
    if found:
        return SealReport(State.ALTERED, digest, tuple(found), **about)
    return _trusted(SealReport(State.VALID, digest, **about), seal, signatures[1:], trust, now)


def _afterwards(reader: PdfFileReader, signatures: list[EmbeddedPdfSignature], length: int) -> list[str]:
    """Changes that were appended: after everything signed, or under a later signature of somebody else."""
    seal, last = signatures[0], max(signatures, key=lambda one: one.signed_revision)
    covered = int(last.byte_range[2]) + int(last.byte_range[3])
    if length > covered:
        return changes.since(reader, last.signed_revision, appended=length - covered)
    if last is seal:
        return []
    allowed = seal.evaluate_modifications(DEFAULT_DIFF_POLICY)
    if isinstance(allowed, DiffResult) and allowed.modification_level <= ModificationLevel.LTA_UPDATES:
        return []
    return changes.since(reader, seal.signed_revision, appended=length - int(seal.byte_range[2] + seal.byte_range[3]))


def _trusted(
    report: SealReport, seal: EmbeddedPdfSignature, others: list[EmbeddedPdfSignature], trust: Trust, now: datetime
) -> SealReport:
    """Signatures and chains: the time-stamps as of today, the seal's certificate as of the time stamped."""
    stamped_at = _stamped_at(seal)
    if stamped_at is None:
        return replace(report, state=State.UNTRUSTED, problems=("印章没有时间戳，无法确定盖章时间",))
    lists = [*trust.revocation_lists, *_enclosed_lists(seal.reader)]
    then, today = _context(trust, lists, stamped_at, hard=True), _context(trust, trust.revocation_lists, now)
    status = validate_pdf_signature(
        seal, then, today, skip_diff=True, key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature"})
    )
    first = status.timestamp_validity
    if not (status.intact and status.valid) or first is None:
        return replace(report, state=State.ALTERED, changes=("印章签名与文书内容不符",))
    stamps = [first, *(validate_pdf_timestamp(one, today, skip_diff=True) for one in others)]
    if not all(stamp.intact and stamp.valid for stamp in stamps):
        return replace(report, state=State.ALTERED, changes=("印章的时间戳与印章不符",))
    problems = [words for words in (_of_seal(status), *(_of_stamp(stamp, now) for stamp in stamps)) if words]
    return replace(
        report,
        state=State.UNTRUSTED if problems else State.VALID,
        problems=tuple(dict.fromkeys(problems)),
        sealed_at=stamped_at,
        time_stamped_by=_common(first.signing_cert),
        chain=_chain(status, report.chain),
    )


def _stamped_at(seal: EmbeddedPdfSignature) -> datetime | None:
    try:
        token = find_unique_cms_attribute(seal.signer_info["unsigned_attrs"], "signature_time_stamp_token")
    except (NonexistentAttributeError, MultivaluedAttributeError):
        return None
    at = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return at if isinstance(at, datetime) else None


def _enclosed_lists(reader: PdfFileReader) -> list[bytes]:
    """Revocation lists that were closed in with the seal."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return []
    return [reference.get_object().data for reference in store.crls]


def _context(trust: Trust, lists: Sequence[bytes], moment: datetime, *, hard: bool = False) -> ValidationContext:
    return ValidationContext(
        trust_roots=[x509.Certificate.load(one) for one in trust.roots],
        crls=[asn1_crl.CertificateList.load(one) for one in lists],
        moment=moment,
        allow_fetching=False,
        revocation_mode="require" if hard else "soft-fail",
        retroactive_revinfo=True,
    )


def _of_seal(status: PdfSignatureStatus) -> str:
    if status.trusted:
        return ""
    if status.revoked:
        return "印章证书在盖章时已被吊销"
    indication = status.trust_problem_indic
    if indication in (AdESIndeterminate.OUT_OF_BOUNDS_NO_POE, AdESIndeterminate.EXPIRED, *_TOO_EARLY):
        return "印章证书在盖章时不在有效期内"
    if indication is AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND:
        return "印章证书不是由受信任的机构签发"
    return "无法确认印章证书在盖章时是否有效"


def _of_stamp(stamp: TimestampSignatureStatus, now: datetime) -> str:
    if stamp.trusted:
        return ""
    return "时间戳证书已过期" if now > stamp.signing_cert.not_valid_after else "时间戳服务的证书不受信任"


def _inside(one: EmbeddedPdfSignature, pdf: bytes) -> list[str]:
    """Changes inside what this signature or time-stamp covers, and in the bytes it is written into."""
    name = "印章" if one.sig_object_type == "/Sig" else "文档时间戳"
    found = []
    one.compute_integrity_info(skip_diff=True)
    if one.compute_digest() != gaps.signed_digest(one):
        found.append(f"{name}所覆盖的内容被改动：字节与签署时的摘要不一致")
    if (one.coverage or SignatureCoverageLevel.UNCLEAR) < SignatureCoverageLevel.ENTIRE_REVISION:
        found.append(f"{name}没有覆盖整个文件")
    return found + [f"{name}{problem}" for problem in gaps.problems(one, pdf)]


def _about(seal: EmbeddedPdfSignature, now: datetime) -> dict[str, Any]:
    certificate = seal.signer_cert
    subject = certificate.subject.native
    return {
        "signer": _common(certificate),
        "court_name": str(subject.get("organization_name") or ""),
        "court": str(subject.get("organizational_unit_name") or ""),
        "reason": str(seal.sig_object.get("/Reason", "")),
        "sealed_at": seal.self_reported_timestamp,
        "chain": (_line(certificate),),
        "expired": now > certificate.not_valid_after,
    }


def _chain(status: Any, otherwise: tuple[CertificateLine, ...]) -> tuple[CertificateLine, ...]:
    path = status.validation_path
    if path is None:
        return otherwise
    root = getattr(path.trust_anchor, "certificate", None)
    certificates = list(path)
    if root is not None and root not in certificates:
        certificates.insert(0, root)
    return tuple(_line(one) for one in reversed(certificates) if isinstance(one, x509.Certificate))


def _line(certificate: x509.Certificate) -> CertificateLine:
    return CertificateLine(
        _common(certificate),
        str(certificate.issuer.native.get("common_name") or ""),
        f"{certificate.serial_number:x}",
        certificate.not_valid_before,
        certificate.not_valid_after,
    )


def _common(certificate: x509.Certificate) -> str:
    return str(certificate.subject.native.get("common_name") or "")
