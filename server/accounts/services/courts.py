"""The tree of courts and the divisions of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from server.accounts import rights
from server.accounts.models import Court, Division, Person
from server.accounts.services.administration import Book, change, version_is
from server.core import audit
from server.core.errors import Conflict, Invalid, NotFound
from server.core.ids import new_id

Raw = dict[str, Any]
MOST_LEVELS = 4


def ensure_courts(rows: Iterable[Mapping[str, Any]]) -> int:
    """Adds the courts that are missing (code, name, level, parent) and gives every court the path its parents make.

    What is there keeps its name and its place. Rows may come in any order. Returns how many were added.
    Raises ValueError for a parent nobody knows or courts above one another in a circle.
    """
    stored = {one["_id"]: one for one in Court._get_collection().find({})}
    known: Raw = {
        row["code"]: {"name": row["name"], "level": int(row["level"]), "parent": row["parent"] or None} for row in rows
    }
    known.update(stored)
    writes = []
    for code, court in known.items():
        path = _path_above(code, known)
        if code in stored and stored[code].get("path") == path:
            continue
        new = {} if code in stored else {"name": court["name"], "level": court["level"], "version": 1}
        if new and court["parent"]:
            new["parent"] = court["parent"]
        writes.append(UpdateOne({"_id": code}, {"$set": {"path": path}, "$setOnInsert": new}, upsert=True))
    if writes:
        Court._get_collection().bulk_write(writes)
        rights.forget()
    return len(known) - len(stored)


def _path_above(code: str, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    path: list[str] = []
    parent = known[code].get("parent")
    while parent:
        if parent not in known or parent == code or parent in path:
            raise ValueError(f"court {code} has no way up to the highest court")
        path.insert(0, parent)
        parent = known[parent].get("parent")
    return path


def list_courts(*, codes: Iterable[str], below: str | None = None) -> list[Raw]:
    """Raw courts among `codes` (those within reach), only `below` and under it when given; by level, then code."""
    where: Raw = {"_id": {"$in": list(codes)}}
    if below:
        where["$or"] = [{"_id": below}, {"path": below}]
    return list(Court._get_collection().find(where).sort([("level", 1), ("_id", 1)]))


def create_court(*, code: str, name: str, level: int, parent: str, by: str, now: datetime) -> Raw:
    """A new court under an existing one. Raises `court.taken`, `court.not_found` (parent), `court.bad_parent`."""
    court: Raw = {"_id": code, "name": name, "level": level, "parent": parent, "version": 1}

    def work(book: Book) -> None:
        above = _court(book, parent)
        _refuse_bad_level(above, level)
        court["path"] = [*(above.get("path") or ()), parent]
        Court._get_collection().insert_one(dict(court), session=book.session)

    try:
        change(work, by=by, now=now)
    except DuplicateKeyError as error:
        raise Conflict(code="court.taken", title=f"法院代字 {code} 已在目录中") from error
    audit.target("court", code)
    audit.change(after={"name": name, "level": level, "parent": parent})
    return court


def _court(book: Book, code: str) -> Raw:
    found = book.one(Court, {"_id": code})
    if found is None:
        raise NotFound(code="court.not_found", title="没有这个法院")
    return found


def _refuse_bad_level(above: Raw, level: int) -> None:
    if above["level"] >= level:
        raise Invalid(code="court.bad_parent", title="上级法院的层级必须高于本院")


def change_court(*, code: str, version: int, name: str | None, parent: str | None, by: str, now: datetime) -> Raw:
    """Another name, or another court above: then everything under it moves along.

    Raises `court.not_found`, `court.bad_parent`, `court.stale`.
    """

    def work(book: Book) -> tuple[Raw, Raw]:
        before = _court(book, code)
        values: Raw = {"name": name} if name else {}
        if parent and parent != before.get("parent"):
            values |= {"parent": parent, "path": _move(book, before, parent)}
        guard = {"_id": code, "version": version_is(version)}
        if not book.write(Court, guard, {"$set": values, "$inc": {"version": 1}}):
            raise Conflict(code="court.stale", title="法院目录已被他人修改，请刷新后重试")
        return before, _court(book, code)

    before, after = change(work, by=by, now=now)
    told = [key for key in ("name", "parent") if before.get(key) != after.get(key)]
    audit.change(before={key: before.get(key) for key in told}, after={key: after.get(key) for key in told})
    return after


def _move(book: Book, court: Raw, parent: str) -> list[str]:
    """The court's new path; courts under it get theirs. Others who change the tree now wait or start again."""
    code = court["_id"]
    above = _court(book, parent)
    if parent == code or code in (above.get("path") or ()) or not court.get("parent"):
        raise Invalid(code="court.bad_parent", title="不能把法院移到自己或下级法院之下，最高人民法院没有上级")
    _refuse_bad_level(above, court["level"])
    path = [*(above.get("path") or ()), parent]
    book.lock(parent, *path)
    for under in book.find(Court, {"path": code}):
        tail = under["path"][under["path"].index(code) :]
        book.write(Court, {"_id": under["_id"]}, {"$set": {"path": [*path, *tail]}, "$inc": {"version": 1}})
    return path


def list_divisions(*, where: Mapping[str, Any]) -> list[Raw]:
    """Raw divisions, those in use first, then by name, each with `people`: how many work there."""
    divisions = list(Division._get_collection().find(dict(where)).sort([("active", -1), ("name", 1)]))
    counted = Person._get_collection().aggregate(
        [
            {"$match": {"court": {"$in": list({one["court"] for one in divisions})}, "active": True}},
            {"$group": {"_id": "$division", "people": {"$sum": 1}}},
        ]
    )
    people = {one["_id"]: one["people"] for one in counted}
    return [{**division, "people": people.get(division["_id"], 0)} for division in divisions]


def create_division(*, court: str, name: str) -> Raw:
    """Raises `division.name_taken`."""
    division: Raw = {"_id": new_id(), "court": court, "name": name, "active": True, "version": 1}
    try:
        Division._get_collection().insert_one(dict(division))
    except DuplicateKeyError as error:
        raise _division_taken() from error
    audit.target("division", division["_id"])
    audit.change(after={"name": name})
    return {**division, "people": 0}


def _division_taken() -> Conflict:
    return Conflict(code="division.name_taken", title="本院已有同名庭室")


def change_division(
    *, division_id: str, version: int, name: str | None, active: bool | None, by: str, now: datetime
) -> Raw:
    """Another name, out of use or in use again.

    Raises `division.in_use` when people work there and it goes out of use, `division.name_taken`, `division.stale`.
    """

    def work(book: Book) -> Raw:
        before = book.one(Division, {"_id": division_id})
        if before is None:
            raise NotFound(code="division.not_found", title="没有这个庭室")
        book.lock(before["court"])
        if active is False:
            _refuse_while_used(book, division_id)
        values = {key: value for key, value in {"name": name, "active": active}.items() if value is not None}
        guard = {"_id": division_id, "version": version_is(version)}
        if not book.write(Division, guard, {"$set": values, "$inc": {"version": 1}}):
            raise Conflict(code="division.stale", title="此庭室已被他人修改，请刷新后重试")
        return before

    try:
        before = change(work, by=by, now=now)
    except DuplicateKeyError as error:
        raise _division_taken() from error
    after = list_divisions(where={"_id": division_id})[0]
    told = [key for key in ("name", "active") if before.get(key) != after.get(key)]
    audit.change(before={key: before.get(key) for key in told}, after={key: after[key] for key in told})
    return after


def _refuse_while_used(book: Book, division_id: str) -> None:
    seconded = {"secondments": {"$elemMatch": {"division": division_id, "until_on": {"$gte": book.day}}}}
    people = len(book.find(Person, {"active": True, "$or": [{"division": division_id}, seconded]}, {"_id": 1}))
    if people:
        raise Conflict(code="division.in_use", title=f"此庭室还有{people}人，请先调出", people=people)
