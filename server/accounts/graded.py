"""Rules of graded administration (用户分级管理), as pure functions.

Graded administration: nobody hands out, or takes away, what they could not hand out from one of their own seats. A seat
is a court, a division of it, and permission codes with how far each reaches. What is compared is reach: a code given at
a place must lie within the reach of the same code from a seat of the giver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from server.accounts.catalogue import CASE, CODES, COMMON
from server.core.permissions import Scope, Seat

Below = Callable[[str], frozenset[str]]  # a court → itself and every court under it


def lacking(hands: Iterable[Seat], given: Seat, below: Below) -> tuple[str, ...]:
    """The codes of `given` that none of these hands may give at that place, in order; empty when all may be given.

    What everybody may do (class `common`) is nobody's to give or to withhold.
    """
    seats = tuple(hands)
    return tuple(
        sorted(
            code
            for code, scope in given.scopes.items()
            if not _is_everybodys(code)
            and not any(code in seat.scopes and _covers(seat, seat.scopes[code], given, scope, below) for seat in seats)
        )
    )


def _is_everybodys(code: str) -> bool:
    return code in CODES and CODES[code].duty == COMMON


def _covers(seat: Seat, reach: Scope, given: Seat, scope: Scope, below: Below) -> bool:
    """Does what `reach` covers from `seat` include what `scope` covers from the place of `given`?

    Everybody's own work is their own wherever they sit in the court; a division is only that division.
    """
    if reach is Scope.BELOW:
        return given.court in below(seat.court)
    if given.court != seat.court or scope > reach:
        return False
    if scope is Scope.DIVISION and reach is Scope.DIVISION:
        return seat.division is not None and seat.division == given.division
    return True


def labels(codes: Iterable[str]) -> list[str]:
    """Chinese labels of permission codes, for telling what is missing."""
    return [CODES[code].label if code in CODES else code for code in codes]


def beyond_ordinary_work(codes: Iterable[str]) -> frozenset[str]:
    """Those codes that rule over other people or over the system, as opposed to doing the court's work."""
    return frozenset(code for code in codes if code in CODES and CODES[code].duty not in (CASE, COMMON))


def must_be_privileged(codes: Iterable[str]) -> bool:
    """Whether holders of these codes need a second factor: whoever can change other people's rights or the system."""
    return any(not code.endswith(".view") and code != "people.bind" for code in beyond_ordinary_work(codes))
