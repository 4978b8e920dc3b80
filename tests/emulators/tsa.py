"""A time-stamp authority (RFC 3161) over HTTP: real requests in, real signed answers out, and every fault on demand.

    python -m tests.emulators.tsa --port 9002 --roots roots.pem

writes its root certificate, prints one line `READY http://127.0.0.1:9002` and serves until stopped. In a test:

    with Tsa() as tsa:
        tsa.faults.append("imprint")     # the next answer is about something else
        TimeStampAuthority(tsa.url, [tsa.root])

Faults: imprint, nonce, policy, stranger (signed under a root nobody trusts), forged (a broken signature),
refused, clock (an hour late), garbage, empty, huge, status (HTTP 500), drop.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POLICY = "1.2.156.10197.99.1"
OTHER_POLICY = "1.2.156.10197.99.2"
_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"})


@dataclass(frozen=True)
class Authority:
    """A root and the certificate under it that signs."""

    root: x509.Certificate
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @classmethod
    def new(cls, name: str, *, purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING) -> Authority:
        """Keys are made anew for every emulator: none lies in the repository."""
        root_key, key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
        root_name, leaf_name = _name(f"{name} root"), _name(name)
        root = _certificate(root_name, root_name, root_key, root_key, purpose=None)
        return cls(root, _certificate(leaf_name, root_name, key, root_key, purpose=purpose), key)

    def sign(self, info: tsp.TSTInfo) -> cms.ContentInfo:
        """The token: a CMS SignedData over the info (RFC 5652, RFC 3161 §2.4.2)."""
        der = self.certificate.public_bytes(Encoding.DER)
        content = info.dump()
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [
                            tsp.SigningCertificateV2(
                                {"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(der).digest()})]}
                            )
                        ],
                    }
                ),
            ]
        )
        certificate = asn1_x509.Certificate.load(der)
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                        )
                    }
                ),
                "digest_algorithm": _SHA256,
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
                "signature": self.key.sign(attributes.dump(), padding.PKCS1v15(), hashes.SHA256()),
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [_SHA256],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
                "certificates": [certificate, asn1_x509.Certificate.load(self.root.public_bytes(Encoding.DER))],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})


class _Refusal(core.Sequence):
    """A TimeStampResp without a token, which asn1crypto takes for required (RFC 3161 §2.4.2: OPTIONAL)."""

    _fields = [("status", tsp.PKIStatusInfo)]


class Tsa:
    """The service, in threads of this process."""

    def __init__(self, port: int = 0) -> None:
        self.authority = Authority.new("Drill TSA")
        self.faults: deque[str] = deque()
        self.asked: list[tsp.TimeStampReq] = []
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/tsa"

    @property
    def root(self) -> x509.Certificate:
        """What its clients trust."""
        return self.authority.root

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, body: bytes, fault: str) -> bytes:
        """A TimeStampResp in DER."""
        request = tsp.TimeStampReq.load(body, strict=True)
        self.asked.append(request)
        if fault == "refused":
            status = {"status": "rejection", "fail_info": {"unaccepted_policy"}}
            return bytes(_Refusal({"status": tsp.PKIStatusInfo(status)}).dump())
        authority = self.authority
        if fault == "stranger":
            authority = Authority.new("Drill TSA")
        token = authority.sign(_info(request, fault))
        if fault == "forged":
            signer = token["content"]["signer_infos"][0]
            signer["signature"] = bytes(len(signer["signature"].native))
            token = cms.ContentInfo.load(token.dump(force=True))
        answer = {"status": tsp.PKIStatusInfo({"status": "granted"}), "time_stamp_token": token}
        return bytes(tsp.TimeStampResp(answer).dump())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], tsa: Tsa) -> None:
        super().__init__(address, _Handler)
        self.tsa = tsa


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """One request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        tsa = self.server.tsa
        fault = tsa.faults.popleft() if tsa.faults else ""
        if fault == "drop":
            self.close_connection = True
            return
        if self.headers.get("Content-Type") != "application/timestamp-query" or fault == "status":
            self._send(500 if fault else 415, "text/plain", b"no")
            return
        bodies = {"garbage": os.urandom(200), "empty": b"", "huge": bytes(1024 * 1024)}
        answer = bodies[fault] if fault in bodies else tsa.answer(body, fault)
        self._send(200, "application/timestamp-reply", answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
        """Silent."""

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _info(request: tsp.TimeStampReq, fault: str) -> tsp.TSTInfo:
    """What is signed."""
    imprint = request["message_imprint"]
    if fault == "imprint":
        imprint = tsp.MessageImprint({"hash_algorithm": _SHA256, "hashed_message": bytes(32)})
    now = datetime.now(UTC).replace(microsecond=0) + (timedelta(hours=1) if fault == "clock" else timedelta())
    values: dict[str, Any] = {
        "version": "v1",
        "policy": OTHER_POLICY if fault == "policy" else POLICY,
        "message_imprint": imprint,
        "serial_number": int.from_bytes(os.urandom(8), "big") >> 1,
        "gen_time": now,
        "accuracy": {"seconds": 1},
    }
    nonce = request["nonce"].native
    if nonce is not None:
        values["nonce"] = nonce + 1 if fault == "nonce" else nonce
    return tsp.TSTInfo(values)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer_key: rsa.RSAPrivateKey,
    *,
    purpose: x509.ObjectIdentifier | None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=purpose is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def main(arguments: list[str]) -> int:
    """Serves until stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulators.tsa", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--roots", type=Path, required=True)
    options = parser.parse_args(arguments)
    with Tsa(options.port) as tsa:
        options.roots.write_bytes(tsa.root.public_bytes(Encoding.PEM))
        sys.stdout.write(f"READY {tsa.url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
