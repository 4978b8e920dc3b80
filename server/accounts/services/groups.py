"""Groups: people who are given roles together. Editing one is giving to, or taking from, all who are in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from server.accounts.models import Group, Person
from server.accounts.services.administration import (
    Book,
    administrators,
    change,
    clean_grants,
    difference,
    keeps_an_administrator,
    must_cover,
    no_conflict,
    not_oneself,
    seat_for,
    version_is,
)
from server.core import audit
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id

Raw = dict[str, Any]


def _stale() -> Conflict:
    return Conflict(code="group.stale", title="此用户组已被他人修改，请刷新后重试")


def _name_taken() -> Conflict:
    return Conflict(code="group.name_taken", title="本院已有同名用户组")


def list_groups(*, where: Mapping[str, Any]) -> list[Raw]:
    """Raw groups by name, each with `members`: {id, name, staff_no} by staff number."""
    groups = list(Group._get_collection().find(dict(where)).sort("name", 1))
    fields = {"name": 1, "staff_no": 1, "groups": 1}
    people = Person._get_collection().find({"groups": {"$in": [one["_id"] for one in groups]}}, fields)
    members: dict[str, list[Raw]] = {group["_id"]: [] for group in groups}
    for person in people.sort("staff_no", 1):
        told = {"id": person["_id"], "name": person["name"], "staff_no": person["staff_no"]}
        for group_id in set(person["groups"]) & members.keys():
            members[group_id].append(told)
    return [{**group, "members": members[group["_id"]]} for group in groups]


def get_group(*, group_id: str) -> Raw:
    """One of `list_groups`. Raises `group.not_found`."""
    found = list_groups(where={"_id": group_id})
    if not found:
        raise NotFound(code="group.not_found", title="没有这个用户组")
    return found[0]


def create_group(*, court: str, name: str, grants: Sequence[Raw], by: str, now: datetime) -> Raw:
    """An empty group. Raises `grants.beyond_authority`, `roles.unknown`, `group.name_taken`."""
    group: Raw = {"_id": new_id(), "court": court, "name": name, "version": 1, "updated_at": now}

    def work(book: Book) -> None:
        book.lock(court)
        group["grants"] = clean_grants(book, grants, court)
        must_cover(book, [seat_for(book, group["grants"], court, None)])
        Group._get_collection().insert_one(dict(group), session=book.session)

    try:
        change(work, by=by, now=now)
    except DuplicateKeyError as error:
        raise _name_taken() from error
    audit.target("group", group["_id"])
    audit.change(after={"name": name, "grants": group["grants"]})
    return get_group(group_id=group["_id"])


def change_group(
    *, group_id: str, version: int, name: str | None, grants: Sequence[Raw] | None, by: str, now: datetime
) -> Raw:
    """Another name, other roles for all members at once.

    Raises what `put_grants` of people raises for any member, `grants.own` when the asker is one, `group.stale`.
    """

    def work(book: Book) -> tuple[Raw, Raw]:
        before = _group(book, group_id)
        court = before["court"]
        book.lock(court)
        values: Raw = {"name": name} if name else {}
        members = book.find(Person, {"groups": group_id})
        had = administrators(book, court)
        if grants is not None:
            values["grants"] = clean_grants(book, grants, court)
            _judge(book, before, values["grants"], members)
        guard = {"_id": group_id, "version": version_is(version)}
        if not book.write(Group, guard, {"$set": {**values, "updated_at": book.now}, "$inc": {"version": 1}}):
            raise _stale()
        no_conflict(book, members)
        keeps_an_administrator(book, court, had)
        return before, {**before, **values}

    try:
        before, after = change(work, by=by, now=now)
    except DuplicateKeyError as error:
        raise _name_taken() from error
    told = [key for key in ("name", "grants") if before.get(key) != after.get(key)]
    audit.change(before={key: before.get(key) for key in told}, after={key: after[key] for key in told})
    return get_group(group_id=group_id)


def _group(book: Book, group_id: str) -> Raw:
    found = book.one(Group, {"_id": group_id})
    if found is None:
        raise NotFound(code="group.not_found", title="没有这个用户组")
    return found


def _judge(book: Book, before: Raw, grants: Sequence[Raw], members: Sequence[Raw]) -> None:
    differing = difference(book, before.get("grants") or (), grants)
    if not differing:
        return
    for person in members:
        not_oneself(book, person["_id"])
        book.lock_person(person)
    places = {None, *(person.get("division") for person in members)}
    must_cover(book, [seat_for(book, differing, before["court"], place) for place in places])


def delete_group(*, group_id: str, version: int, by: str, now: datetime) -> None:
    """Raises `group.in_use` while people are in it, `grants.beyond_authority`, `group.stale`."""

    def work(book: Book) -> Raw:
        before = _group(book, group_id)
        book.lock(before["court"])
        must_cover(book, [seat_for(book, before.get("grants") or (), before["court"], None)])
        members = len(book.find(Person, {"groups": group_id}, {"_id": 1}))
        if members:
            raise Conflict(code="group.in_use", title=f"此用户组还有{members}人，请先移出", members=members)
        where = {"_id": group_id, "version": version_is(version)}
        if not Group._get_collection().delete_one(where, session=book.session).deleted_count:
            raise _stale()
        return before

    before = change(work, by=by, now=now)
    audit.change(before={"name": before["name"], "grants": before.get("grants") or []})
