"""Field encryption: what identifies a person is sealed at rest, shown masked, and found through a blind index.

Envelope encryption: a key provider holds the master key, it wraps the data keys of each court (`data_keys`), those seal
values together with a salt per person (`subject_keys`). Destroying a salt destroys every copy of that person's values.
"""

from __future__ import annotations

from server.core.crypto.ciphers import TOMBSTONE
from server.core.crypto.errors import KeysLost, ProviderAway, SubjectDestroyed, VaultError, WrongMasterKey
from server.core.crypto.masks import (
    DESTROYED,
    mask_address,
    mask_id_number,
    mask_phone,
    normal_address,
    normal_id_number,
    normal_phone,
)
from server.core.crypto.vault import Vault

__all__ = [
    "DESTROYED",
    "TOMBSTONE",
    "KeysLost",
    "ProviderAway",
    "SubjectDestroyed",
    "Vault",
    "VaultError",
    "WrongMasterKey",
    "forget",
    "mask_address",
    "mask_id_number",
    "mask_phone",
    "normal_address",
    "normal_id_number",
    "normal_phone",
    "use",
    "vault",
]


class _Holder:
    vault: Vault | None = None


def use(vault: Vault) -> None:
    """Gives this process its vault, once, when it starts."""
    _Holder.vault = vault


def vault() -> Vault:
    if _Holder.vault is None:
        raise VaultError("no master key has been loaded: 未加载主密钥")
    return _Holder.vault


def forget() -> None:
    """Drops the keys this process has cached, if it has a vault: what lies in the store is asked for again."""
    if _Holder.vault is not None:
        _Holder.vault.forget()
