"""Field encryption: what identifies a person is sealed at rest, shown masked, and found through a blind index.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the associated data binds a value to its court, so a
ciphertext copied into another court's document does not open. The blind index is HMAC-SHA-256 under a key of its own.
Both keys are derived from one master key with HKDF-SHA-256 (RFC 5869). Each value carries its key's id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class VaultError(RuntimeError):
    """The master key is missing, malformed or not the one that sealed a value. Never answered with plaintext."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens short texts. Make one with `Vault.from_file`."""

    key_id: str
    _seal_key: bytes
    _index_key: bytes

    @classmethod
    def from_file(cls, path: Path) -> Vault:
        """Reads 32 random bytes written as base64. Raises VaultError when they are not there."""
        try:
            master = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
        except (OSError, ValueError) as error:
            raise VaultError(f"the master key file {path} cannot be read: {error}") from error
        return cls.from_master(master)

    @classmethod
    def from_master(cls, master: bytes) -> Vault:
        if len(master) != 32:
            raise VaultError("the master key must be 32 bytes")
        key_id = hashlib.sha256(b"songda key id" + master).hexdigest()[:8]
        return cls(key_id, _derive(master, b"seal"), _derive(master, b"index"))

    def seal(self, text: str, *, court: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._seal_key).encrypt(nonce, text.encode(), court.encode())
        return f"1.{self.key_id}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, court: str) -> str:
        """Raises VaultError when the key is another one or the value was altered or moved between courts."""
        version, key_id, body = sealed.split(".", 2)
        if version != "1" or key_id != self.key_id:
            raise VaultError(f"sealed with key {key_id}, this process holds {self.key_id}")
        raw = base64.b64decode(body)
        try:
            return AESGCM(self._seal_key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], court.encode()).decode()
        except InvalidTag as error:
            raise VaultError("a sealed value was altered or belongs to another court") from error

    def index(self, text: str, *, court: str) -> str:
        """The same text in the same court always gives the same 32 hex characters, which tell nothing else."""
        message = f"{court}\0{text}".encode()
        return hmac.new(self._index_key, message, hashlib.sha256).hexdigest()[:32]


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"songda " + purpose).derive(master)


class _Holder:
    vault: Vault | None = None


def use(vault: Vault) -> None:
    """Gives this process its vault, once, when it starts."""
    _Holder.vault = vault


def vault() -> Vault:
    if _Holder.vault is None:
        raise VaultError("no master key has been loaded")
    return _Holder.vault


def mask_id_number(text: str) -> str:
    """First 3 and last 4 characters, the rest starred."""
    return text if len(text) <= 7 else f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"


def mask_phone(text: str) -> str:
    """`138****1234`; landlines keep the area code and the last two digits."""
    if re.fullmatch(r"\d{11}", text):
        return f"{text[:3]}****{text[-4:]}"
    return f"{text[:4]}{'*' * max(len(text) - 6, 1)}{text[-2:]}" if len(text) > 6 else "****"
