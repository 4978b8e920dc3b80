"""Object-level rights, in one place: which objects a permission reaches, as a Mongo filter made before the query runs.

A feature registers its kinds once (`register(Kind("visit", …))`). The gate asks `locate` for the object a request
names; lists ask `within`. Nothing else in the program decides whose objects somebody may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from server.core.errors import DomainError, NotFound
from server.core.permissions import Principal, Scope, Seat, forbidden

Filter = dict[str, Any]


class Tree(Protocol):
    """The courts as a tree, as far as rights need it."""

    def below(self, court: str) -> frozenset[str]:
        """The court and all courts under it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How the objects of one kind are found and whose they are.

    `own` and `division` are fields of the document. A kind with a `parent` (kind, field with the parent's id) is as
    near as its parent. `anyones_own`: the service itself answers for other people's objects (and says why).
    """

    name: str
    collection: Callable[[], Any]
    missing: Callable[[], DomainError]
    court: str = "court"
    division: str | None = None
    own: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None
    anyones_own: bool = False


_KINDS: dict[str, Kind] = {}


class _Courts:
    tree: Tree | None = None


def register(*kinds: Kind) -> None:
    """Called when the program is composed; the same name again replaces."""
    for kind in kinds:
        _KINDS[kind.name] = kind


def kinds() -> Mapping[str, Kind]:
    return _KINDS


def use_tree(tree: Tree) -> None:
    _Courts.tree = tree


def tree() -> Tree:
    if _Courts.tree is None:
        raise RuntimeError("no tree of courts has been given")
    return _Courts.tree


def courts_of(principal: Principal, code: str) -> frozenset[str]:
    """Every court in which the principal may use this permission, however narrowly."""
    found: set[str] = set()
    for seat in principal.seats:
        scope = seat.scopes.get(code)
        if scope is not None:
            found |= tree().below(seat.court) if scope is Scope.BELOW else {seat.court}
    return frozenset(found)


def seats_reaching(principal: Principal, code: str, court: str) -> list[Seat]:
    """The seats from which this permission reaches into the court."""
    return [
        seat
        for seat in principal.seats
        if code in seat.scopes
        and (seat.court == court or (seat.scopes[code] is Scope.BELOW and court in tree().below(seat.court)))
    ]


def within(kind: str, principal: Principal, code: str) -> Filter:
    """The filter of a list: what of this kind the permission reaches in the court acted in."""
    return _filter(_KINDS[kind], principal, code, principal.court)


def _filter(kind: Kind, principal: Principal, code: str, court: str) -> Filter:
    choices = [_seat_filter(kind, principal, seat, code) for seat in seats_reaching(principal, code, court)]
    if not choices:
        raise forbidden(code)
    if any(not choice for choice in choices):
        return {kind.court: court}
    return {kind.court: court, "$or": [clause for choice in choices for clause in choice]}


def _seat_filter(kind: Kind, principal: Principal, seat: Seat, code: str) -> list[Filter]:
    """Alternatives, one of which must hold; empty when the whole court is within reach."""
    scope = seat.scopes[code]
    if scope >= Scope.COURT or (kind.anyones_own and scope is Scope.OWN):
        return []
    own: list[Filter] = [{field: principal.person_id} for field in kind.own]
    if scope is Scope.DIVISION and kind.division and seat.division:
        own.append({kind.division: seat.division})
    return own or [{"_id": None}]


def locate(kind_name: str, object_id: str, principal: Principal, code: str) -> str:
    """The court of the object when the permission reaches it; raises the kind's 404 otherwise, saying nothing more.

    A kind whose parent decides is looked up through the parent, so a photo is as near as its visit.
    """
    kind = _KINDS[kind_name]
    wanted = [kind.court, *kind.own, *filter(None, [kind.division]), *([kind.parent[1]] if kind.parent else [])]
    found = kind.collection().find_one({"_id": object_id}, dict.fromkeys(wanted, 1))
    if found is None:
        raise kind.missing()
    court = str(_dig(found, kind.court))
    if kind.parent:
        _locate_parent(kind, found, principal, code)
        return court
    try:
        where = _filter(kind, principal, code, court)
    except DomainError as error:
        raise kind.missing() from error
    if not _meets(found, where):
        raise kind.missing()
    return court


def _meets(found: Mapping[str, Any], where: Filter) -> bool:
    """Whether a document that is here already would be found by a filter of `_filter`: one read less per request."""
    return all(
        any(_meets(found, one) for one in wanted) if field == "$or" else _equals(_dig(found, field), wanted)
        for field, wanted in where.items()
    )


def _equals(value: Any, wanted: Any) -> bool:
    """Equality as MongoDB means it: a list equals what it holds."""
    return value == wanted or (isinstance(value, list) and wanted in value)


def _locate_parent(kind: Kind, found: Mapping[str, Any], principal: Principal, code: str) -> None:
    parent, field = kind.parent or ("", "")
    try:
        locate(parent, str(_dig(found, field)), principal, code)
    except NotFound as error:
        raise kind.missing() from error


def _dig(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for part in path.split("."):
        value = (value or {}).get(part)
    return value


def all_within(kind: str, object_ids: Iterable[str], principal: Principal, code: str) -> frozenset[str]:
    """Which of these objects of the court acted in are within reach: for bodies that name several."""
    wanted = list(dict.fromkeys(object_ids))
    where = within(kind, principal, code)
    return frozenset(
        one["_id"] for one in _KINDS[kind].collection().find({"_id": {"$in": wanted}, **where}, {"_id": 1})
    )
