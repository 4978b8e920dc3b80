"""Keys as they are stored, and the store in memory. The store in MongoDB is `mongo_keys`."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from server.core.crypto.providers import Wrapped

SEAL, INDEX, CHECK = "seal", "index", "check"
ACTIVE, RETIRED, DESTROYED = "active", "retired", "destroyed"
SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key of one court for one purpose. The highest generation of `seal` seals, the others only open.

    `algorithm`: `a` or `s` for sealing, `hmac-sha256` or `hmac-sm3` for indexes and derived secrets. `wrapped` is None
    once the key is destroyed.
    """

    id: str
    court: str
    purpose: str  # seal, index, check, secret:<what for>
    generation: int
    algorithm: str
    state: str
    wrapped: Wrapped | None
    created_at: datetime
    retired_at: datetime | None = None
    destroyed_at: datetime | None = None

    @property
    def context(self) -> str:
        """What its wrapping is bound to."""
        return f"songda|{self.id}|{self.court}|{self.purpose}|{self.generation}|{self.algorithm}"


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """The salt of one person's values in one court; `salt` is None once it is destroyed."""

    id: str
    court: str
    subject: str
    salt: bytes | None
    created_at: datetime

    @classmethod
    def new(cls, court: str, subject: str, now: datetime) -> SubjectKey:
        return cls(secrets.token_hex(8), court, subject, secrets.token_bytes(SALT_BYTES), now)


class KeyStore(Protocol):
    """Where wrapped data keys and salts lie."""

    def keys(self, court: str) -> list[DataKey]:
        """Every key of the court."""
        ...

    def every_key(self) -> list[DataKey]:
        """The keys of all courts."""
        ...

    def sealing_keys(self) -> list[DataKey]:
        """The keys of all courts that seal or sealed."""
        ...

    def add(self, key: DataKey) -> bool:
        """False when court, purpose and generation are taken: somebody else was first."""
        ...

    def rewrap(self, key: DataKey, wrapped: Wrapped) -> bool:
        """Stores another wrapping of the same key, unless it was changed meanwhile."""
        ...

    def set_state(self, key_id: str, before: str, after: str, now: datetime) -> bool:
        """Moves a key on; `destroyed` removes its wrapping. False when it is not in state `before`."""
        ...

    def salts(self, ids: Iterable[str]) -> list[SubjectKey]:
        """By salt id."""
        ...

    def salts_of(self, court: str, subjects: Sequence[str]) -> list[SubjectKey]:
        """By subject; those that have none are left out."""
        ...

    def add_salts(self, made: Sequence[SubjectKey]) -> None:
        """Adds those whose court and subject are new; the others stay as they were."""
        ...

    def destroy_salt(self, court: str, subject: str, *, reason: str, by: str, now: datetime) -> None:
        """For ever. A subject that has no salt gets a destroyed one, so that none is made later."""
        ...

    def sealed_sample(self, court: str | None, form: str) -> str | None:
        """Some value of that form that is stored (in the court, or in any), None when there is none."""
        ...


@dataclass(slots=True)
class MemoryKeys:
    """A key store that lasts as long as the process: for tests and one-off tools."""

    _keys: dict[str, DataKey] = field(default_factory=dict)
    _salts: dict[tuple[str, str], SubjectKey] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keys(self, court: str) -> list[DataKey]:
        return [key for key in self.every_key() if key.court == court]

    def every_key(self) -> list[DataKey]:
        with self._lock:
            return list(self._keys.values())

    def sealing_keys(self) -> list[DataKey]:
        return [key for key in self.every_key() if key.purpose == SEAL]

    def add(self, key: DataKey) -> bool:
        with self._lock:
            place = (key.court, key.purpose, key.generation)
            if any((one.court, one.purpose, one.generation) == place for one in self._keys.values()):
                return False
            self._keys[key.id] = key
            return True

    def rewrap(self, key: DataKey, wrapped: Wrapped) -> bool:
        with self._lock:
            if self._keys[key.id].wrapped != key.wrapped:
                return False
            self._keys[key.id] = replace(self._keys[key.id], wrapped=wrapped)
            return True

    def set_state(self, key_id: str, before: str, after: str, now: datetime) -> bool:
        with self._lock:
            held = self._keys.get(key_id)
            if held is None or held.state != before:
                return False
            destroyed = after == DESTROYED
            self._keys[key_id] = replace(
                held,
                state=after,
                wrapped=None if destroyed else held.wrapped,
                retired_at=now if after == RETIRED else held.retired_at,
                destroyed_at=now if destroyed else held.destroyed_at,
            )
            return True

    def salts(self, ids: Iterable[str]) -> list[SubjectKey]:
        wanted = set(ids)
        with self._lock:
            return [salt for salt in self._salts.values() if salt.id in wanted]

    def salts_of(self, court: str, subjects: Sequence[str]) -> list[SubjectKey]:
        with self._lock:
            return [self._salts[court, one] for one in subjects if (court, one) in self._salts]

    def add_salts(self, made: Sequence[SubjectKey]) -> None:
        with self._lock:
            for salt in made:
                self._salts.setdefault((salt.court, salt.subject), salt)

    def destroy_salt(self, court: str, subject: str, *, reason: str, by: str, now: datetime) -> None:  # noqa: ARG002  # a store in memory keeps no reasons
        with self._lock:
            held = self._salts.get((court, subject)) or SubjectKey.new(court, subject, now)
            self._salts[court, subject] = replace(held, salt=None)

    def sealed_sample(self, court: str | None, form: str) -> str | None:  # noqa: ARG002  # it holds no values
        return None
