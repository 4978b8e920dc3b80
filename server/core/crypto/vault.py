"""The vault: what the rest of the program knows of encryption."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from server.core.crypto import ciphers
from server.core.crypto.ciphers import NO_SALT, TOMBSTONE, SealedValue
from server.core.crypto.errors import SubjectDestroyed, VaultError
from server.core.crypto.keyring import TTL_S, Keyring, LiveKey
from server.core.crypto.providers import FileProvider, KeyProvider
from server.core.crypto.records import INDEX, SEAL, KeyStore, MemoryKeys, SubjectKey

INDEX_HEX = 32
_DIGESTS = {"hmac-sha256": "sha256", "hmac-sm3": "sm3"}


@dataclass(slots=True)
class _Derived:
    """Keys of values already derived in one call: the values of one person share theirs."""

    keys: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def of(self, key: LiveKey, algorithm: str, salt: SubjectKey | None) -> bytes:
        place = (key.id, salt.id if salt else NO_SALT)
        found = self.keys.get(place)
        if found is None:
            found = ciphers.derive(algorithm, key.material, (salt.salt or b"") if salt else b"")
            self.keys[place] = found
        return found


class Vault:
    """Seals and opens short texts and files, finds equal values, and keeps secrets of the program's own.

    Every method raises VaultError (WrongMasterKey, KeysLost, ProviderAway) rather than do without a key.
    """

    def __init__(
        self, provider: KeyProvider, store: KeyStore, *, cipher: str = ciphers.AES, ttl_s: float = TTL_S
    ) -> None:
        self.cipher = cipher
        self.ring = Keyring(provider, store, cipher=cipher, ttl_s=ttl_s)

    @classmethod
    def from_file(cls, path: Path, store: KeyStore | None = None, *, cipher: str = ciphers.AES) -> Vault:
        """A vault under a master key file; its data keys last as long as `store`, else as long as the process."""
        return cls(FileProvider.from_path(path, cipher=cipher), store or MemoryKeys(), cipher=cipher)

    @classmethod
    def from_master(
        cls, master: bytes, store: KeyStore | None = None, *, cipher: str = ciphers.AES, ttl_s: float = TTL_S
    ) -> Vault:
        """As `from_file`, from 32 bytes."""
        return cls(FileProvider([master], cipher=cipher), store or MemoryKeys(), cipher=cipher, ttl_s=ttl_s)

    def check(self) -> None:
        """Raises WrongMasterKey or KeysLost when this is not the key of the data in the database."""
        self.ring.check()

    def forget(self) -> None:
        """Drops cached keys."""
        self.ring.forget()

    def prepare(self, subjects: Iterable[str], *, court: str) -> None:
        """Makes the salts of many subjects in one go, before their values are sealed one by one."""
        self.ring.prepare(court, subjects)

    def seal(self, text: str, *, court: str, subject: str | None = None) -> str:
        """Ciphertext of `text`, of the court and, when given, of the person `subject` (a party id).

        Raises SubjectDestroyed when the person's values were destroyed: they must not come back.
        """
        key = self.ring.newest(court, SEAL)
        algorithm = key.record.algorithm
        salt = self.ring.salt_for_sealing(court, subject) if subject else None
        header = f"2.{algorithm}.{key.id}.{salt.id if salt else NO_SALT}"
        value_key = ciphers.derive(algorithm, key.material, (salt.salt or b"") if salt else b"")
        raw = ciphers.encrypt(algorithm, value_key, text.encode(), _bound(header, court, subject))
        return f"{header}.{ciphers.body_of(raw)}"

    def open(self, sealed: str, *, court: str, subject: str | None = None) -> str:
        """The text. `subject`, when given, must be the person it was sealed for.

        Raises VaultError when it was altered or belongs elsewhere, SubjectDestroyed when it was destroyed on purpose.
        """
        opened = self.open_many([sealed], court=court)[0]
        if opened is None:
            raise SubjectDestroyed("该当事人的个人信息已销毁 (the subject was destroyed)")
        if subject is not None:
            self._check_subject(ciphers.parse(sealed), court, subject)
        return opened

    def open_many(self, sealed: Sequence[str], *, court: str) -> list[str | None]:
        """The texts in the order given, with one query for all salts; None where the person was destroyed.

        Raises VaultError as `open`.
        """
        values = [ciphers.parse(one) for one in sealed]
        salts = self.ring.salts(value.salt_id for value in values if value.salt_id != NO_SALT)
        derived = _Derived()
        return [self._open(value, court, salts, derived) for value in values]

    def _open(self, value: SealedValue, court: str, salts: dict[str, SubjectKey], derived: _Derived) -> str | None:
        if value.form == "0":
            return None
        raw = ciphers.raw_of(value.body)
        if value.form == "1":
            legacy = self.ring.legacy(value.key_id)
            return ciphers.decrypt(ciphers.AES, legacy.seal_key, raw, court.encode()).decode()
        salt = _salt_of(value, court, salts)
        if salt is not None and salt.salt is None:
            return None
        key = self.ring.key(court, value.key_id)
        if key.record.algorithm != value.algorithm or key.record.purpose != SEAL:
            raise VaultError("a sealed value was altered: 密文被改动")
        value_key = derived.of(key, value.algorithm, salt)
        bound = _bound(value.header, court, salt.subject if salt else None)
        return ciphers.decrypt(value.algorithm, value_key, raw, bound).decode()

    def _check_subject(self, value: SealedValue, court: str, subject: str) -> None:
        """Values of form 1 and those sealed without a subject know none: nothing is promised of them."""
        salt = _salt_of(value, court, self.ring.salts([value.salt_id])) if value.salt_id != NO_SALT else None
        if salt is not None and salt.subject != subject:
            raise VaultError("a sealed value belongs to another person: 密文属于另一当事人")

    def reseal_many(self, values: Sequence[tuple[str, str | None]], *, court: str) -> list[str]:
        """The same values under the newest key, for (value, subject); a value that has a subject keeps it.

        What was destroyed on purpose stays destroyed.
        """
        opened = self.open_many([value for value, _ in values], court=court)
        sealed = []
        for (value, subject), text in zip(values, opened, strict=True):
            try:
                whose = self.subject_of(value, court=court) or subject
                sealed.append(TOMBSTONE if text is None else self.seal(text, court=court, subject=whose))
            except SubjectDestroyed:
                sealed.append(TOMBSTONE)
        return sealed

    def subject_of(self, sealed: str, *, court: str) -> str | None:
        """For whom a value was sealed; None when for nobody. Raises VaultError when its salt is not the court's."""
        value = ciphers.parse(sealed)
        if value.salt_id == NO_SALT:
            return None
        salt = _salt_of(value, court, self.ring.salts([value.salt_id]))
        return salt.subject if salt else None

    def index(self, text: str, *, court: str) -> str:
        """The same text in the same court always gives the same 32 hex characters, which tell nothing else.

        It takes the text as it stands: `normal_phone`, `normal_id_number`, `normal_address` give one spelling.
        """
        key = self.ring.newest(court, INDEX)
        digest = _DIGESTS[key.record.algorithm]
        return hmac.digest(key.material, f"{court}\0{text}".encode(), digest).hex()[:INDEX_HEX]

    def secret(self, purpose: str, *, court: str) -> bytes:
        """32 random bytes that are the same for ever, for one purpose in one court; wrapped at rest."""
        return self.ring.newest(court, f"secret:{purpose}").material

    def destroy_subject(self, subject: str, *, court: str, reason: str, by: str, now: datetime) -> None:
        """Crypto-shredding: no value sealed for the subject opens again, wherever a copy of it lies. Safe to repeat.

        Other processes may still have the salt in memory for up to a minute.
        """
        self.ring.store.destroy_salt(court, subject, reason=reason, by=by, now=now)
        self.ring.drop_salt(court, subject)


def _salt_of(value: SealedValue, court: str, salts: dict[str, SubjectKey]) -> SubjectKey | None:
    if value.salt_id == NO_SALT:
        return None
    salt = salts.get(value.salt_id)
    if salt is None or salt.court != court:
        raise VaultError("a sealed value was altered or belongs to another court: 密文被改动或属于其他法院")
    return salt


def _bound(header: str, court: str, subject: str | None) -> bytes:
    return f"{header}\0{court}\0{subject or ''}".encode()
