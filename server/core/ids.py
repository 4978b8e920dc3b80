"""Identifiers: opaque, unguessable, sortable by time of making."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u


def new_id() -> str:
    """26 characters: 48 bits of milliseconds, then 80 random bits (the ULID layout)."""
    value = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    letters = []
    for _ in range(26):
        letters.append(_ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(letters))


def new_token() -> str:
    """A bearer token or one-time secret with 256 bits of entropy; store only its hash."""
    return secrets.token_urlsafe(32)


def new_bind_code() -> str:
    """Eight digits a person can type from a sheet of paper."""
    return f"{secrets.randbelow(10**8):08d}"
