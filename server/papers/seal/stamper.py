"""Time-stamps (RFC 3161) for seals: by the installation's own authority, or by one outside through a given function."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.sign.timestamps import TimeStamper

from server.papers.seal.keys import Credential

POLICY = "2.25.296531713"  # of no registered authority: an OID of our own making (ITU-T X.667)
_SHA256 = "sha256"
Ask = Callable[[bytes], bytes]
"""A TimeStampReq in DER to a TimeStampResp in DER."""


class LocalTimeStamper(TimeStamper):
    """Stamps with a key of our own, at the time it is given (aware) or now."""

    def __init__(self, credential: Credential, *, at: datetime | None = None) -> None:
        super().__init__()
        self._certificate = x509.Certificate.load(credential.certificate)
        key = load_der_private_key(credential.key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the time-stamp key is not of a curve")
        self._key = key
        self._at = at

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """See `answer`."""
        return self.answer(req)

    def answer(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Grants every request: they come from this process."""
        at = (self._at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        values = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": req["message_imprint"],
            "serial_number": secrets.randbits(63),
            "gen_time": at,
        }
        if req["nonce"].native is not None:
            values["nonce"] = req["nonce"].native
        content = tsp.TSTInfo(values).dump()
        token = cms.ContentInfo({"content_type": "signed_data", "content": self._signed(content)})
        return tsp.TimeStampResp({"status": tsp.PKIStatusInfo({"status": "granted"}), "time_stamp_token": token})

    def _signed(self, content: bytes) -> cms.SignedData:
        """SignedData over the info (RFC 5652 §5, RFC 3161 §2.4.2, RFC 5816)."""
        digest = algos.DigestAlgorithm({"algorithm": _SHA256})
        identity = tsp.SigningCertificateV2(
            {"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(self._certificate.dump()).digest()})]}
        )
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
                cms.CMSAttribute({"type": "signing_certificate_v2", "values": [identity]}),
            ]
        )
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {"issuer": self._certificate.issuer, "serial_number": self._certificate.serial_number}
                        )
                    }
                ),
                "digest_algorithm": digest,
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": self._key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
            }
        )
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [digest],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
                "certificates": [self._certificate],
                "signer_infos": [signer],
            }
        )


class OutsideTimeStamper(TimeStamper):
    """Asks an authority outside. What it answers is checked by whoever gives the function."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._ask(req.dump()))
