"""The keys of this process: made when first needed, unwrapped once, read anew every minute.

What is cached is safe to be old: a key never changes, and a court's newest key is known everywhere `TTL_S` after it was
made, which rotation waits for.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core.clock import utc_now
from server.core.crypto import ciphers
from server.core.crypto.errors import KeysLost, SubjectDestroyed, VaultError, WrongMasterKey
from server.core.crypto.providers import KeyProvider, LegacyKeys
from server.core.crypto.records import ACTIVE, CHECK, DESTROYED, INDEX, SEAL, DataKey, KeyStore, SubjectKey

TTL_S = 60.0
MAX_SALTS = 20_000
_KNOWN_TEXT = b"songda check value 1"
_INDEX_ALGORITHMS = {ciphers.AES: "hmac-sha256", ciphers.SM4: "hmac-sm3"}
_LOST = (
    "数据密钥丢失：库中有密文，却没有解开它们的数据密钥（集合 data_keys）；请从备份恢复后再启动 "
    "(sealed values exist but their data keys do not)"
)


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A data key in the clear, in memory only."""

    record: DataKey
    material: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return self.record.id


@dataclass(slots=True)
class _CourtKeys:
    read_at: float
    records: list[DataKey]
    by_id: dict[str, DataKey]
    newest: dict[str, DataKey]


class Keyring:
    """Data keys and salts for one process. Safe to share between threads."""

    def __init__(self, provider: KeyProvider, store: KeyStore, *, cipher: str, ttl_s: float = TTL_S) -> None:
        self.provider, self.store, self.cipher, self.ttl_s = provider, store, cipher, ttl_s
        self._lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        """Drops what is cached; the store is asked again."""
        with self._lock:
            self._courts: dict[str, _CourtKeys] = {}
            self._live: dict[str, LiveKey] = {}
            self._salts: dict[str, tuple[float, SubjectKey]] = {}
            self._salt_ids: dict[tuple[str, str], str] = {}
            self._checked = False

    def check(self) -> None:
        """Raises WrongMasterKey or KeysLost unless this provider's key is the one that protects what is stored."""
        with self._lock:
            if self._checked:
                return
            found = next((key for key in self.store.keys("") if key.purpose == CHECK), None)
            if found is None:
                self._refuse_when_lost()
                found = self._make("", CHECK, 1, _KNOWN_TEXT)
            if not hmac.compare_digest(self._unwrap(found), _KNOWN_TEXT):
                raise WrongMasterKey("主密钥校验值不符 (the master key's check value differs)")
            self._checked = True

    def newest(self, court: str, purpose: str) -> LiveKey:
        """The key that seals or indexes now; made when the court has none."""
        self.check()
        found = self._of(court).newest.get(purpose)
        if found is None:
            with self._lock:
                found = self._of(court, fresh=True).newest.get(purpose) or self._first(court, purpose)
        return self.live(found)

    def key(self, court: str, key_id: str) -> LiveKey:
        """The key a value names. Raises VaultError when the court has no such key or it was destroyed."""
        self.check()
        found = self._of(court).by_id.get(key_id) or self._of(court, fresh=True).by_id.get(key_id)
        if found is None:
            raise VaultError(f"密文使用的数据密钥 {key_id} 不属于该法院或已丢失 (unknown data key {key_id})")
        return self.live(found)

    def live(self, record: DataKey) -> LiveKey:
        """Unwraps once per process."""
        held = self._live.get(record.id)
        if held is None or record.state == DESTROYED:
            held = LiveKey(record, self._unwrap(record))
            self._live[record.id] = held
        return held

    def legacy(self, key_id: str) -> LegacyKeys:
        """What opens a value of form 1. Raises WrongMasterKey."""
        found = self.provider.legacy(key_id)
        if found is None:
            raise WrongMasterKey(f"密文使用的主密钥 {key_id} 不在密钥文件中 (sealed with master key {key_id})")
        return found

    def next_generation(self, court: str, now: datetime) -> DataKey:
        """A new sealing key for the court. Of two at once, both answer the one that came first."""
        self.newest(court, INDEX)  # first: it is taken from the values of form 1, which are about to go
        newest = self._of(court, fresh=True).newest.get(SEAL)
        made = self._make(court, SEAL, newest.generation + 1 if newest else 1, secrets.token_bytes(32), now)
        self._of(court, fresh=True)
        return made

    def salt_for_sealing(self, court: str, subject: str) -> SubjectKey:
        """The subject's salt, made when there is none. Raises SubjectDestroyed."""
        salt_id = self._salt_ids.get((court, subject), "")
        held = self._cached_salt(salt_id) or self._fetch(court, [subject])[subject]
        if held.salt is None:
            raise SubjectDestroyed("该当事人的个人信息已销毁，不能再写入 (the subject was destroyed)")
        return held

    def prepare(self, court: str, subjects: Iterable[str]) -> None:
        """Makes and caches the salts of many subjects at once: three queries, not three each."""
        asked = dict.fromkeys(subjects)
        wanted = [one for one in asked if self._cached_salt(self._salt_ids.get((court, one), "")) is None]
        if wanted:
            self._fetch(court, wanted)

    def _fetch(self, court: str, subjects: Sequence[str]) -> dict[str, SubjectKey]:
        found = {salt.subject: salt for salt in self.store.salts_of(court, subjects)}
        missing = [one for one in subjects if one not in found]
        if missing:
            now = utc_now()
            self.store.add_salts([SubjectKey.new(court, one, now) for one in missing])
            # Read back: where two made one, the first is the one.
            found |= {salt.subject: salt for salt in self.store.salts_of(court, missing)}
        self._cache_salts(found.values())
        return found

    def salts(self, ids: Iterable[str]) -> dict[str, SubjectKey]:
        """Salts by id; unknown ones are left out."""
        wanted = dict.fromkeys(ids)
        held = {one: salt for one in wanted if (salt := self._cached_salt(one)) is not None}
        missing = [one for one in wanted if one not in held]
        if missing:
            found = self.store.salts(missing)
            self._cache_salts(found)
            held |= {salt.id: salt for salt in found}
        return held

    def drop_salt(self, court: str, subject: str) -> None:
        """Forgets a salt that was destroyed."""
        with self._lock:
            self._salts.pop(self._salt_ids.pop((court, subject), ""), None)
            self._salts = {one: held for one, held in self._salts.items() if held[1].subject != subject}

    def _cached_salt(self, salt_id: str) -> SubjectKey | None:
        held = self._salts.get(salt_id)
        return held[1] if held and time.monotonic() - held[0] < self.ttl_s else None

    def _cache_salts(self, found: Iterable[SubjectKey]) -> None:
        read_at = time.monotonic()
        with self._lock:
            if len(self._salts) > MAX_SALTS:
                self._salts, self._salt_ids = {}, {}
            for salt in found:
                self._salts[salt.id] = (read_at, salt)
                self._salt_ids[salt.court, salt.subject] = salt.id

    def _of(self, court: str, *, fresh: bool = False) -> _CourtKeys:
        asked_at = time.monotonic()
        held = self._courts.get(court)
        if held is not None and not fresh and asked_at - held.read_at < self.ttl_s:
            return held
        with self._lock:
            held = self._courts.get(court)
            if held is not None and held.read_at >= asked_at:
                return held  # another thread has read it while this one waited
            read_at = time.monotonic()
            records = sorted(self.store.keys(court), key=lambda key: key.generation)
            newest = {key.purpose: key for key in records if key.state == ACTIVE}
            held = _CourtKeys(read_at, records, {key.id: key for key in records}, newest)
            for key in records:
                if key.state == DESTROYED:
                    self._live.pop(key.id, None)
            self._courts[court] = held
            return held

    def _first(self, court: str, purpose: str) -> DataKey:
        """The court's first key of this purpose; refuses when values say that there was one before."""
        lost = purpose == SEAL or (purpose == INDEX and not self._of(court).records)
        if lost and self.store.sealed_sample(court, "2") is not None:
            raise KeysLost(_LOST)
        made = self._make(court, purpose, 1, self._material(court, purpose))
        self._of(court, fresh=True)
        return made

    def _material(self, court: str, purpose: str) -> bytes:
        """Random; but a court whose values are of form 1 keeps the blind index it has, so that searches still find."""
        old = self.store.sealed_sample(court, "1") if purpose == INDEX else None
        if old is not None:
            return self.legacy(ciphers.parse(old).key_id).index_key
        return secrets.token_bytes(32)

    def _make(self, court: str, purpose: str, generation: int, material: bytes, now: datetime | None = None) -> DataKey:
        algorithm = self.cipher if purpose == SEAL else _INDEX_ALGORITHMS[self.cipher]
        if purpose == INDEX and self.store.sealed_sample(court, "1") is not None:
            algorithm = "hmac-sha256"
        bare = DataKey(secrets.token_hex(6), court, purpose, generation, algorithm, ACTIVE, None, now or utc_now())
        made = replace(bare, wrapped=self.provider.wrap(material, context=bare.context))
        if self.store.add(made):
            return made
        taken = [key for key in self.store.keys(court) if (key.purpose, key.generation) == (purpose, generation)]
        if not taken:
            raise VaultError("a data key was made and lost at once: 数据密钥写入异常")
        return taken[0]

    def _refuse_when_lost(self) -> None:
        """Before a check value is made: nothing may be there that another key protects."""
        keys = self.store.every_key()
        if any(key.purpose == CHECK for key in keys):
            return  # another process was quicker
        if keys or self.store.sealed_sample(None, "2") is not None:
            raise KeysLost(_LOST)
        old = self.store.sealed_sample(None, "1")
        if old is not None:
            self.legacy(ciphers.parse(old).key_id)

    def _unwrap(self, record: DataKey) -> bytes:
        if record.wrapped is None:
            raise VaultError(f"数据密钥 {record.id} 已销毁 (data key destroyed)")
        return self.provider.unwrap(record.wrapped, context=record.context)

    def rewrap_all(self, to: KeyProvider | None = None) -> Sequence[DataKey]:
        """Wraps every data key with the current master key of the provider, or of another one that takes over.

        Answers those it changed. After moving to another provider this one can no longer unwrap them.
        """
        self.check()
        target = to or self.provider
        changed = []
        for key in self.store.every_key():
            if key.wrapped is None or target.is_current(key.wrapped.provider_key):
                continue
            wrapped = target.wrap(self._unwrap(key), context=key.context)
            if self.store.rewrap(key, wrapped):
                changed.append(key)
        return changed
