"""A day of the court with servers who have accounts, seen through the board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.accounts.models import Person
from server.core.clock import utc_now
from server.dispatch.models import Visit
from server.dispatch.services import select_visits
from server.dispatch.services.runner import run_plan
from tests.api.conftest import Browser
from tests.integration.dispatch import samples

DAY = samples.DAY


@pytest.fixture
def manager(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in("manager")


@pytest.fixture
def specialist(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in("specialist")


@pytest.fixture
def day(people: dict[str, Person]) -> list[dict[str, Any]]:
    """Six visits, wc001 and wc002 on duty; raw visits from west to east."""
    samples.store_tasks(*(samples.task(step) for step in range(1, 7)))
    samples.store_roster(
        *(
            samples.entry(number, server_id=people[f"wc00{number}"].id, name=people[f"wc00{number}"].name)
            for number in (1, 2)
        )
    )
    select_visits(court=samples.COURT, day=DAY, actor=samples.MANAGER, now=utc_now())
    return samples.all_visits()


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.json


def run(plan_id: str) -> None:
    """What the worker would do."""
    assert run_plan(plan_id=plan_id, now=utc_now())


def ended(visit_id: str, server: str, **changes: Any) -> None:
    """As a phone would leave it, without the doors in between (the phone's own tests walk through them)."""
    now = utc_now()
    Visit._get_collection().update_one(
        {"_id": visit_id},
        {
            "$set": {
                "state": "ended",
                "server_id": server,
                "position": 1,
                "outcome": {"code": "signed_recipient", "happened_at": now, "received_at": now, "evidence": []},
                "review": {"state": "pending", "round": 1},
                **changes,
            },
            "$inc": {"version": 1},
        },
    )
