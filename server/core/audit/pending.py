"""What is noted before a deed, so that a deed whose process died is not without a row.

The note is not waited for: MongoDB's journal is one sequence, so when the deed's own journalled write is durable, the
note written before it on the same server is too.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import WriteConcern

from server.core.audit import entries
from server.core.audit.chain import append
from server.core.audit.models import ChainEntry, PendingRow
from server.core.audit.rows import UNKNOWN, Row
from server.core.ids import new_id

log = logging.getLogger(__name__)

UNFINISHED_AFTER = timedelta(minutes=5)
_QUICK = WriteConcern(w=1, j=False)
_LIMIT = 500


def begin(row: Row) -> str:
    """Notes a deed about to be done; returns the id that `finish` wants."""
    pending_id = new_id()
    _pending().insert_one(entries.document(row, pending_id))
    return pending_id


def finish(pending_id: str, row: Row) -> list[str]:
    """Appends the row of the deed and forgets the note. Raises as `append`; the note then stays for the sweep."""
    found = append([row], ids=[pending_id])
    _pending().delete_one({"_id": pending_id})
    return found


def sweep(*, now: datetime, older_than: timedelta = UNFINISHED_AFTER) -> int:
    """Gives deeds that were never finished a row with the result `unknown`; may run twice. Returns how many."""
    waiting = list(_pending().find({"at": {"$lt": now - older_than}}).sort("at", 1).limit(_LIMIT))
    known = {
        one["_id"]
        for one in ChainEntry._get_collection().find({"_id": {"$in": [one["_id"] for one in waiting]}}, {"_id": 1})
    }
    lost = [one for one in waiting if one["_id"] not in known]
    if lost:
        rows = [replace(entries.row_of(one), result=UNKNOWN) for one in lost]
        # Not the id of the note itself: should the deed be finished after all, its own row follows this one.
        append(rows, ids=[f"{one['_id']}?" for one in lost])
        log.warning("%d deeds were begun and never finished; recorded as unknown", len(lost))
    for one in waiting:
        _pending().delete_one({"_id": one["_id"]})
    return len(lost)


def _pending() -> Any:
    return PendingRow._get_collection().with_options(write_concern=_QUICK)
