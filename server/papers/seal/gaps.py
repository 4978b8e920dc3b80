"""The bytes a PDF signature does not cover: the ones it is itself written into. Nobody may hide anything there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from asn1crypto import cms
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

_HEX = re.compile(rb"<(?:[0-9a-f]+|[0-9A-F]+)>")


def problems(one: EmbeddedPdfSignature, pdf: bytes) -> Iterator[str]:
    """Sentences without a subject: the caller says whether seal or time-stamp."""
    first, length, second, _ = (int(number) for number in one.byte_range)
    gap = pdf[first + length : second]
    if first != 0 or not _HEX.fullmatch(gap):
        yield "的签名数据被改动"
        return
    raw = bytes.fromhex(gap[1:-1].decode("ascii"))
    token = _token_length(raw)
    if any(raw[token:]):
        yield "的填充字节被改动"
    if not _plain(one.signed_data):
        yield "的签名数据被改动"


def _token_length(raw: bytes) -> int:
    """Length of the DER value at the beginning, header included (X.690 §8.1.3)."""
    if len(raw) < 2 or raw[0] != 0x30:
        return 0
    if raw[1] < 0x80:
        return 2 + raw[1]
    count = raw[1] & 0x7F
    return 2 + count + int.from_bytes(raw[2 : 2 + count])


def _plain(data: cms.SignedData) -> bool:
    """What is in the token but not signed must say nothing of its own: version, digest algorithms (RFC 5652 §5.1)."""
    signers = data["signer_infos"]
    algorithms = {one.dump() for one in data["digest_algorithms"]}
    used = {one["digest_algorithm"].dump() for one in signers}
    parameters = {one["digest_algorithm"]["parameters"].dump() for one in signers}
    # SignerInfo is version 1 when issuer and serial name the certificate, 3 for a key identifier (RFC 5652 §5.3).
    by_serial = [one["sid"].name == "issuer_and_serial_number" for one in signers]
    told = [one["version"].native for one in signers]
    versions = {"v1", "v3"} if data["encap_content_info"]["content_type"].native == "data" else {"v3"}
    return (
        bool(data.native)  # reads every part: a wrong type anywhere raises ValueError
        and len(signers) == 1
        and algorithms == used
        and parameters <= {b"", b"\x05\x00"}
        and told == ["v1" if serial else "v3" for serial in by_serial]
        and data["version"].native in versions
    )


def signed_digest(one: EmbeddedPdfSignature) -> bytes:
    """The digest of the document that was signed: an attribute of a seal, the imprint of a time-stamp."""
    content = one.signed_data["encap_content_info"]
    if content["content_type"].native == "tst_info":
        return bytes(content["content"].parsed["message_imprint"]["hashed_message"].native)
    return bytes(find_unique_cms_attribute(one.signer_info["signed_attrs"], "message_digest").native)
