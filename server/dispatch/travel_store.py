"""MongoDB as the memory of road engines (`routing.roads.PairStore`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from pymongo import UpdateOne

from routing.roads import Row, RowKey
from server.core.clock import utc_now
from server.dispatch.travel_models import RoadRow

# A row keeps its newest blocks: far below the 16 MB of a document whatever a starting point of every day collects.
_MOST_BLOCKS = 200
_PARTS = (("t", "<i8"), ("s", "<i4"), ("m", "<i4"))


class MongoRows:
    """Rows are forgotten `keep_days` after they began, with all that was added since: no ride is older than that."""

    def __init__(self, *, keep_days: int) -> None:
        self._keep = timedelta(days=keep_days)

    def get_many(self, keys: Sequence[RowKey]) -> Mapping[RowKey, Row]:
        """See PairStore."""
        by_id = {_id(key): key for key in keys}
        found = RoadRow._get_collection().find({"_id": {"$in": list(by_id)}}, {"blocks": 1})
        return {by_id[one["_id"]]: _row(one["blocks"]) for one in found if one.get("blocks")}

    def put_many(self, rows: Mapping[RowKey, Row]) -> None:
        """See PairStore. Two workers who learn the same at once keep it twice, which harms nothing."""
        expires_at = utc_now() + self._keep
        writes = [
            UpdateOne(
                {"_id": _id(key)},
                {
                    "$push": {"blocks": {"$each": [_block(row)], "$slice": -_MOST_BLOCKS}},
                    "$setOnInsert": {"expires_at": expires_at},
                },
                upsert=True,
            )
            for key, row in rows.items()
        ]
        if writes:
            RoadRow._get_collection().bulk_write(writes, ordered=False)


def _id(key: RowKey) -> str:
    return f"{key.engine} {key.profile} {key.hour} {key.source}"


def _block(row: Row) -> dict[str, bytes]:
    return {
        name: np.asarray(values, dtype=kind).tobytes()
        for (name, kind), values in zip(_PARTS, (row.targets, row.seconds, row.metres), strict=True)
    }


def _row(blocks: Sequence[Mapping[str, Any]]) -> Row:
    first, *later = (Row(*(np.frombuffer(block[name], dtype=kind) for name, kind in _PARTS)) for block in blocks)
    for newer in later:
        first = first.merged(newer)
    return first
