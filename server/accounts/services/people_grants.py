"""What somebody is given and what is taken away: roles, groups, secondments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from server.accounts.models import Court, Person
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
from server.accounts.services.people_access import stale
from server.accounts.services.people_changes import check_division
from server.core import audit
from server.core.errors import Conflict, Invalid, NotFound
from server.core.ids import new_id

Raw = dict[str, Any]
MOST_SECONDMENTS = 20


def put_grants(
    *, person_id: str, version: int, grants: Sequence[Raw], groups: Iterable[str], by: str, now: datetime
) -> Raw:
    """Replaces the roles and groups held at home; returns the raw person.

    Only what differs is judged, so that what the asker could not give may stay as it is. Raises `grants.own`,
    `grants.beyond_authority`, `roles.unknown`, `groups.unknown`, `roles.separated_duties`, `roles.last_administrator`,
    `person.has_left`, `person.stale`.
    """
    wanted_groups = list(dict.fromkeys(groups))

    def work(book: Book) -> tuple[Raw, Raw]:
        before = _changeable(book, person_id)
        court, place = before["court"], before.get("division")
        cleaned = clean_grants(book, grants, court)
        differing = difference(book, before.get("grants") or (), cleaned)
        moved = set(before.get("groups") or ()) ^ set(wanted_groups)
        by_groups = [grant for group in _groups(book, moved, court) for grant in group.get("grants") or ()]
        must_cover(book, [seat_for(book, [*differing, *by_groups], court, place)])
        had = administrators(book, court)
        after = _write(book, person_id, version, {"$set": {"grants": cleaned, "groups": wanted_groups}})
        no_conflict(book, [after])
        keeps_an_administrator(book, court, had)
        return before, after

    before, after = change(work, by=by, now=now)
    told = ("grants", "groups")
    audit.change(before={key: before.get(key) or [] for key in told}, after={key: after[key] for key in told})
    return after


def _changeable(book: Book, person_id: str) -> Raw:
    not_oneself(book, person_id)
    person = book.person(person_id)
    book.lock_person(person)
    if not person.get("active", True):
        raise Conflict(code="person.has_left", title="此人员已离职")
    return person


def _groups(book: Book, ids: Iterable[str], court: str) -> list[Raw]:
    """The groups that are joined or left; one that is gone or of another court can be in neither."""
    wanted = set(ids)
    found = [group for group in book.groups(wanted) if group["court"] == court]
    if len(found) != len(wanted):
        raise Invalid(code="groups.unknown", title="没有这个用户组，或它不属于该法院")
    return found


def _write(book: Book, person_id: str, version: int, update: Raw) -> Raw:
    whole = {**update, "$set": {**update.get("$set", {}), "updated_at": book.now}, "$inc": {"version": 1}}
    if not book.write(Person, {"_id": person_id, "version": version_is(version)}, whole):
        raise stale()
    return book.person(person_id)


def second(
    *,
    person_id: str,
    version: int,
    court: str,
    division: str | None,
    grants: Sequence[Raw],
    from_on: str,
    until_on: str,
    by: str,
    now: datetime,
) -> Raw:
    """借调: work in another court (or another division) from one day to another, both included; the raw person.

    The asker needs the authority over there, so both places lie in their subtree. Raises what `put_grants` raises,
    `court.not_found`, `division.wrong_court`, `secondment.bad_dates`, `secondment.too_many`.
    """
    secondment: Raw = {"id": new_id(), "court": court, "from_on": from_on, "until_on": until_on}
    if division:
        secondment["division"] = division

    def work(book: Book) -> Raw:
        before = _changeable(book, person_id)
        book.lock(court)
        if book.one(Court, {"_id": court}) is None:
            raise NotFound(code="court.not_found", title="没有这个法院")
        if until_on < from_on or until_on < book.day:
            raise Invalid(code="secondment.bad_dates", title="借调结束日期不能早于开始日期，也不能早于今天")
        check_division(book, court, division)
        if len(before.get("secondments") or ()) >= MOST_SECONDMENTS:
            raise Conflict(
                code="secondment.too_many", title=f"一人最多保留{MOST_SECONDMENTS}条借调记录，请先删除过期的"
            )
        secondment["grants"] = clean_grants(book, grants, court)
        must_cover(book, [seat_for(book, secondment["grants"], court, division)])
        after = _write(book, person_id, version, {"$push": {"secondments": secondment}})
        no_conflict(book, [after])
        return after

    after = change(work, by=by, now=now)
    audit.change(after={"secondment": secondment})
    return after


def end_secondment(*, person_id: str, secondment_id: str, version: int, by: str, now: datetime) -> Raw:
    """Takes a secondment away at once; returns the raw person. Raises `secondment.not_found` and as `put_grants`."""

    def work(book: Book) -> tuple[Raw, Raw]:
        before = _changeable(book, person_id)
        found = [one for one in before.get("secondments") or () if one["id"] == secondment_id]
        if not found:
            raise NotFound(code="secondment.not_found", title="没有这条借调记录")
        one = found[0]
        must_cover(book, [seat_for(book, one.get("grants") or (), one["court"], one.get("division"))])
        return one, _write(book, person_id, version, {"$pull": {"secondments": {"id": secondment_id}}})

    taken, after = change(work, by=by, now=now)
    audit.change(before={"secondment": taken})
    return after
