"""What a verifier trusts: public keys of courts' logs (C2SP, one to a line) and root certificates (PEM)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509

from evidence.errors import EvidenceError
from evidence.log import Verifier

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trust:
    """Empty lists trust nothing in particular: then the bundle's own are used, and the report says so."""

    keys: Sequence[str] = ()
    roots: Sequence[x509.Certificate] = ()

    @classmethod
    def read(cls, data: bytes) -> Trust:
        """A file of keys and certificates, in any order; `#` begins a comment. Raises ``trust.unreadable``."""
        if len(data) > _MAX_BYTES:
            raise unreadable()
        try:
            roots = [x509.load_pem_x509_certificate(one) for one in _PEM.findall(data)]
            lines = [one.strip() for one in _PEM.sub(b"", data).decode("utf-8-sig").splitlines()]
            keys = [str(Verifier.from_text(one)) for one in lines if one and not one.startswith("#")]
        except (ValueError, EvidenceError) as error:
            raise unreadable() from error
        if not keys and not roots:
            raise unreadable()
        return cls(keys, roots)


def fingerprint(key: Verifier) -> str:
    """SHA-256 of the public key, in groups of four digits to be read aloud."""
    found = sha256(key.public_key).hexdigest()
    return " ".join(found[at : at + 4] for at in range(0, len(found), 4))


def unreadable() -> EvidenceError:
    return EvidenceError("trust.unreadable", "可信公钥或证书文件无法读取")
