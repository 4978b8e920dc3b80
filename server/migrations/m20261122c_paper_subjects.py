"""Papers were about visits only; now a paper says what it is about (`subject`), and versions are counted by that."""

from __future__ import annotations

from typing import Any

from pymongo.errors import OperationFailure

_OLD_INDEXES = ("court_1_visit_id_1_kind_1_version_1", "court_1_visit_id_1_kind_1_basis_1")
_GONE = 27  # IndexNotFound


def migrate(db: Any) -> str:
    """Answers how many papers it changed."""
    changed = db.papers.update_many(
        {"subject": {"$exists": False}}, [{"$set": {"subject": {"$concat": ["visit:", "$visit_id"]}}}]
    )
    for name in _OLD_INDEXES:
        try:
            db.papers.drop_index(name)
        except OperationFailure as error:
            if error.code not in (_GONE, 26):
                raise
    return f"papers {changed.modified_count}"
