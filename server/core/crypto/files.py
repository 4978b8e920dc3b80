"""Whole files at rest: sealed in pieces under a key of their own, which is then sealed like any other value.

`SDF1`, a letter for the cipher, then pieces of 1 MiB, each with its tag. The nonce counts the pieces and marks the last
(the STREAM construction, Hoang, Reyhanitabar, Rogaway and Vizár 2015), so pieces cannot be lost, swapped or cut off.
The key is used for one file only.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from typing import Protocol

from cryptography.exceptions import InvalidTag

from server.core.crypto import ciphers
from server.core.crypto.errors import VaultError

PIECE_BYTES = 1024 * 1024
KEY_BYTES = 32
_MARK = b"SDF1"
_ALTERED = "a sealed file was altered or its key is another one: 加密文件被改动或密钥不符"


class Reader(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Writer(Protocol):
    def write(self, data: bytes, /) -> int: ...


def new_key() -> str:
    """A key for one file, as text that the vault can seal."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def seal_file(source: Reader, target: Writer, *, key: str, algorithm: str) -> tuple[str, int]:
    """Writes the sealed file; answers SHA-256 (hex) and length of the plain one."""
    seal = {ciphers.AES: ciphers.aes_gcm, ciphers.SM4: ciphers.sm4_gcm}[algorithm]
    header = _MARK + algorithm.encode()
    target.write(header)
    digest, length = hashlib.sha256(), 0
    for number, piece, last in _pieces(source, PIECE_BYTES):
        digest.update(piece)
        length += len(piece)
        target.write(seal(_key(key, algorithm), _nonce(number, last), piece, header))
    return digest.hexdigest(), length


def open_file(source: Reader, target: Writer, *, key: str) -> None:
    """Writes the plain file. Raises VaultError when anything was altered; what was written until then is void."""
    header = source.read(len(_MARK) + 1)
    algorithm = header[len(_MARK) :].decode("latin-1")
    if header[: len(_MARK)] != _MARK or algorithm not in (ciphers.AES, ciphers.SM4):
        raise VaultError(_ALTERED)
    unseal = {ciphers.AES: ciphers.aes_gcm_open, ciphers.SM4: ciphers.sm4_gcm_open}[algorithm]
    for number, piece, last in _pieces(source, PIECE_BYTES + ciphers.TAG_BYTES):
        if len(piece) < ciphers.TAG_BYTES:
            raise VaultError(_ALTERED)
        try:
            target.write(unseal(_key(key, algorithm), _nonce(number, last), piece, header))
        except InvalidTag as error:
            raise VaultError(_ALTERED) from error


def _pieces(source: Reader, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """(number, piece, whether it is the last); an empty file is one empty piece."""
    number, piece = 0, _full(source, size)
    while True:
        following = _full(source, size) if len(piece) == size else b""
        yield number, piece, not following
        if not following:
            return
        number, piece = number + 1, following


def _full(source: Reader, size: int) -> bytes:
    """Reads until the piece is full or the file ends: far stores answer in parts."""
    parts: list[bytes] = []
    wanted = size
    while wanted and (part := source.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


def _nonce(number: int, last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])


def _key(key: str, algorithm: str) -> bytes:
    return base64.b64decode(key)[: 16 if algorithm == ciphers.SM4 else KEY_BYTES]
