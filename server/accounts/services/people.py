"""People of a court and the courts themselves, as other features need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from server.accounts import rights
from server.accounts.catalogue import conflict
from server.accounts.models import Court, Group, Person
from server.accounts.services.passwords import hash_password
from server.core.clock import court_day
from server.core.errors import Conflict, DomainError, Invalid, NotFound
from server.core.ids import new_id


def get_court(code: str) -> Court:
    court = Court.objects(id=code).first()
    if court is None:
        raise NotFound(code="court.not_found", title="没有这个法院")
    return court


def get_person(*, court: str, person_id: str) -> Person:
    person = Person.objects(court=court, id=person_id).first()
    if person is None:
        raise NotFound(code="person.not_found", title="没有这个人员")
    return person


def list_people(*, court: str, role: str | None = None) -> list[Person]:
    """Active people of the court by staff number, of one role (held directly or through a group) when given."""
    query = Person.objects(court=court, active=True)
    if role:
        groups = [group.id for group in Group.objects(__raw__={"court": court, "grants.role": role}).only("id")]
        query = query.filter(__raw__={"$or": [{"grants.role": role}, {"groups": {"$in": groups}}]})
    return list(query.order_by("staff_no"))


def ensure_person(
    *,
    court: str,
    username: str,
    name: str,
    staff_no: str,
    roles: Iterable[str],
    now: datetime,
    password: str | None = None,
) -> tuple[Person, bool]:
    """Creates the person, or gives an existing one (same court and staff number) the name and missing roles.

    Returns (person, created). Raises `person.username_taken` when another person holds the name, `person.has_left`
    for somebody who left (they come back through an administrator), `roles.separated_duties` when the roles and those
    held already may not be held together.
    """
    wanted = list(roles)
    _refuse_conflict(Person._get_collection().find_one({"court": court, "staff_no": staff_no}), wanted, now)
    fields: dict[str, object] = {
        "_id": new_id(),
        "username": username.lower(),
        "version": 1,
        "created_at": now,
    }
    if password is not None:
        fields["password_hash"] = hash_password(password)
    try:
        before = Person._get_collection().find_one_and_update(
            {"court": court, "staff_no": staff_no, "active": True},
            {
                "$setOnInsert": fields,
                "$set": {"name": name},
                "$addToSet": {"grants": {"$each": [{"role": role} for role in wanted]}},
            },
            upsert=True,
        )
    except DuplicateKeyError as error:
        if Person.objects(court=court, staff_no=staff_no, active=False):
            raise Conflict(code="person.has_left", title=f"工号 {staff_no} 的人员已离职，请先办理返岗") from error
        raise DomainError(code="person.username_taken", status=409, title=f"用户名 {username} 已被使用") from error
    person = Person.objects(court=court, staff_no=staff_no).get()
    return person, before is None


def _refuse_conflict(person: Mapping[str, Any] | None, roles: Iterable[str], now: datetime) -> None:
    if person is None:
        return
    given = {"court": person["court"], "grants": [{"role": role} for role in roles]}
    today = court_day(now)
    together = rights.of_person(person, today=today).permissions | rights.of_person(given, today=today).permissions
    found = conflict(together)
    if found:
        raise Invalid(
            code="roles.separated_duties",
            title=f"{person['name']}将同时持有“{found[0]}”和“{found[1]}”类权限，三员分立不允许",
            person_id=person["_id"],
            duties=list(found),
        )
