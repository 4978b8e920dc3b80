"""A court's own roles: named sets of permissions its administrators put together from what they may hand out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from server.accounts import graded, rights
from server.accounts.catalogue import CODES, COMMON, conflict
from server.accounts.models import Group, Person, Role
from server.accounts.rights import RoleView
from server.accounts.roles import ROLES
from server.accounts.services.administration import (
    Book,
    administrators,
    change,
    keeps_an_administrator,
    look,
    must_cover,
    no_conflict,
    not_oneself,
    version_is,
)
from server.core import audit
from server.core.errors import Conflict, Invalid, NotFound
from server.core.ids import new_id
from server.core.permissions import Scope, Seat

Raw = dict[str, Any]
_EVERYBODY = frozenset(code for code, one in CODES.items() if one.duty == COMMON)
_TOLD = ("name", "permissions", "grants", "scope", "privileged")


def list_roles(*, court: str, by: str, now: datetime) -> list[Raw]:
    """Seeded roles first, then the court's own by name; each with how many of this court hold it.

    {id, court (None: seeded), seeded, name, permissions, grants, scope, privileged, holders, version, in_reach: the
    asker could hand all of it out}.
    """
    own = list(Role._get_collection().find({"court": court}).sort("name", 1))
    versions = {raw["_id"]: raw.get("version", 1) for raw in own}
    views = [view for code in ROLES if (view := rights.seeded(code))] + [
        rights.view_of(Role._from_son(raw)) for raw in own
    ]
    held = _holders_by_role(court)
    described = [_described(view, len(held.get(view.code, ())), versions.get(view.code, 1)) for view in views]

    def work(book: Book) -> list[bool]:
        hands = book.hands()
        return [not graded.lacking(hands, _handed(role, court, None), book.below) for role in described]

    reached = look(work, by=by, now=now)
    return [{**role, "in_reach": reach} for role, reach in zip(described, reached, strict=True)]


def _described(view: RoleView, holders: int, version: int) -> Raw:
    return {
        "id": view.code,
        "court": view.court or None,
        "seeded": not view.court,
        "name": view.name,
        "permissions": sorted(view.permissions),
        "grants": sorted(view.grants),
        "scope": view.scope.code,
        "privileged": view.privileged,
        "holders": holders,
        "version": version,
    }


def _holders_by_role(court: str) -> dict[str, set[str]]:
    groups = {one["_id"]: one for one in Group._get_collection().find({"court": court}, {"grants.role": 1})}
    where = {"active": True, "$or": [{"court": court}, {"secondments.court": court}]}
    fields = {"court": 1, "grants.role": 1, "groups": 1, "secondments.court": 1, "secondments.grants.role": 1}
    held: dict[str, set[str]] = {}
    for person in Person._get_collection().find(where, fields):
        sources = [person, *(groups[one] for one in person.get("groups") or () if one in groups)]
        sources = sources if person["court"] == court else []
        sources += [one for one in person.get("secondments") or () if one["court"] == court]
        for grant in (grant for source in sources for grant in source.get("grants") or ()):
            held.setdefault(grant["role"], set()).add(person["_id"])
    return held


def may_hand_out(*, by: str, court: str, codes: Iterable[str], now: datetime) -> dict[str, Scope]:
    """How far each of these codes may be handed out by somebody in this court; codes they may not are missing."""

    def work(book: Book) -> dict[str, Scope]:
        hands = book.hands()
        found: dict[str, Scope] = {}
        for code in codes:
            for scope in sorted(Scope):
                if not graded.lacking(hands, Seat(court, None, {code: scope}), book.below):
                    found[code] = scope
        return found

    return look(work, by=by, now=now)


def create_role(
    *,
    court: str,
    name: str,
    permissions: Collection[str] | None,
    grants: Collection[str] | None,
    scope: str | None,
    privileged: bool,
    copy_of: str | None,
    by: str,
    now: datetime,
) -> Raw:
    """A role of the court's own; what is not given is taken from `copy_of`. Returns the raw role.

    Whoever may change rights or the system signs in with a second factor, so such a role is privileged in any case.
    Raises `grants.beyond_authority`, `roles.unknown_permission`, `roles.separated_duties`, `role.name_taken`,
    `roles.unknown` (of `copy_of`).
    """
    role: Raw = {"_id": new_id(), "court": court, "name": name, "version": 1, "updated_at": now}

    def work(book: Book) -> None:
        book.lock(court)
        source = _source(book, court, copy_of)
        role["permissions"] = sorted(source.permissions if permissions is None and source else permissions or ())
        role["grants"] = sorted(source.grants if grants is None and source else grants or ())
        role["scope"] = scope or (source.scope.code if source else "court")
        role["privileged"] = privileged or bool(source and source.privileged)
        _complete(role)
        must_cover(book, [_handed(role, court, None)])
        Role._get_collection().insert_one(dict(role), session=book.session)

    try:
        change(work, by=by, now=now)
    except DuplicateKeyError as error:
        raise _name_taken() from error
    audit.target("role", role["_id"])
    audit.change(after={key: role[key] for key in _TOLD})
    return role


def _source(book: Book, court: str, copy_of: str | None) -> RoleView | None:
    if copy_of is None:
        return None
    source = book.roles([copy_of]).get(copy_of)
    if source is None or source.court not in ("", court):
        raise Invalid(code="roles.unknown", title="没有这个角色，或它不属于该法院", role=copy_of)
    return source


def _complete(role: Raw) -> None:
    """Refuses what no role may be, adds what every role has, and what follows from the rest."""
    codes = {*role["permissions"], *role["grants"]}
    unknown = sorted(codes - CODES.keys())
    if unknown:
        raise Invalid(code="roles.unknown_permission", title="有不存在的权限", permissions=unknown)
    clash = conflict(role["permissions"])
    if clash:
        raise Invalid(
            code="roles.separated_duties",
            title=f"一个角色不能同时包含“{clash[0]}”和“{clash[1]}”类权限（三员分立）",
            duties=list(clash),
        )
    role["permissions"] = sorted({*role["permissions"], *_EVERYBODY})
    role["privileged"] = bool(role.get("privileged")) or graded.must_be_privileged(codes)


def _handed(role: Raw, court: str, division: str | None, scope: str | None = None) -> Seat:
    reach = Scope.of(scope or role["scope"])
    return Seat(court, division, dict.fromkeys({*role["permissions"], *role["grants"]}, reach))


def _name_taken() -> Conflict:
    return Conflict(code="role.name_taken", title="本院已有同名角色")


def change_role(*, role_id: str, version: int, changes: Raw, by: str, now: datetime) -> Raw:
    """Changes name, permissions, grants, scope or privileged; for every holder at once. Returns the raw role.

    What changes is given to (or taken from) each holder where they sit, and judged so. Raises what `create_role`
    raises, `grants.own` for a role the asker holds, `roles.last_administrator`, `role.stale`.
    """

    def work(book: Book) -> tuple[Raw, Raw]:
        before = _role(book, role_id)
        court = before["court"]
        book.lock(court)
        holders = _holders(book, role_id)
        for person in holders:
            not_oneself(book, person["_id"])
            book.lock_person(person)
        after = {"grants": [], "privileged": False, **before, **changes}
        _complete(after)
        _judge(book, before, after, holders)
        had = administrators(book, court)
        _store(book, before, version, {key: after[key] for key in _TOLD})
        book.forget_roles()
        no_conflict(book, holders)
        keeps_an_administrator(book, court, had)
        return before, book.one(Role, {"_id": role_id}) or after

    try:
        before, after = change(work, by=by, now=now)
    except DuplicateKeyError as error:
        raise _name_taken() from error
    told = [key for key in _TOLD if before.get(key) != after[key]]
    audit.change(before={key: before.get(key) for key in told}, after={key: after[key] for key in told})
    return after


def _role(book: Book, role_id: str) -> Raw:
    found = book.one(Role, {"_id": role_id})
    if found is None:
        raise NotFound(code="role.not_found", title="本院没有这个角色（预置角色不可修改）")
    return found


def _holders(book: Book, role_id: str) -> list[Raw]:
    groups = [one["_id"] for one in book.find(Group, {"grants.role": role_id}, {"_id": 1})]
    ways = [{"grants.role": role_id}, {"groups": {"$in": groups}}, {"secondments.grants.role": role_id}]
    return book.find(Person, {"$or": ways})


def _judge(book: Book, before: Raw, after: Raw, holders: list[Raw]) -> None:
    """The asker must be able to give the difference: to the court as a whole, and to each holder in their place."""
    court = before["court"]
    if bool(before.get("privileged")) != after["privileged"]:
        must_cover(book, [_handed(after, court, None)])
    if all(before.get(key) == after[key] for key in ("permissions", "grants", "scope")):
        return
    places: set[tuple[str | None, str | None]] = {(None, None)}
    for person in holders:
        groups = book.groups(person.get("groups") or ())
        at_home = [*(person.get("grants") or ()), *(grant for one in groups for grant in one.get("grants") or ())]
        placed = [(person.get("division"), grant) for grant in at_home if person["court"] == court]
        for one in person.get("secondments") or ():
            placed += [(one.get("division"), grant) for grant in one.get("grants") or () if one["court"] == court]
        places |= {(place, grant.get("scope")) for place, grant in placed if grant["role"] == before["_id"]}
    seats = [
        _differing(_handed({"grants": [], **before}, court, place, scope), _handed(after, court, place, scope))
        for place, scope in places
    ]
    must_cover(book, seats)


def _differing(one: Seat, other: Seat) -> Seat:
    """What one seat has and the other has not (or not as far), at the wider of the two reaches."""
    codes = {code for code in {*one.scopes, *other.scopes} if one.scopes.get(code) != other.scopes.get(code)}
    wider = {code: max(seat.scopes[code] for seat in (one, other) if code in seat.scopes) for code in codes}
    return Seat(one.court, one.division, wider)


def _store(book: Book, before: Raw, version: int, values: Raw) -> None:
    guard = {"_id": before["_id"], "version": version_is(version)}
    if not book.write(Role, guard, {"$set": {**values, "updated_at": book.now}, "$inc": {"version": 1}}):
        raise Conflict(code="role.stale", title="此角色已被他人修改，请刷新后重试")


def delete_role(*, role_id: str, version: int, by: str, now: datetime) -> None:
    """Raises `role.in_use` while people or groups hold it, `grants.beyond_authority`, `role.stale`."""

    def work(book: Book) -> Raw:
        before = _role(book, role_id)
        book.lock(before["court"])
        must_cover(book, [_handed({"grants": [], **before}, before["court"], None)])
        holders = len(_holders(book, role_id))
        groups = len(book.find(Group, {"grants.role": role_id}, {"_id": 1}))
        if holders or groups:
            title = f"此角色仍有{holders}人、{groups}个用户组使用，请先收回"
            raise Conflict(code="role.in_use", title=title, holders=holders, groups=groups)
        where = {"_id": role_id, "version": version_is(version)}
        if not Role._get_collection().delete_one(where, session=book.session).deleted_count:
            raise Conflict(code="role.stale", title="此角色已被他人修改，请刷新后重试")
        return before

    before = change(work, by=by, now=now)
    audit.change(before={key: before.get(key) for key in _TOLD})
