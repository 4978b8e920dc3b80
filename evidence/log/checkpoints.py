"""Checkpoints of a log in the C2SP formats: tlog-checkpoint inside a signed-note with an Ed25519 signature.

    songda/京0102            origin
    31                       number of entries
    base64 of the root

    — songda/京0102 base64(key id ‖ signature)

https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from evidence.errors import EvidenceError
from evidence.log.hashing import HASH_BYTES

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_MAX_CHARACTERS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log of this name had `size` entries and this root."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def from_body(cls, body: str) -> Checkpoint:
        """Extension lines after the root are allowed and passed over. Raises ``log.bad_checkpoint``."""
        lines = body.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise bad_checkpoint()
        origin, size, root = lines[:3]
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size, re.ASCII):
            raise bad_checkpoint()
        found = _decode(root)
        if len(found) != HASH_BYTES:
            raise bad_checkpoint()
        return cls(origin, int(size), found)


class Signer:
    """Signs checkpoints under a name; `seed` is the 32-byte Ed25519 private key (RFC 8032)."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint) -> str:
        """The whole note, its signature line last."""
        return self.sign_text(checkpoint.body())

    def sign_text(self, text: str) -> str:
        """A note over any text that ends a line and holds no control character (C2SP signed-note).

        What is no checkpoint must begin with a name of its own, so that one can never be taken for the other.
        Raises ``log.bad_checkpoint`` for a text the format forbids.
        """
        if not text.endswith("\n") or any(ord(one) < 32 and one != "\n" for one in text):
            raise bad_checkpoint()
        signature = base64.b64encode(self.verifier.key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.verifier.name} {signature}\n"


class Verifier:
    """Checks notes signed by the holder of one key. Raises ``log.bad_checkpoint`` for a name the format forbids."""

    def __init__(self, name: str, public_key: bytes) -> None:
        if not _NAME.fullmatch(name):
            raise bad_checkpoint()
        self.name = name
        self._public_bytes = public_key
        self._key = Ed25519PublicKey.from_public_bytes(public_key)
        self.key_id = sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        return self._public_bytes

    def __str__(self) -> str:
        """The public key as the format writes it: `name+key id+base64(0x01 ‖ key)`."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self._public_bytes).decode()}"

    @classmethod
    def from_text(cls, text: str) -> Verifier:
        """The opposite of `str()`. Raises ``log.bad_checkpoint``."""
        name, key_id, encoded = (*text.split("+", 2), "", "")[:3]
        raw = _decode(encoded)
        if len(raw) != 33 or raw[:1] != _ED25519:
            raise bad_checkpoint()
        found = cls(name, raw[1:])
        if found.key_id.hex() != key_id:
            raise bad_checkpoint()
        return found

    def open(self, note: str) -> Checkpoint:
        """The checkpoint inside. Raises what `text` raises, and ``log.bad_signature`` when it is of another log."""
        found = Checkpoint.from_body(self.text(note))
        if found.origin != self.name:
            raise bad_signature()
        return found

    def text(self, note: str) -> str:
        """The signed text; lines signed by others are passed over.

        Raises ``log.bad_checkpoint`` when the note is malformed, ``log.bad_signature`` when our signature is not
        there or wrong.
        """
        body, lines = _split_note(note)
        ours = [raw for name, raw in lines if name == self.name and raw[:4] == self.key_id]
        if not ours:
            raise bad_signature()
        try:
            for raw in ours:
                self._key.verify(raw[4:], body.encode())
        except InvalidSignature as error:
            raise bad_signature() from error
        return body


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """(signed text, [(name, key id ‖ signature)])."""
    if len(note) > _MAX_CHARACTERS or any(ord(one) < 32 and one != "\n" for one in note):
        raise bad_checkpoint()
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise bad_checkpoint()
    found = []
    for line in signatures[:-1].split("\n"):
        match = _SIGNATURE_LINE.fullmatch(line)
        if not match:
            raise bad_checkpoint()
        found.append((match[1], _decode(match[2])))
    return text + "\n", found


def _decode(text: str) -> bytes:
    """Base64 in its one canonical spelling: two texts never mean the same bytes."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_checkpoint() from error
    if base64.b64encode(found).decode() != text:
        raise bad_checkpoint()
    return found


def bad_checkpoint() -> EvidenceError:
    """Not a checkpoint in the format of C2SP."""
    return EvidenceError("log.bad_checkpoint", "检查点格式不正确")


def bad_signature() -> EvidenceError:
    """Not signed by this log."""
    return EvidenceError("log.bad_signature", "检查点签名不正确")
