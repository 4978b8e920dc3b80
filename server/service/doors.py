"""Visits belong to dispatch, a floor above: it registers here how an attempt's visit is taken off the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from server.service.actor import Actor

# (court, attempt id, reason, actor, now): withdraws the visit before anybody set out, refuses once somebody did.
TakeBack = Callable[[str, str, str, Actor, datetime], None]

_registered: list[TakeBack] = []


def register(take_back: TakeBack) -> None:
    """Called once when the program is composed. Registering the same one again changes nothing."""
    if take_back not in _registered:
        _registered.append(take_back)


def take_back(*, court: str, attempt_id: str, reason: str, actor: Actor, now: datetime) -> None:
    """Takes the attempt's visit back, if there is one. Raises `visit.under_way` once somebody is on the way."""
    for one in _registered:
        one(court, attempt_id, reason, actor, now)
