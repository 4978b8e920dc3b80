"""The key store in MongoDB. Unique indexes decide who was first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReadPreference
from pymongo.errors import BulkWriteError, DuplicateKeyError

from server.core import database
from server.core.crypto import ciphers
from server.core.crypto.models import StoredDataKey, StoredSubjectKey
from server.core.crypto.places import places
from server.core.crypto.providers import Wrapped
from server.core.crypto.records import DESTROYED, RETIRED, SEAL, DataKey, SubjectKey

_DUPLICATE_KEY = 11000


class MongoKeys:
    """`KeyStore` over the collections data_keys and subject_keys."""

    def keys(self, court: str) -> list[DataKey]:
        return [_key(found) for found in _keys().find({"court": court})]

    def every_key(self) -> list[DataKey]:
        return [_key(found) for found in _keys().find()]

    def sealing_keys(self) -> list[DataKey]:
        return [_key(found) for found in _keys().find({"purpose": SEAL})]

    def add(self, key: DataKey) -> bool:
        document: dict[str, Any] = {
            "_id": key.id,
            "court": key.court,
            "purpose": key.purpose,
            "generation": key.generation,
            "algorithm": key.algorithm,
            "state": key.state,
            "created_at": key.created_at,
        }
        if key.wrapped is not None:
            document |= {"wrapped": key.wrapped.text, "provider_key": key.wrapped.provider_key}
        # Also where nobody has run `db indexes` yet: two first keys would split a court's values.
        StoredDataKey.ensure_indexes()
        try:
            _keys().insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    def rewrap(self, key: DataKey, wrapped: Wrapped) -> bool:
        before = key.wrapped.text if key.wrapped else None
        change = {"$set": {"wrapped": wrapped.text, "provider_key": wrapped.provider_key}}
        return bool(_keys().update_one({"_id": key.id, "wrapped": before}, change).modified_count)

    def set_state(self, key_id: str, before: str, after: str, now: datetime) -> bool:
        change: dict[str, Any] = {"$set": {"state": after}}
        if after == RETIRED:
            change["$set"]["retired_at"] = now
        if after == DESTROYED:
            change["$set"]["destroyed_at"] = now
            change["$unset"] = {"wrapped": ""}
        return bool(_keys().update_one({"_id": key_id, "state": before}, change).modified_count)

    def salts(self, ids: Iterable[str]) -> list[SubjectKey]:
        return [_salt(found) for found in _salts().find({"_id": {"$in": list(ids)}})]

    def salts_of(self, court: str, subjects: Sequence[str]) -> list[SubjectKey]:
        return [_salt(found) for found in _salts().find({"court": court, "subject": {"$in": list(subjects)}})]

    def add_salts(self, made: Sequence[SubjectKey]) -> None:
        documents = [
            {
                "_id": salt.id,
                "court": salt.court,
                "subject": salt.subject,
                "salt": salt.salt,
                "created_at": salt.created_at,
            }
            for salt in made
        ]
        try:
            _salts().insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if any(one["code"] != _DUPLICATE_KEY for one in (error.details or {}).get("writeErrors", ())):
                raise

    def destroy_salt(self, court: str, subject: str, *, reason: str, by: str, now: datetime) -> None:
        _salts().update_one(
            {"court": court, "subject": subject},
            {
                "$set": {"destroyed_at": now, "destroyed_by": by, "reason": reason},
                "$unset": {"salt": ""},
                "$setOnInsert": {"_id": SubjectKey.new(court, subject, now).id, "created_at": now},
            },
            upsert=True,
        )

    def sealed_sample(self, court: str | None, form: str) -> str | None:
        for place in places():
            where: dict[str, Any] = {place.path: {"$regex": rf"^{form}\."}}
            if court is not None:
                where["court"] = court
            found = database.database()[place.collection].find_one(where)
            for _, value in place.values(found) if found else ():
                if value.startswith(f"{form}.") and ciphers.is_sealed(value):
                    return value
        return None


def _keys() -> Any:
    return _at_the_primary(StoredDataKey)


def _salts() -> Any:
    return _at_the_primary(StoredSubjectKey)


def _at_the_primary(model: Any) -> Any:
    """What is read may decide that a key is made: no secondary's past will do."""
    return model._get_collection().with_options(read_preference=ReadPreference.PRIMARY)


def _key(found: dict[str, Any]) -> DataKey:
    wrapped = found.get("wrapped")
    return DataKey(
        id=found["_id"],
        court=found["court"],
        purpose=found["purpose"],
        generation=found["generation"],
        algorithm=found["algorithm"],
        state=found["state"],
        wrapped=Wrapped(wrapped, found["provider_key"]) if wrapped else None,
        created_at=found["created_at"],
        retired_at=found.get("retired_at"),
        destroyed_at=found.get("destroyed_at"),
    )


def _salt(found: dict[str, Any]) -> SubjectKey:
    salt = found.get("salt")
    return SubjectKey(
        found["_id"], found["court"], found["subject"], bytes(salt) if salt else None, found["created_at"]
    )
