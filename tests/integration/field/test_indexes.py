"""No query of the field walks through a whole collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.dispatch.models import Visit
from server.field import services
from server.field.services.sync import Asked
from tests.factories import visits as make


def stages(plan: Any) -> Iterator[str]:
    """Every stage name in an explained plan, however deep."""
    if isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for value in plan.values():
            yield from stages(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from stages(value)


@pytest.fixture
def asked(database: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """(collection, filter) of everything found, counted or aggregated."""
    seen: list[tuple[str, Any]] = []
    collection = type(database["visits"])
    find, find_one, aggregate = collection.find, collection.find_one, collection.aggregate
    count = collection.count_documents

    def note(self: Any, where: Any) -> None:
        if isinstance(where, dict) and where:
            seen.append((self.name, where))

    monkeypatch.setattr(
        collection, "find", lambda self, where=None, *a, **k: (note(self, where), find(self, where, *a, **k))[1]
    )
    monkeypatch.setattr(
        collection,
        "find_one",
        lambda self, where=None, *a, **k: (note(self, where), find_one(self, where, *a, **k))[1],
    )
    monkeypatch.setattr(
        collection,
        "count_documents",
        lambda self, where, *a, **k: (note(self, where), count(self, where, *a, **k))[1],
    )
    monkeypatch.setattr(
        collection,
        "aggregate",
        lambda self, steps, *a, **k: (note(self, steps[0].get("$match")), aggregate(self, steps, *a, **k))[1],
    )
    return seen


def test_every_query_of_the_field_uses_an_index(
    database: Any, server: Person, visit: Visit, asked: list[tuple[str, Any]]
) -> None:
    today = court_day(utc_now())
    # A planner may choose to read a tiny collection through; with some hundred documents it must not.
    filler = [make.visit_values(n) for n in range(300)]
    database["visits"].insert_many(filler)
    services.route_of_day(court=make.COURT, person_id=server.id, day=today, now=utc_now())
    services.visit_of_phone(court=make.COURT, visit_id=visit.id, person_id=server.id, now=utc_now())
    services.sync_state(
        court=make.COURT,
        person_id=server.id,
        visit_ids=[visit.id],
        asked=[Asked("client-0001", visit.id), Asked("client-0002")],
    )
    services.list_reviews(court=make.COURT, day=today.isoformat())
    services.list_reviews(court=make.COURT)
    services.latest_positions(court=make.COURT, day=today)
    services.mileage(court=make.COURT, day=today)
    raw = database["visits"].find_one({"_id": visit.id})
    services.visit_evidence(court=make.COURT, visit=raw)
    services.track_of_visit(court=make.COURT, visit=raw)
    names = {name for name, _ in asked}
    assert {"visits", "evidence_items", "position_batches", "rosters"} <= names
    for name, where in asked:
        plan = database.command("explain", {"find": name, "filter": where}, verbosity="queryPlanner")["queryPlanner"][
            "winningPlan"
        ]
        assert "COLLSCAN" not in set(stages(plan)), (name, where)
