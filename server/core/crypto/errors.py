"""Why a value cannot be sealed or opened. Nothing falls back to plaintext on any of these."""

from __future__ import annotations


class VaultError(RuntimeError):
    """A key is missing, malformed or another one, or a value was altered. Never answered with plaintext."""


class WrongMasterKey(VaultError):
    """The key provider does not hold the key that wrapped what is stored: the program must not start."""


class KeysLost(VaultError):
    """Sealed values exist whose data keys do not: making new keys would hide the loss."""


class ProviderAway(VaultError):
    """The key provider cannot be reached at the moment; nothing is known to be lost."""


class SubjectDestroyed(VaultError):
    """The person's values were destroyed on purpose (crypto-shredding); faces show 已销毁."""
