"""People as an administrator looks at them: lists with filters, one person with everything they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mongoengine import Document

from server.accounts import rights
from server.accounts.catalogue import CODES
from server.accounts.models import Court, Division, Group, Person, Session
from server.accounts.rights import RoleView
from server.core.clock import court_day
from server.core.errors import NotFound

Raw = Mapping[str, Any]
_STATES: dict[str, dict[str, Any]] = {"active": {"active": True}, "left": {"active": False}, "all": {}}
_SECRET = {"password_hash": 0, "old_password_hashes": 0, "totp.secret": 0, "totp.recovery": 0}


def find_people(
    *,
    where: Raw,
    q: str | None = None,
    role: str | None = None,
    group: str | None = None,
    division: str | None = None,
    state: str = "active",
    page: int = 1,
    page_size: int = 50,
) -> tuple[list[dict[str, Any]], int]:
    """One page of raw people (without secrets) by staff number, and how many there are in all.

    `where` is what the asker may see; `q` is part of a name, user name or staff number; `role` is held directly or
    through a group.
    """
    clauses: list[dict[str, Any]] = [dict(where), dict(_STATES[state])]
    if q:
        part = {"$regex": re.escape(q), "$options": "i"}
        clauses.append({"$or": [{field: part} for field in ("name", "username", "staff_no")]})
    if role:
        groups = [one["_id"] for one in Group._get_collection().find({"grants.role": role}, {"_id": 1})]
        clauses.append({"$or": [{"grants.role": role}, {"groups": {"$in": groups}}]})
    if group:
        clauses.append({"groups": group})
    if division:
        clauses.append({"division": division})
    query = {"$and": [clause for clause in clauses if clause]}
    people = Person._get_collection()
    found = people.find(query, _SECRET).sort([("staff_no", 1), ("_id", 1)])
    return list(found.skip((page - 1) * page_size).limit(page_size)), people.count_documents(query)


def raw_person(person_id: str) -> dict[str, Any]:
    """One person without secrets. Raises `person.not_found`."""
    found: dict[str, Any] | None = Person._get_collection().find_one({"_id": person_id}, _SECRET)
    if found is None:
        raise NotFound(code="person.not_found", title="没有这个人员")
    return found


def described(people: Sequence[Raw]) -> list[dict[str, Any]]:
    """Plain data for lists: what each holds with the names of courts, divisions, groups and roles in Chinese."""
    lent = [one for person in people for one in person.get("secondments") or ()]
    groups = _by_id(Group, (one for person in people for one in person.get("groups") or ()))
    roles = rights.roles_by_code({code for person in people for code in rights.codes_in(person, groups.values())})
    places = [*people, *lent]
    courts = _by_id(Court, (place["court"] for place in places))
    divisions = _by_id(Division, (place["division"] for place in places if place.get("division")))
    seen = _last_seen([person["_id"] for person in people])

    def named(found: Mapping[str, Raw], key: str | None) -> dict[str, Any] | None:
        return {"id": key, "name": found[key]["name"] if key in found else key} if key else None

    def court(code: str) -> dict[str, Any]:
        return {"code": code, "name": courts[code]["name"] if code in courts else code}

    def secondment(one: Raw) -> dict[str, Any]:
        return {
            "id": one["id"],
            "court": court(one["court"]),
            "division": named(divisions, one.get("division")),
            "grants": [_grant(grant, roles, None) for grant in one.get("grants") or ()],
            "from_on": one["from_on"],
            "until_on": one["until_on"],
        }

    def person_data(person: Raw) -> dict[str, Any]:
        in_groups = [groups[one] for one in person.get("groups") or () if one in groups]
        grants = [_grant(grant, roles, None) for grant in person.get("grants") or ()]
        grants += [_grant(grant, roles, group["_id"]) for group in in_groups for grant in group.get("grants") or ()]
        codes = list(dict.fromkeys(grant["role"] for grant in grants))
        return {
            **_own_data(person),
            "court": court(person["court"]),
            "division": named(divisions, person.get("division")),
            "roles": codes,
            "role_names": [roles[code].name if code in roles else code for code in codes],
            "grants": grants,
            "groups": [{"id": one["_id"], "name": one["name"]} for one in in_groups],
            "secondments": [secondment(one) for one in person.get("secondments") or ()],
            "last_seen_at": seen.get(person["_id"]),
        }

    return [person_data(person) for person in people]


def described_grants(lists: Sequence[Sequence[Raw]]) -> list[list[dict[str, Any]]]:
    """The grants of groups, each with its role's name and reach."""
    roles = rights.roles_by_code({grant["role"] for grants in lists for grant in grants})
    return [[_grant(grant, roles, None) for grant in grants] for grants in lists]


def _own_data(person: Raw) -> dict[str, Any]:
    agreement = person.get("agreement")
    return {
        "id": person["_id"],
        "version": person.get("version", 1),
        "username": person["username"],
        "name": person["name"],
        "staff_no": person["staff_no"],
        "agreement": {key: agreement.get(key) for key in ("signed_on", "until_on")} if agreement else None,
        "joined_on": person.get("joined_on"),
        "left_on": person.get("left_on"),
        "leave_reason": person.get("leave_reason"),
        "active": bool(person.get("active", True)),
        "bound": bool(person.get("openid")),
        "second_factor": bool((person.get("totp") or {}).get("confirmed_at")),
        "must_change_password": bool(person.get("must_change_password")),
    }


def _grant(grant: Raw, roles: Mapping[str, RoleView], group: str | None) -> dict[str, Any]:
    role = roles.get(grant["role"])
    return {
        "role": grant["role"],
        "role_name": role.name if role else grant["role"],
        "scope": rights.scope_of(grant, role).code if role else grant.get("scope"),
        "until_on": grant.get("until_on"),
        "from_group": group,
    }


def _by_id(model: type[Document], ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = list(set(ids))
    return {one["_id"]: one for one in model._get_collection().find({"_id": {"$in": wanted}})} if wanted else {}


def _last_seen(ids: Sequence[str]) -> dict[str, datetime]:
    newest = {"$group": {"_id": "$person_id", "at": {"$max": {"$ifNull": ["$last_seen_at", "$created_at"]}}}}
    found = Session._get_collection().aggregate([{"$match": {"person_id": {"$in": list(ids)}}}, newest])
    return {one["_id"]: one["at"] for one in found}


def permissions_of(person: Raw, *, now: datetime) -> list[dict[str, Any]]:
    """{code, label, scope, seat} of everything the person may do today; `seat` names the place in Chinese."""
    held = rights.of_person(person, today=court_day(now))
    courts = _by_id(Court, (seat.court for seat in held.seats))
    divisions = _by_id(Division, (seat.division for seat in held.seats if seat.division))
    order = {code: place for place, code in enumerate(CODES)}
    rows: list[dict[str, Any]] = []
    for seat in held.seats:
        where = " ".join([_name(courts, seat.court), *([_name(divisions, seat.division)] if seat.division else [])])
        rows += [
            {"code": code, "label": CODES[code].label, "scope": seat.scopes[code].code, "seat": where}
            for code in sorted(seat.scopes, key=lambda code: order.get(code, len(order)))
        ]
    return rows


def _name(found: Mapping[str, Raw], key: str) -> str:
    return str(found[key]["name"]) if key in found else key
