"""Registers everything the board may call, under /api/board."""

from __future__ import annotations

from server.board import (
    alerts,
    attempts,
    audit,
    batches,
    courts,
    days,
    divisions,
    effects,
    evidence,
    exhibits,
    groups,
    imports,
    interventions,
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
    rule_sets,
    sealing,
    situations,
    targets,
    tasks,
    todos,
    turnover,
    visits,
    wordings,
)
from server.core.http import SongdaApi

NOUNS = (
    imports,
    tasks,
    attempts,
    exhibits,
    interventions,
    effects,
    situations,
    rule_sets,
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
    sealing,
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
    wordings,
)


def register(api: SongdaApi) -> None:
    """Called once by the composition root."""
    for noun in NOUNS:
        api.register_blueprint(noun.blueprint)
