"""Certificates of the embedded seal: a root of the installation, a seal per court, a time-stamp authority, a CRL.

They are made here, not issued by an authority anybody outside knows, so their names say 演示: a court that seals for
real brings its own certificate or names a remote seal service (docs/seals.md). ECDSA P-256 with SHA-256 throughout:
every PDF reader of the last ten years verifies it, and sealing a batch costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_YEARS, SEAL_YEARS, TSA_YEARS = 20, 3, 10
CRL_DAYS = 7
_EARLIER = timedelta(minutes=5)  # clocks of two machines differ
_MARK = "（演示）"


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key (PKCS #8), both DER."""

    certificate: bytes
    key: bytes

    @property
    def serial(self) -> str:
        """The serial number in lower-case hex."""
        return f"{self.parsed.serial_number:x}"

    @property
    def parsed(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.certificate)

    @property
    def ends_at(self) -> datetime:
        return self.parsed.not_valid_after_utc


def new_root(*, now: datetime, years: int = ROOT_YEARS) -> Credential:
    """The root of an installation. Whoever trusts it trusts every seal this installation makes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"送达系统电子印章根证书{_MARK}", "送达系统")
    builder = (
        _builder(name, name, key, now, _years_after(now, years))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(issues=True), critical=True)
    )
    return _signed(builder, key, key)


def new_seal(root: Credential, *, court: str, court_name: str, now: datetime, years: int = SEAL_YEARS) -> Credential:
    """The seal of one court: signs documents and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"{court_name}电子印章{_MARK}", court_name, court)
    builder = _leaf(root, name, key, now, years).add_extension(_usage(issues=False), critical=True)
    return _signed(builder, key, _private(root))


def new_time_stamper(root: Credential, *, now: datetime, years: int = TSA_YEARS) -> Credential:
    """The local time-stamp authority (RFC 3161 §2.3: this purpose only, marked critical)."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _leaf(root, _name(f"送达系统时间戳{_MARK}", "送达系统"), key, now, years)
        .add_extension(_usage(issues=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    )
    return _signed(builder, key, _private(root))


def revocation_list(root: Credential, revoked: Sequence[tuple[int, datetime]], *, now: datetime) -> bytes:
    """The root's CRL in DER (RFC 5280 §5), good for a week. `revoked` are serial numbers and times."""
    issuer = root.parsed
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now - _EARLIER)
        .next_update(now + timedelta(days=CRL_DAYS))
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(_authority(issuer), critical=False)
    )
    for serial, at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(_private(root), hashes.SHA256()).public_bytes(Encoding.DER)


def _name(common: str, organisation: str, unit: str = "") -> x509.Name:
    """At most 64 characters each (RFC 5280, appendix A.1)."""
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common[-64:]),
    ]
    if unit:
        parts.insert(2, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit[:64]))
    return x509.Name(parts)


def _leaf(
    root: Credential, name: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, years: int
) -> x509.CertificateBuilder:
    issuer = root.parsed
    # Nothing may be valid longer than what vouches for it.
    until = min(_years_after(now, years), issuer.not_valid_after_utc)
    return (
        _builder(name, issuer.subject, key, now, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_authority(issuer), critical=False)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    known = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def _usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=not issues,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _years_after(now: datetime, years: int) -> datetime:
    return now + timedelta(days=365 * years)


def _private(credential: Credential) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(credential.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the root's key is not of a curve")
    return key


def _signed(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> Credential:
    return Credential(
        builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.DER),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )
