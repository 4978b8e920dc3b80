"""Authenticated ciphers and the form of a sealed value.

A value reads `2.<a|s>.<key id>.<salt id or ->.<base64 of nonce, ciphertext, tag>`: `a` is AES-256-GCM (NIST SP
800-38D), `s` is SM4-GCM (GB/T 32907-2016, RFC 8998). Its header, court and subject are authenticated with it, so a
value that is copied to another court's or another person's place does not open. The key of a value comes from the
data key of the court and the salt of the person, through HMAC (SHA-256 beside AES, SM3 beside SM4; one step of
HKDF-Expand, RFC 5869). Values of form 1 (`1.<key id>.<base64>`) were sealed under one master key before courts had
their own.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.core.crypto.errors import VaultError

NONCE_BYTES = 12
TAG_BYTES = 16
NO_SALT = "-"
# Stands where a value was before it was destroyed on purpose.
TOMBSTONE = "0.destroyed"
AES, SM4 = "a", "s"
# What the setting calls them.
CIPHERS = {"aes": AES, "sm4": SM4}


@dataclass(frozen=True, slots=True)
class SealedValue:
    """The parts of a sealed value. Form 1 has neither algorithm nor salt."""

    form: str
    algorithm: str
    key_id: str
    salt_id: str
    body: str

    @property
    def header(self) -> str:
        return f"{self.form}.{self.algorithm}.{self.key_id}.{self.salt_id}"

    def __str__(self) -> str:
        return f"1.{self.key_id}.{self.body}" if self.form == "1" else f"{self.header}.{self.body}"


def parse(sealed: str) -> SealedValue:
    """Raises VaultError for what is no sealed value. Its text may be plaintext, so it is never repeated."""
    if sealed == TOMBSTONE:
        return SealedValue("0", "", "", NO_SALT, "")
    parts = sealed.split(".")
    if parts[0] == "2" and len(parts) == 5 and parts[1] in (AES, SM4):
        return SealedValue("2", parts[1], parts[2], parts[3], parts[4])
    if parts[0] == "1" and len(parts) == 3:
        return SealedValue("1", AES, parts[1], NO_SALT, parts[2])
    raise VaultError("not a sealed value: 该值不是密文")


def is_sealed(text: str) -> bool:
    """Whether a text has the form of a sealed value."""
    try:
        return bool(parse(text))
    except VaultError:
        return False


def derive(algorithm: str, data_key: bytes, salt: bytes) -> bytes:
    """The key of one subject's values under one data key: 32 bytes for AES, 16 for SM4."""
    info = b"songda seal 2" + algorithm.encode() + salt + b"\x01"
    if algorithm == SM4:
        return hmac.digest(data_key, info, "sm3")[:16]
    return hmac.digest(data_key, info, "sha256")


def encrypt(algorithm: str, key: bytes, plain: bytes, associated: bytes) -> bytes:
    """Nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _SEALERS[algorithm](key, nonce, plain, associated)


def decrypt(algorithm: str, key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Raises VaultError when anything at all was altered or belongs elsewhere."""
    try:
        return _OPENERS[algorithm](key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
    except (InvalidTag, ValueError, KeyError) as error:
        raise VaultError("a sealed value was altered or belongs elsewhere: 密文被改动或不属于此处") from error


def aes_gcm(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    """AES-GCM: ciphertext and 16-byte tag."""
    return AESGCM(key).encrypt(nonce, plain, associated)


def aes_gcm_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Raises InvalidTag."""
    return AESGCM(key).decrypt(nonce, sealed, associated)


def sm4_gcm(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    """AEAD_SM4_GCM (RFC 8998 §2.1): ciphertext and 16-byte tag."""
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def sm4_gcm_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Raises InvalidTag."""
    tag = sealed[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(associated)
    return decryptor.update(sealed[:-TAG_BYTES]) + decryptor.finalize()


def body_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def raw_of(body: str) -> bytes:
    """Raises VaultError."""
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VaultError("a sealed value was altered: 密文被改动") from error


_Step = Callable[[bytes, bytes, bytes, bytes], bytes]
_SEALERS: dict[str, _Step] = {AES: aes_gcm, SM4: sm4_gcm}
_OPENERS: dict[str, _Step] = {AES: aes_gcm_open, SM4: sm4_gcm_open}
