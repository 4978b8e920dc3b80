"""A real slapd on loopback, in a scratch folder with a configuration of its own; the system's is never touched."""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.config import LdapSettings
from tools.stack.ports import free_port

SLAPD = Path("/usr/sbin/slapd")
SUFFIX = "dc=court,dc=example"
SERVICE_DN = f"cn=service,{SUFFIX}"
SERVICE_PASSWORD = "service account of the tests"
PEOPLE = {"manager": "manager at the directory", "judge": "judge at the directory", "twin": "either of two"}
_START_S = 15.0

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
allow bind_anon_cred
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
maxsize 10485760
suffix "{suffix}"
rootdn "{service}"
rootpw "{password}"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""


@dataclass(frozen=True)
class Slapd:
    """A running directory."""

    url: str
    plain_url: str
    ca_file: Path
    process: subprocess.Popen[bytes]

    def settings(self, **changes: str) -> LdapSettings:
        """Settings of the product for this directory."""
        given = {
            "url": self.url,
            "bind_dn": SERVICE_DN,
            "bind_password": SERVICE_PASSWORD,
            "base": f"ou=people,{SUFFIX}",
            "ca_file": str(self.ca_file),
        }
        return LdapSettings(**{**given, **changes})

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)


def start(folder: Path) -> Slapd:
    """Fills a directory with the people above and serves it over LDAPS and LDAP with STARTTLS."""
    folder.mkdir(parents=True)
    (folder / "data").mkdir()
    _certificates(folder)
    config = folder / "slapd.conf"
    config.write_text(
        _CONFIG.format(folder=folder, suffix=SUFFIX, service=SERVICE_DN, password=SERVICE_PASSWORD), encoding="utf-8"
    )
    (folder / "people.ldif").write_text(_ldif(), encoding="utf-8")
    subprocess.run([SLAPD, "-T", "add", "-f", config, "-l", folder / "people.ldif"], check=True, capture_output=True)
    tls, plain = free_port(), free_port()
    urls = [f"ldaps://127.0.0.1:{tls}", f"ldap://127.0.0.1:{plain}"]
    with (folder / "slapd.log").open("wb") as log:
        process = subprocess.Popen(
            [SLAPD, "-f", config, "-h", " ".join(urls), "-d", "0"], stdout=log, stderr=subprocess.STDOUT
        )
    deadline = time.monotonic() + _START_S
    while not (_listens(tls) and _listens(plain)):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError((folder / "slapd.log").read_text(encoding="utf-8", errors="replace"))
        time.sleep(0.02)
    return Slapd(urls[0], urls[1], folder / "ca.pem", process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ldif() -> str:
    entries = [
        f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: court\ndc: court\n",
        f"dn: ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: people\n",
        f"dn: ou=other,ou=people,{SUFFIX}\nobjectClass: organizationalUnit\nou: other\n",
    ]
    places = [(name, f"ou=people,{SUFFIX}") for name in PEOPLE] + [("twin", f"ou=other,ou=people,{SUFFIX}")]
    for name, place in places:
        entries.append(
            f"dn: uid={name},{place}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
            f"employeeNumber: {name.upper()}\nuserPassword: {PEOPLE[name]}\n"
        )
    return "\n".join(entries)


def _certificates(folder: Path) -> None:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test directory authority")])
    ca = _builder(ca_name, ca_name, ca_key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca_certificate = (
        ca.add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .add_extension(_usage(signs=True), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        _builder(name, ca_name, key)
        .add_extension(alternative, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(ca_certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _builder(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
