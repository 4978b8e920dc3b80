"""No sequence of steps, by an administrator and everybody they gave rights to, ever yields more than they had."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.accounts import graded, rights
from server.accounts.catalogue import CODES, COMMON
from server.accounts.models import Division, Group, Person, Role
from server.accounts.roles import ROLES
from server.accounts.services import groups, people_changes, people_grants, roles
from server.core.errors import DomainError
from server.core.permissions import Seat
from tests.integration.accounts import world
from tests.integration.accounts.world import ELSEWHERE, HERE, MIDDLE, NEXT, NOW, TOP

SCOPES = ("own", "division", "court", "below")
COURTS = (HERE, NEXT, MIDDLE)
OPEN_CODES = sorted(code for code, one in CODES.items() if one.duty != COMMON)
LIKELY = ("court_admin", *ROLES, "onsite", "manager", "process_server")
FIRST_SCOPES = ("division", "court", "court", "below", "below")
FIRST_ROLES = ("court_admin", "court_admin", "court_admin", "supervisor", "system_admin", "manager", "leader")

picks = st.integers(0, 10_000)
grants = st.lists(
    st.fixed_dictionaries({"role": picks, "scope": st.none() | st.sampled_from(SCOPES)}), min_size=0, max_size=2
)
steps = st.one_of(
    st.tuples(st.just("grants"), picks, picks, grants, st.lists(picks, max_size=2)),
    st.tuples(st.just("second"), picks, picks, grants, st.tuples(st.sampled_from((*COURTS, ELSEWHERE, TOP)), picks)),
    st.tuples(
        st.just("role"), picks, picks, st.lists(st.sampled_from(OPEN_CODES), max_size=4), st.sampled_from(SCOPES)
    ),
    st.tuples(
        st.just("widen"), picks, picks, st.lists(st.sampled_from(OPEN_CODES), max_size=4), st.sampled_from(SCOPES)
    ),
    st.tuples(
        st.just("hand"), picks, picks, st.lists(st.sampled_from(OPEN_CODES), max_size=4), st.sampled_from(SCOPES)
    ),
    st.tuples(st.just("group"), picks, picks, grants, st.none()),
    st.tuples(st.just("regroup"), picks, picks, grants, st.none()),
    st.tuples(st.just("move"), picks, picks, picks, st.none()),
)


COUNTED: Counter[str] = Counter()


class World:
    """One administrator and six people who hold nothing; anybody may try anything."""

    def __init__(self, role: str, scope: str, court: str) -> None:
        for model in (Person, Group, Role, Division):
            model._get_collection().delete_many({})
        self.divisions = [world.division(name, at) for at in COURTS for name in ("一庭", "二庭")]
        place = self.divisions[COURTS.index(court) * 2]
        self.admin = world.person("admin", (role, scope), court=court, division=place)
        at = [(HERE, None), (HERE, 0), (HERE, 1), (NEXT, 2), (MIDDLE, 4), (ELSEWHERE, None)]
        self.people = [
            world.person(f"p{n}", court=home, division=None if where is None else self.divisions[where])
            for n, (home, where) in enumerate(at)
        ]
        self.hands = world.held(self.admin).hands

    def anybody(self, pick: int) -> str:
        everybody = [self.admin, *self.people]
        return everybody[pick % len(everybody)]

    def some_role(self, pick: int) -> str:
        own = self.one_of(Role, pick // 2)
        return own["_id"] if own and pick % 2 else LIKELY[pick % len(LIKELY)]

    def listed(self, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"role": self.some_role(one["role"]), "scope": one["scope"]} for one in asked]

    def one_of(self, model: Any, pick: int) -> dict[str, Any] | None:
        known = list(model._get_collection().find().sort("_id", 1))
        return known[pick % len(known)] if known else None

    def take(self, step: tuple[Any, ...]) -> None:
        name, who, whom, what, more = step
        by = {"by": self.admin if who % 2 else self.anybody(who // 2), "now": NOW}
        try:
            getattr(self, f"_{name}")(by, whom, what, more)
            COUNTED[f"{name} done"] += 1
        except DomainError as error:
            COUNTED[error.code] += 1

    def _target(self, pick: int) -> dict[str, Any]:
        found = world.raw(self.anybody(pick))
        return {"person_id": found["_id"], "version": found["version"]}

    def _grants(self, by: dict[str, Any], whom: int, what: Any, more: Any) -> None:
        known = [group["_id"] for pick in more if (group := self.one_of(Group, pick))]
        people_grants.put_grants(**self._target(whom), grants=self.listed(what), groups=known, **by)

    def _second(self, by: dict[str, Any], whom: int, what: Any, more: Any) -> None:
        court, pick = more
        there = list(Division._get_collection().find({"court": court}).sort("_id", 1))
        division = there[pick % len(there)]["_id"] if there and pick % 3 else None
        people_grants.second(**self._target(whom), court=court, division=division, grants=self.listed(what),
                             from_on="2026-11-01", until_on="2026-12-31", **by)  # fmt: skip

    def _role(self, by: dict[str, Any], whom: int, what: Any, more: Any) -> None:
        court = world.raw(self.anybody(whom))["court"]
        roles.create_role(court=court, name=f"r{whom}", permissions=what, grants=what[:1], scope=more, privileged=False,
                          copy_of=None, **by)  # fmt: skip

    def _change(self, by: dict[str, Any], whom: int, **changes: Any) -> None:
        role = self.one_of(Role, whom)
        if role:
            roles.change_role(role_id=role["_id"], version=role["version"], changes=changes, **by)

    def _widen(self, by: dict[str, Any], whom: int, what: Any, more: Any) -> None:
        self._change(by, whom, permissions=what, scope=more)

    def _hand(self, by: dict[str, Any], whom: int, what: Any, _more: Any) -> None:
        self._change(by, whom, grants=what)

    def _group(self, by: dict[str, Any], whom: int, what: Any, _more: Any) -> None:
        court = world.raw(self.anybody(whom))["court"]
        groups.create_group(court=court, name=f"g{whom}", grants=self.listed(what), **by)

    def _regroup(self, by: dict[str, Any], whom: int, what: Any, _more: Any) -> None:
        group = self.one_of(Group, whom)
        if group:
            groups.change_group(
                group_id=group["_id"], version=group["version"], name=None, grants=self.listed(what), **by
            )

    def _move(self, by: dict[str, Any], whom: int, what: Any, _more: Any) -> None:
        changes = {"division": self.divisions[what % len(self.divisions)]}
        people_changes.change_person(**self._target(whom), changes=changes, **by)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=st.tuples(st.sampled_from(FIRST_ROLES), st.sampled_from(FIRST_SCOPES), st.sampled_from(COURTS)),
    taken=st.lists(steps, min_size=5, max_size=30),
)
@example(  # something is given whatever else is drawn: the administrator makes somebody a manager
    first=("court_admin", "court", HERE), taken=[("grants", 1, 1, [{"role": 14, "scope": None}], [])]
)
def _play(first: tuple[str, str, str], taken: list[tuple[Any, ...]]) -> None:
    played = World(*first)
    tree = rights.CourtTree()
    for step in taken:
        played.take(step)
        for person in (played.admin, *played.people):
            seats: tuple[Seat, ...] = world.held(person).hands
            COUNTED["given"] += person != played.admin and sum(
                bool(set(seat.scopes) & set(OPEN_CODES)) for seat in seats
            )
            for seat in seats:
                assert graded.lacking(played.hands, seat, tree.below) == (), (step, seat)


def test_no_sequence_of_steps_yields_more_than_the_administrator_had(database: Any) -> None:
    world.courts()
    COUNTED.clear()
    _play()
    assert COUNTED["given"], "the steps taken must give something, or nothing was tried"
