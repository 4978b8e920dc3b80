"""Bulk writes shared by the floors an import passes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mongoengine import Document
from pymongo.errors import BulkWriteError

from server.cases.importers import WriteConflict

_DUPLICATE_KEY = 11000


def write_all(model: type[Document], operations: Sequence[Any]) -> int:
    """One unordered bulk write; returns how many documents were matched or inserted.

    Raises WriteConflict when somebody else inserted one of the documents first: reading again will find it.
    """
    if not operations:
        return 0
    try:
        result = model._get_collection().bulk_write(operations, ordered=False)
    except BulkWriteError as error:
        details: dict[str, Any] = dict(error.details or {})
        errors = details.get("writeErrors") or ()
        if errors and all(one.get("code") == _DUPLICATE_KEY for one in errors):
            raise WriteConflict from error
        raise
    return int(result.matched_count) + int(result.inserted_count) + int(result.upserted_count)
