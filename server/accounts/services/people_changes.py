"""Registering people, changing what is known of them, their agreement, leaving and returning."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from server.accounts.models import BindCode, Division, Person
from server.accounts.services.administration import (
    Book,
    administrators,
    change,
    keeps_an_administrator,
    must_cover,
    must_outrank,
    not_oneself,
    seat_for,
    version_is,
)
from server.accounts.services.passwords import check_new, hash_password, one_time_password
from server.accounts.services.people_access import stale
from server.accounts.services.sessions import end_sessions
from server.core import audit
from server.core.clock import court_day
from server.core.errors import Conflict, DomainError, Invalid
from server.core.ids import new_id
from server.core.permissions import Scope, Seat

Raw = dict[str, Any]
_TOLD = ("username", "name", "staff_no", "division", "joined_on")


def register_person(
    *,
    court: str,
    username: str,
    name: str,
    staff_no: str,
    division: str | None,
    joined_on: str | None,
    password: str | None,
    now: datetime,
) -> tuple[Raw, str | None]:
    """A person without any rights yet. Returns (raw person, one-time password), the latter None when one was given.

    Either password must be changed at the first sign-in. Raises `person.username_taken`, `person.staff_no_taken`,
    `division.wrong_court`, `password.…` when the one given breaks the rules.
    """
    told = None if password else one_time_password()
    optional = {"division": division, "joined_on": joined_on}
    person: Raw = {
        "_id": new_id(),
        "court": court,
        "username": username.lower(),
        "name": name,
        "staff_no": staff_no,
        "grants": [],
        "groups": [],
        "secondments": [],
        **{key: value for key, value in optional.items() if value},
        "password_hash": hash_password(password or str(told)),
        "password_changed_at": now,
        "must_change_password": True,
        "active": True,
        "version": 1,
        "created_at": now,
    }
    if password:
        check_new(Person._from_son(person), password)
    _refuse_wrong_division(Division._get_collection().find_one({"_id": division, "court": court}), division)
    try:
        Person._get_collection().insert_one(person)
    except DuplicateKeyError as error:
        raise _taken(error, person) from error
    audit.target("person", person["_id"])
    audit.change(after={key: person.get(key) for key in _TOLD})
    return person, told


def _taken(error: DuplicateKeyError, person: Raw) -> DomainError:
    if "staff_no" in ((error.details or {}).get("keyPattern") or {}):
        return Conflict(code="person.staff_no_taken", title=f"工号 {person.get('staff_no')} 已有人使用")
    return Conflict(code="person.username_taken", title=f"用户名 {person.get('username')} 已被使用")


def _refuse_wrong_division(found: Raw | None, division: str | None) -> None:
    if division and (found is None or not found.get("active", True)):
        raise Invalid(code="division.wrong_court", title="该庭室不属于此法院，或已停用")


def check_division(book: Book, court: str, division: str | None) -> None:
    """Raises `division.wrong_court` unless the division is an active one of this court."""
    if division:
        _refuse_wrong_division(book.one(Division, {"_id": division, "court": court}), division)


def change_person(*, person_id: str, version: int, changes: Raw, by: str, now: datetime) -> Raw:
    """Changes some of name, staff_no, division, joined_on; returns the raw person.

    Another division changes where rights of division scope reach: then these are given anew, and judged so. Raises
    `person.stale`, `person.staff_no_taken`, `division.wrong_court`, `person.bad_dates`, `grants.beyond_authority`.
    """

    def work(book: Book) -> tuple[Raw, Raw]:
        before = book.person(person_id)
        if "division" in changes and changes["division"] != before.get("division"):
            _may_move(book, before, changes["division"])
        _refuse_bad_start(before, changes)
        _store(book, before, version, changes)
        return before, book.person(person_id)

    try:
        before, after = change(work, by=by, now=now)
    except DuplicateKeyError as error:
        raise _taken(error, changes) from error
    told = [key for key in changes if before.get(key) != after.get(key)]
    audit.change(before={key: before.get(key) for key in told}, after={key: after.get(key) for key in told})
    return after


def _may_move(book: Book, person: Raw, division: str | None) -> None:
    not_oneself(book, person["_id"])
    book.lock_person(person)
    check_division(book, person["court"], division)
    groups = book.groups(person.get("groups") or ())
    held = [*(person.get("grants") or ()), *(grant for group in groups for grant in group.get("grants") or ())]
    for place in (person.get("division"), division):
        whole = seat_for(book, held, person["court"], place)
        narrow = {code: scope for code, scope in whole.scopes.items() if scope is Scope.DIVISION}
        must_cover(book, [Seat(whole.court, place, narrow)])


def _refuse_bad_start(person: Raw, changes: Raw) -> None:
    joined_on = changes.get("joined_on")
    ends = [one["left_on"] for one in person.get("earlier") or ()]
    if joined_on and (joined_on <= max(ends, default="") or joined_on > (person.get("left_on") or "9999-12-31")):
        raise Invalid(code="person.bad_dates", title="入职日期应晚于上一次离职，且不晚于本次离职")


def _store(
    book: Book, before: Raw, version: int, values: Raw, *, more: Raw | None = None, where: Raw | None = None
) -> None:
    """Sets these values (None takes the field away) if the version still holds, else `person.stale`."""
    kept = {key: value for key, value in values.items() if value is not None}
    gone = {key: True for key, value in values.items() if value is None}
    update: Raw = {"$set": {**kept, "updated_at": book.now}, "$inc": {"version": 1}, **(more or {})}
    if gone:
        update["$unset"] = gone
    guard = {"_id": before["_id"], "version": version_is(version), **(where or {})}
    if not book.write(Person, guard, update):
        raise stale()


def record_agreement(
    *, person_id: str, version: int, signed_on: str, until_on: str | None, by: str, now: datetime
) -> Raw:
    """保密协议: the day it was signed and the last day it holds, if any. Raises `person.bad_dates`, `person.stale`."""
    if signed_on > court_day(now).isoformat() or (until_on and until_on < signed_on):
        raise Invalid(code="person.bad_dates", title="签订日期不能晚于今天，到期日期不能早于签订日期")
    agreement = {"signed_on": signed_on, "recorded_by": by, "recorded_at": now}
    if until_on:
        agreement["until_on"] = until_on

    def work(book: Book) -> tuple[Raw, Raw]:
        not_oneself(book, person_id)
        before = book.person(person_id)
        _store(book, before, version, {"agreement": agreement})
        return before, book.person(person_id)

    before, after = change(work, by=by, now=now)
    dates = ("signed_on", "until_on")
    audit.change(
        before={key: (before.get("agreement") or {}).get(key) for key in dates},
        after={key: after["agreement"].get(key) for key in dates},
    )
    return after


def leave(*, person_id: str, version: int, left_on: str, reason: str, by: str, now: datetime) -> Raw:
    """Ends somebody's work: rights, sessions, phone and unused codes are gone with the same write.

    `left_on` is the last day of work, today or earlier. Rights are not kept for a return: they are given anew.
    Raises `grants.own`, `people.beyond_authority` (power over people and the system must be taken away by somebody who
    could give it), `roles.last_administrator`, `person.has_left`, `person.bad_dates`, `person.stale`.
    """

    def work(book: Book) -> tuple[Raw, Raw]:
        not_oneself(book, person_id)
        before = book.person(person_id)
        book.lock_person(before)
        if not before.get("active", True):
            raise Conflict(code="person.has_left", title="此人员已离职")
        starts = [one["left_on"] for one in before.get("earlier") or ()]
        if left_on > book.day or left_on < max([before.get("joined_on") or "", *starts]):
            raise Invalid(code="person.bad_dates", title="离职日期不能晚于今天，也不能早于入职日期")
        must_outrank(book, before, ordinary_too=False)
        had = administrators(book, before["court"])
        values = {"active": False, "left_on": left_on, "leave_reason": reason, "grants": [], "groups": []}
        _store(book, before, version, {**values, "secondments": [], "openid": None, "device": None})
        keeps_an_administrator(book, before["court"], had)
        BindCode._get_collection().delete_many({"person_id": person_id}, session=book.session)
        return before, book.person(person_id)

    before, after = change(work, by=by, now=now)
    end_sessions(person_id, reason="left", now=now)
    audit.change(
        before={"active": True, "roles": [grant["role"] for grant in before.get("grants") or ()]},
        after={"active": False, "left_on": left_on, "reason": reason, "roles": []},
    )
    return after


def come_back(*, person_id: str, version: int, joined_on: str, by: str, now: datetime) -> Raw:
    """Takes somebody who left on again, without any rights and with a password to change; the time before is kept.

    The first day lies after the last day of the time before and not after today. Raises `person.not_left`,
    `person.bad_dates`, `person.stale`.
    """

    def work(book: Book) -> Raw:
        not_oneself(book, person_id)
        before = book.person(person_id)
        if before.get("active", True) or not before.get("left_on"):
            raise Conflict(code="person.not_left", title="此人员并未离职")
        if joined_on > book.day or joined_on <= before["left_on"]:
            raise Invalid(code="person.bad_dates", title="返岗日期应晚于离职日期，且不能晚于今天")
        over = {"left_on": before["left_on"], "reason": before.get("leave_reason") or ""}
        over["joined_on"] = before.get("joined_on") or min(court_day(before["created_at"]).isoformat(), over["left_on"])
        values = {"active": True, "joined_on": joined_on, "left_on": None, "leave_reason": None}
        _store(
            book,
            before,
            version,
            {**values, "must_change_password": True},
            more={"$push": {"earlier": over}},
            where={"active": False},
        )
        return book.person(person_id)

    after = change(work, by=by, now=now)
    audit.change(before={"active": False}, after={"active": True, "joined_on": joined_on})
    return after
