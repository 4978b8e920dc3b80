"""How rights change: in one transaction that reads what it judges by, changes it, and judges what came of it.

Graded administration, separated duties and "never without an administrator" compare several documents: people, groups,
roles, courts. Each change therefore counts up `rights_version` of every court it concerns; two changes at once that
could miss each other meet there, and MongoDB lets the second start again (snapshot isolation alone would not).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from mongoengine import Document
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from server.accounts import graded, rights
from server.accounts.catalogue import conflict
from server.accounts.models import Court, Group, Person, Role
from server.accounts.rights import Rights, RoleView
from server.accounts.roles import ROLES
from server.core import database
from server.core.clock import court_day
from server.core.errors import Conflict, DomainError, Invalid, NotFound
from server.core.permissions import Scope, Seat

Raw = Mapping[str, Any]
Done = TypeVar("Done")
ADMINISTERS = "people.grant"


class Book:
    """What one change of rights reads and writes. Everything goes through its transaction."""

    def __init__(self, session: ClientSession, *, by: str, now: datetime) -> None:
        self.session, self.by, self.now = session, by, now
        self.day = court_day(now).isoformat()
        self._roles: dict[str, RoleView] = {}
        self._below: dict[str, frozenset[str]] = {}

    def find(self, model: type[Document], where: Raw, fields: Raw | None = None) -> list[dict[str, Any]]:
        return list(model._get_collection().find(dict(where), dict(fields) if fields else None, session=self.session))

    def one(self, model: type[Document], where: Raw) -> dict[str, Any] | None:
        found: dict[str, Any] | None = model._get_collection().find_one(dict(where), session=self.session)
        return found

    def person(self, person_id: str) -> dict[str, Any]:
        found = self.one(Person, {"_id": person_id})
        if found is None:
            raise NotFound(code="person.not_found", title="没有这个人员")
        return found

    def lock(self, *courts: str | None) -> None:
        """Nobody else changes rights in these courts until this change is done or given up."""
        for court in sorted({court for court in courts if court}):
            Court._get_collection().update_one({"_id": court}, {"$inc": {"rights_version": 1}}, session=self.session)

    def lock_person(self, person: Raw) -> None:
        self.lock(person["court"], *(one["court"] for one in person.get("secondments") or ()))

    def roles(self, codes: Iterable[str]) -> dict[str, RoleView]:
        """Those that exist, as this transaction sees them."""
        wanted = set(codes)
        missing = [code for code in wanted if code not in ROLES and code not in self._roles]
        for raw in self.find(Role, {"_id": {"$in": missing}}) if missing else ():
            self._roles[raw["_id"]] = rights.view_of(Role._from_son(raw))
        seeded = {code: view for code in wanted if (view := rights.seeded(code)) is not None}
        return seeded | {code: self._roles[code] for code in wanted if code in self._roles}

    def forget_roles(self) -> None:
        self._roles = {}

    def groups(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        wanted = list(ids)
        return self.find(Group, {"_id": {"$in": wanted}}) if wanted else []

    def below(self, court: str) -> frozenset[str]:
        if court not in self._below:
            under = self.find(Court, {"path": court}, {"_id": 1})
            self._below[court] = frozenset([court, *(one["_id"] for one in under)])
        return self._below[court]

    def rights(self, person: Raw) -> Rights:
        groups = self.groups(person.get("groups") or ())
        roles = self.roles(rights.codes_in(person, groups))
        return rights.evaluate(person, day=self.day, groups=groups, roles=roles)

    def hands(self) -> tuple[Seat, ...]:
        """What whoever asks may hand out, as it stands now; nothing once they are inactive."""
        me = self.one(Person, {"_id": self.by, "active": True})
        return self.rights(me).hands if me else ()

    def write(self, model: type[Document], where: Raw, change: Raw) -> bool:
        """One guarded update; False when `where` no longer holds."""
        done = model._get_collection().update_one(dict(where), dict(change), session=self.session)
        return bool(done.matched_count)


def change(work: Callable[[Book], Done], *, by: str, now: datetime) -> Done:
    """Runs the work in one transaction (again from the start when another change got in between) and commits it."""
    done = look(work, by=by, now=now)
    rights.forget()
    return done


def look(work: Callable[[Book], Done], *, by: str, now: datetime) -> Done:
    """The same for work that only judges and writes nothing."""
    with database.database().client.start_session() as session:
        done: Done = session.with_transaction(
            lambda running: work(Book(running, by=by, now=now)),
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern("majority", j=True),
        )
    return done


def version_is(version: int) -> Any:
    """The guard for `version`; documents older than the field count as the first."""
    return {"$in": [1, None]} if version == 1 else version


def not_oneself(book: Book, person_id: str) -> None:
    if book.by == person_id:
        raise DomainError(code="grants.own", status=403, title="不能更改自己的权限、任职或保密协议，请由其他管理员办理")


def must_cover(book: Book, given: Iterable[Seat]) -> None:
    """Raises `grants.beyond_authority` naming what the asker may not hand out (or take away) there."""
    hands = book.hands()
    missing = [code for seat in given for code in graded.lacking(hands, seat, book.below)]
    if missing:
        raise DomainError(
            code="grants.beyond_authority",
            status=403,
            title="不能授予或收回超出您本人权限范围的权限",
            missing=graded.labels(dict.fromkeys(missing)),
        )


def must_outrank(book: Book, person: Raw, *, ordinary_too: bool, besides: Iterable[str] = ()) -> None:
    """Raises `people.beyond_authority` when the person holds what the asker could not hand out.

    Who can open somebody's account, or close it, otherwise gains or removes rights that are not theirs to give. With
    `ordinary_too` off, only power over people and the system counts: a leaver's daily work is no obstacle. Codes named
    in `besides` do not count either.
    """
    hands, allowed = book.hands(), frozenset(besides)
    seats = _everything_of(book, person)
    if not ordinary_too:
        seats = [Seat(seat.court, seat.division, _only_beyond(seat.scopes)) for seat in seats]
    missing = [code for seat in seats for code in graded.lacking(hands, seat, book.below) if code not in allowed]
    if missing:
        raise DomainError(
            code="people.beyond_authority",
            status=403,
            title="此人持有您无权授予的权限，请由权限相当的管理员办理，或先收回其权限",
            missing=graded.labels(dict.fromkeys(missing)),
        )


def _only_beyond(scopes: Mapping[str, Scope]) -> dict[str, Scope]:
    counted = graded.beyond_ordinary_work(scopes)
    return {code: scope for code, scope in scopes.items() if code in counted}


def _everything_of(book: Book, person: Raw) -> list[Seat]:
    """What the person may do and hand out from every seat, secondments that have not begun yet included."""
    return list(_with_coming(book, person).hands)


def _with_coming(book: Book, person: Raw) -> Rights:
    coming = [
        {**one, "from_on": min(one["from_on"], book.day)}
        for one in person.get("secondments") or ()
        if one["until_on"] >= book.day
    ]
    return book.rights({**person, "secondments": coming})


def no_conflict(book: Book, people: Iterable[Raw]) -> None:
    """Raises `roles.separated_duties` (三员分立) when one of these would hold what one person may not hold together."""
    for person in people:
        found = conflict(_with_coming(book, person).permissions)
        if found:
            raise Invalid(
                code="roles.separated_duties",
                title=f"{person['name']}将同时持有“{found[0]}”和“{found[1]}”类权限，三员分立不允许",
                person_id=person["_id"],
                duties=list(found),
            )


def administrators(book: Book, court: str) -> int:
    """How many active people of the court can administer its people today."""
    roles = {code for code, seed in ROLES.items() if ADMINISTERS in seed.permissions}
    roles |= {one["_id"] for one in book.find(Role, {"court": court, "permissions": ADMINISTERS}, {"_id": 1})}
    groups = book.find(Group, {"court": court, "grants.role": {"$in": list(roles)}}, {"_id": 1})
    where = {
        "court": court,
        "active": True,
        "$or": [{"grants.role": {"$in": list(roles)}}, {"groups": {"$in": [one["_id"] for one in groups]}}],
    }
    seats = (book.rights(person).seats[0] for person in book.find(Person, where))
    return sum(1 for seat in seats if seat.scopes.get(ADMINISTERS, Scope.OWN) >= Scope.COURT)


def keeps_an_administrator(book: Book, court: str, before: int) -> None:
    """Raises `roles.last_administrator` when the court had somebody to administer its people and would have nobody."""
    if before and not administrators(book, court):
        raise Conflict(code="roles.last_administrator", title="至少要保留一名可以授权的管理员，不能收回最后一人的权限")


def clean_grants(book: Book, grants: Sequence[Raw], court: str) -> list[dict[str, Any]]:
    """Grants as they are stored: known roles that may be held in this court, a scope only where it differs.

    Raises `roles.unknown` for a role that does not exist or belongs to another court.
    """
    roles = book.roles(grant["role"] for grant in grants)
    cleaned: list[dict[str, Any]] = []
    for grant in grants:
        role = roles.get(grant["role"])
        if role is None or role.court not in ("", court):
            raise Invalid(code="roles.unknown", title="没有这个角色，或它不属于该法院", role=grant["role"])
        stored = {"role": role.code}
        if grant.get("scope") and Scope.of(grant["scope"]) is not role.scope:
            stored["scope"] = grant["scope"]
        if grant.get("until_on"):
            stored["until_on"] = grant["until_on"]
        if stored not in cleaned:
            cleaned.append(stored)
    return cleaned


def seat_for(book: Book, grants: Iterable[Raw], court: str, division: str | None) -> Seat:
    """Everything these grants hand to somebody at that place, whenever they run."""
    listed = list(grants)
    roles = book.roles(grant["role"] for grant in listed)
    return rights.seat_of(listed, roles, court, division, handing=True)


def difference(book: Book, old: Iterable[Raw], new: Iterable[Raw]) -> list[Raw]:
    """Grants that are in one list only; a scope written out and the same scope of the role are no difference."""
    before, after = list(old), list(new)
    roles = book.roles(grant["role"] for grant in [*before, *after])

    def key(grant: Raw) -> tuple[Any, ...]:
        role = roles.get(grant["role"])
        return grant["role"], rights.scope_of(grant, role) if role else None, grant.get("until_on")

    kept = {key(one) for one in before} & {key(one) for one in after}
    return [one for one in [*before, *after] if key(one) not in kept]
