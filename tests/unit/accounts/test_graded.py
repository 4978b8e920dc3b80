"""What may be handed out: reach compared with reach."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.accounts.graded import lacking, must_be_privileged
from server.accounts.roles import ROLES
from server.core.permissions import Scope, Seat

TREE = {"A": frozenset("ABCD"), "B": frozenset("BC"), "C": frozenset("C"), "D": frozenset("D")}
DIVISIONS = (None, "one", "two")


def below(court: str) -> frozenset[str]:
    return TREE[court]


def seat(court: str, scope: Scope, division: str | None = None, *codes: str) -> Seat:
    return Seat(court, division, dict.fromkeys(codes or ("tasks.view",), scope))


def reach(one: Seat, code: str) -> set[tuple[str, str | None]]:
    """(court, division) pairs whose things the code reaches, besides one's own."""
    scope = one.scopes.get(code)
    if scope is Scope.BELOW:
        return {(court, division) for court in TREE[one.court] for division in DIVISIONS}
    if scope is Scope.COURT:
        return {(one.court, division) for division in DIVISIONS}
    if scope is Scope.DIVISION and one.division:
        return {(one.court, one.division)}
    return set()


seats = st.builds(
    lambda court, division, scope: Seat(court, division, {"tasks.view": scope}),
    st.sampled_from(sorted(TREE)),
    st.sampled_from(DIVISIONS),
    st.sampled_from(list(Scope)),
)


@given(hands=st.lists(seats, max_size=3), given_seat=seats)
def test_what_may_be_given_reaches_nothing_its_giver_does_not_reach(hands: list[Seat], given_seat: Seat) -> None:
    if not lacking(hands, given_seat, below):
        together = set().union(*(reach(one, "tasks.view") for one in hands))
        assert reach(given_seat, "tasks.view") <= together
        assert given_seat.court in {court for one in hands for court in {one.court, *TREE[one.court]}}


@given(giver=seats, middle=seats, last=seats)
def test_handing_on_never_reaches_further(giver: Seat, middle: Seat, last: Seat) -> None:
    if not lacking([giver], middle, below) and not lacking([middle], last, below):
        assert not lacking([giver], last, below)


@given(one=seats)
def test_everybody_may_give_exactly_what_they_hold_in_their_place(one: Seat) -> None:
    own_division = one.scopes["tasks.view"] is not Scope.DIVISION or one.division is not None
    assert bool(lacking([one], one, below)) is not own_division


def test_without_hands_nothing_is_given_and_what_everybody_has_needs_none() -> None:
    assert lacking([], seat("C", Scope.OWN), below) == ("tasks.view",)
    assert lacking([], seat("C", Scope.OWN, None, "me.view", "session.finish"), below) == ()


def test_a_division_covers_only_itself() -> None:
    chief = seat("C", Scope.DIVISION, "one")
    assert lacking([chief], seat("C", Scope.DIVISION, "one"), below) == ()
    assert lacking([chief], seat("C", Scope.DIVISION, "two"), below) == ("tasks.view",)
    assert lacking([chief], seat("C", Scope.COURT, "one"), below) == ("tasks.view",)


def test_every_code_that_is_lacking_is_named_once_in_order() -> None:
    asked = seat("C", Scope.COURT, None, "tasks.view", "audit.view", "papers.view")
    assert lacking([seat("C", Scope.COURT)], asked, below) == ("audit.view", "papers.view")


def test_roles_with_power_over_people_or_the_system_need_a_second_factor_as_the_seeded_ones_do() -> None:
    for role in ROLES.values():
        assert must_be_privileged(role.permissions) == role.privileged, role.code
