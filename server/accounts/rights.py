"""What somebody may do, from the roles and groups they hold, with how far each permission reaches.

The answer is a tuple of seats: the own court, and one per secondment that runs today. Definitions of roles and groups
are cached for two seconds in each process (and dropped at once where they are changed); people and sessions never are,
so that what is taken from a person is gone with their next request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.accounts.catalogue import known
from server.accounts.models import Court, Group, Role
from server.accounts.roles import ROLES
from server.core.permissions import Scope, Seat

CACHE_S = 2.0
TREE_CACHE_S = 30.0


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, seeded or a court's own."""

    code: str
    court: str  # "" for the seeded ones
    name: str
    permissions: frozenset[str]
    grants: frozenset[str]
    scope: Scope
    privileged: bool


@dataclass(frozen=True, slots=True)
class Rights:
    """Everything a person holds today."""

    seats: tuple[Seat, ...]
    roles: tuple[str, ...]
    privileged: bool
    authority: Mapping[str, Scope]  # at home: what may be handed out, and how far
    hands: tuple[Seat, ...] = ()  # the same from every seat

    @property
    def permissions(self) -> frozenset[str]:
        return frozenset(code for seat in self.seats for code in seat.scopes)


class _Cache:
    """One dictionary that is thrown away every few seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._lock = seconds, threading.Lock()
        self._held: dict[Any, Any] = {}
        self._until = 0.0

    def get(self, key: Any) -> Any:
        with self._lock:
            if time.monotonic() > self._until:
                self._held, self._until = {}, time.monotonic() + self._seconds
            return self._held.get(key)

    def put(self, key: Any, value: Any) -> None:
        with self._lock:
            self._held[key] = value

    def drop(self) -> None:
        with self._lock:
            self._held, self._until = {}, 0.0


_definitions = _Cache(CACHE_S)
_courts = _Cache(TREE_CACHE_S)


def forget() -> None:
    """After a role, a group or the tree of courts was changed here."""
    _definitions.drop()
    _courts.drop()


def seeded(code: str) -> RoleView | None:
    seed = ROLES.get(code)
    if seed is None:
        return None
    return RoleView(seed.code, "", seed.name, seed.permissions, seed.grants, seed.scope, seed.privileged)


def view_of(role: Role) -> RoleView:
    return RoleView(
        role.id,
        role.court,
        role.name,
        known(role.permissions),
        known(role.grants),
        Scope.of(role.scope),
        bool(role.privileged),
    )


def roles_by_code(codes: Iterable[str]) -> dict[str, RoleView]:
    """Those that exist, seeded or a court's own."""
    found: dict[str, RoleView] = {}
    missing: list[str] = []
    for code in set(codes):
        view = seeded(code) or _definitions.get(("role", code))
        if view is None:
            missing.append(code)
        elif view != "none":
            found[code] = view
    if missing:
        stored = {role.id: view_of(role) for role in Role.objects(id__in=missing)}
        for code in missing:
            _definitions.put(("role", code), stored.get(code, "none"))
        found |= stored
    return found


def _groups(ids: Iterable[str]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    missing: list[str] = []
    for group_id in ids:
        held = _definitions.get(("group", group_id))
        if held is None:
            missing.append(group_id)
        elif held != "none":
            found.append(held)
    if missing:
        stored = {group["_id"]: group for group in Group._get_collection().find({"_id": {"$in": missing}})}
        for group_id in missing:
            _definitions.put(("group", group_id), stored.get(group_id, "none"))
        found.extend(stored.values())
    return found


def of_person(person: Mapping[str, Any], *, today: date) -> Rights:
    """`person` is the raw document: court, division, grants, groups, secondments. Today is the court's day."""
    groups = _groups(person.get("groups") or ())
    return evaluate(person, day=today.isoformat(), groups=groups, roles=roles_by_code(codes_in(person, groups)))


def codes_in(person: Mapping[str, Any], groups: Iterable[Mapping[str, Any]]) -> set[str]:
    """Codes of every role a person is given somewhere: directly, by a group, on a secondment."""
    places = [person, *groups, *(person.get("secondments") or ())]
    return {grant["role"] for place in places for grant in place.get("grants") or ()}


def evaluate(
    person: Mapping[str, Any], *, day: str, groups: Iterable[Mapping[str, Any]], roles: Mapping[str, RoleView]
) -> Rights:
    """What the person holds on `day` (ISO date) when these are the groups they are in and the roles there are."""
    held = [grant for group in groups for grant in group.get("grants") or ()]
    home = (person["court"], person.get("division"))
    own = _running([*(person.get("grants") or ()), *held], day)
    placed = [(home, own)] + [
        ((one["court"], one.get("division")), _running(one.get("grants") or (), day))
        for one in person.get("secondments") or ()
        if one["from_on"] <= day <= one["until_on"]
    ]
    used = {grant["role"] for _, grants in placed for grant in grants} & roles.keys()
    hands = tuple(seat_of(grants, roles, *place, handing=True) for place, grants in placed)
    return Rights(
        tuple(seat_of(grants, roles, *place) for place, grants in placed),
        tuple(dict.fromkeys(grant["role"] for grant in own if grant["role"] in roles)),
        any(roles[code].privileged for code in used),
        hands[0].scopes,
        hands,
    )


def _running(grants: Iterable[Mapping[str, Any]], day: str) -> list[Mapping[str, Any]]:
    return [grant for grant in grants if not grant.get("until_on") or grant["until_on"] >= day]


def scope_of(grant: Mapping[str, Any], role: RoleView) -> Scope:
    return Scope.of(grant["scope"]) if grant.get("scope") else role.scope


def seat_of(
    grants: Iterable[Mapping[str, Any]],
    roles: Mapping[str, RoleView],
    court: str,
    division: str | None,
    *,
    handing: bool = False,
) -> Seat:
    """What these grants let somebody do from this place; with `handing`, also what they let them hand out.

    A court's own role gives nothing in another court.
    """
    found: dict[str, Scope] = {}
    for grant in grants:
        role = roles.get(grant["role"])
        if role is None or role.court not in ("", court):
            continue
        for code in role.permissions | role.grants if handing else role.permissions:
            found[code] = max(found.get(code, Scope.OWN), scope_of(grant, role))
    return Seat(court, division, found)


def names_of(codes: Iterable[str]) -> list[str]:
    """The Chinese names of roles, seeded or a court's own, in the order asked; an unknown code stands for itself."""
    wanted = list(codes)
    known_roles = roles_by_code(wanted)
    return [known_roles[code].name if code in known_roles else code for code in wanted]


class CourtTree:
    """The tree of courts for `server.core.objects`, read again every half minute."""

    def below(self, court: str) -> frozenset[str]:
        found = _courts.get(court)
        if found is None:
            ids = [one["_id"] for one in Court._get_collection().find({"path": court}, {"_id": 1})]
            found = frozenset([court, *ids])
            _courts.put(court, found)
        return found
