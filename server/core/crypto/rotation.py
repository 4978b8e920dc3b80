"""Changing a court's sealing key while everybody goes on working.

`begin` makes the next key: from then on, a minute later at most, everything new is sealed with it. `advance` seals old
values anew, each only if it is still the one that was read, so no other writer loses anything. Killed, it starts again
from what the database says. A key is retired when a look over every place that began after all writers knew the new
key found nothing of it; it still opens then. `destroy` looks once more and takes it away for good.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from server.core import database
from server.core.crypto.errors import VaultError
from server.core.crypto.places import Place, places
from server.core.crypto.records import ACTIVE, DESTROYED, RETIRED, SEAL, DataKey
from server.core.crypto.vault import Vault

BATCH = 200
# After every process has read the new key anew, time for what was read before to be written.
GRACE = timedelta(seconds=60)


@dataclass(slots=True)
class Advance:
    """What one turn did in one court: values sealed anew, values another writer was quicker with, keys retired."""

    court: str
    resealed: int = 0
    overtaken: int = 0
    finished: bool = True
    retired: list[str] = field(default_factory=list)


def begin(vault: Vault, *, court: str, now: datetime) -> DataKey:
    """Makes the court's next sealing key."""
    return vault.ring.next_generation(court, now)


def courts_with_keys(vault: Vault) -> list[str]:
    """Every court that seals anything."""
    return sorted({key.court for key in vault.ring.store.sealing_keys()})


def pending(vault: Vault) -> list[str]:
    """Courts that have more than one active sealing key."""
    active = [key.court for key in vault.ring.store.sealing_keys() if key.state == ACTIVE]
    return sorted({court for court in active if active.count(court) > 1})


def advance(vault: Vault, *, court: str, now: datetime, seconds: float = 30.0) -> Advance:
    """Seals old values of a court anew for at most so many seconds; retires old keys when nothing carries them.

    Safe to run twice at once. `now` is when it begins.
    """
    done = Advance(court)
    *old, newest = _active(vault, court)
    if not old:
        return done
    until = time.monotonic() + seconds
    pattern = f"^(1|2\\.[as]\\.({'|'.join(key.id for key in old)}))\\."
    for place in places():
        for batch in _batches(place, court, pattern):
            _reseal(vault, place, court, batch, {key.id for key in old}, done)
            if time.monotonic() > until:
                done.finished = False
                return done
    writers_know = newest.created_at + timedelta(seconds=vault.ring.ttl_s) + GRACE
    if not (done.resealed or done.overtaken) and now >= writers_know:
        for key in old:
            if vault.ring.store.set_state(key.id, ACTIVE, RETIRED, now):
                done.retired.append(key.id)
        vault.forget()
    return done


def destroy(vault: Vault, *, key_id: str, now: datetime) -> DataKey:
    """Takes a retired key away for good. Raises VaultError when it is not retired or some value still carries it."""
    key = next((one for one in vault.ring.store.every_key() if one.id == key_id), None)
    if key is None or key.state != RETIRED:
        raise VaultError("只能销毁已停用的数据密钥 (only a retired data key can be destroyed)")
    left = carried_by(key)
    if left:
        raise VaultError(f"仍有 {left} 处数据使用该密钥，不能销毁 ({left} values still carry this key)")
    vault.ring.store.set_state(key_id, RETIRED, DESTROYED, now)
    vault.forget()
    return key


def carried_by(key: DataKey) -> int:
    """How many documents hold a value of this key, counted once for each place."""
    pattern = rf"^2\.[as]\.{key.id}\."
    return sum(
        int(_collection(place).count_documents({"court": key.court, place.path: {"$regex": pattern}}))
        for place in places()
    )


def _active(vault: Vault, court: str) -> list[DataKey]:
    keys = [key for key in vault.ring.store.keys(court) if key.purpose == SEAL and key.state == ACTIVE]
    if not keys:
        raise VaultError(f"法院 {court} 没有数据密钥 (no data key)")
    return sorted(keys, key=lambda key: key.generation)


def _batches(place: Place, court: str, pattern: str) -> Iterator[list[dict[str, Any]]]:
    wanted = dict.fromkeys({place.parts[0], "party_id", *place.beside}, 1)
    found = _collection(place).find({"court": court, place.path: {"$regex": pattern}}, wanted).batch_size(BATCH)
    batch: list[dict[str, Any]] = []
    for document in found:
        batch.append(document)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _reseal(
    vault: Vault, place: Place, court: str, documents: list[dict[str, Any]], old: set[str], done: Advance
) -> None:
    values = [
        (document["_id"], path, value, place.subject(document, path))
        for document in documents
        for path, value in place.values(document)
        if value.startswith("1.") or (value.startswith("2.") and value.split(".")[2] in old)
    ]
    anew = vault.reseal_many([(value, subject) for _, _, value, subject in values], court=court)
    writes = [
        UpdateOne({"_id": document_id, "court": court, path: value}, {"$set": {path: sealed}})
        for (document_id, path, value, _), sealed in zip(values, anew, strict=True)
    ]
    if writes:
        matched = int(_collection(place).bulk_write(writes, ordered=False).matched_count)
        done.resealed += matched
        done.overtaken += len(writes) - matched


def _collection(place: Place) -> Any:
    return database.database()[place.collection]
