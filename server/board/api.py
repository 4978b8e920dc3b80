"""Registers everything the board may call, under /api/board."""

from __future__ import annotations

from server.board import (
    alerts,
    audit,
    batches,
    courts,
    days,
    divisions,
    evidence,
    groups,
    imports,
    ledger,
    links,
    orders,
    overview,
    papers,
    parties,
    people,
    plans,
    privacy,
    reviews,
    roles,
    rosters,
    targets,
    tasks,
    todos,
    turnover,
    visits,
)
from server.core.http import SongdaApi

NOUNS = (
    imports,
    tasks,
    todos,
    ledger,
    days,
    rosters,
    plans,
    visits,
    batches,
    reviews,
    evidence,
    papers,
    orders,
    people,
    links,
    parties,
    alerts,
    audit,
    privacy,
    overview,
    targets,
    groups,
    roles,
    courts,
    divisions,
    turnover,
)


def register(api: SongdaApi) -> None:
    """Called once by the composition root."""
    for noun in NOUNS:
        api.register_blueprint(noun.blueprint)
