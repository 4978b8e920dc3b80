"""People held role codes in a list; now they hold grants with a scope. Courts knew their parent; now their whole path.
Looks at evidence and papers lay in a collection of their own; now they stand in the chained audit log.

Sessions of before say nothing of second factors or limits: everybody signs in again, once.
"""

from __future__ import annotations

from typing import Any

from pymongo import UpdateOne

from server.core.audit.adopt import adopt_old
from server.core.clock import utc_now


def migrate(db: Any) -> str:
    """Answers how many documents of each kind it changed."""
    people = [
        UpdateOne(
            {"_id": one["_id"], "grants": {"$exists": False}},
            {"$set": {"grants": [{"role": role} for role in one["roles"]]}, "$unset": {"roles": ""}},
        )
        for one in db.people.find({"roles": {"$exists": True}}, {"roles": 1})
    ]
    if people:
        db.people.bulk_write(people, ordered=False)
    ended = db.sessions.delete_many({"public_id": {"$exists": False}}).deleted_count
    return f"people {len(people)}, courts {_paths(db)}, sessions {ended}, audit {adopt_old(utc_now())}"


def _paths(db: Any) -> int:
    """Every court's ancestors, highest first."""
    parents = {one["_id"]: one.get("parent") for one in db.courts.find({}, {"parent": 1})}
    changes = []
    for court, parent in parents.items():
        path: list[str] = []
        above = parent
        while above is not None and above not in path and above != court:
            path.insert(0, above)
            above = parents.get(above)
        changes.append(UpdateOne({"_id": court, "path": {"$exists": False}}, {"$set": {"path": path}}))
    return int(db.courts.bulk_write(changes, ordered=False).modified_count) if changes else 0
