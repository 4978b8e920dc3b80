"""kill -9 of web, worker, Valkey and mongod under a played day: nothing that was answered 2xx is lost or done twice.

All services share one day, each killed twice, one after the other; `-k worker` plays a day in which only that one dies.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pymongo
import pytest

from server.demo.services import PASSWORD
from server.drill.play import Day, Setting
from tests.resilience import books
from tests.stack.processes import ROOT, wait_until
from tests.stack.whole import WholeStack

pytestmark = [pytest.mark.resilience, pytest.mark.timeout(600)]
SERVICES = ("web", "worker", "valkey", "mongod")
DAY = "2026-12-08"
LISTS = ROOT / "tests" / "data" / f"day-{DAY}-small"
# Visits the plan surely contains; the deaths are spread over so many outcomes.
PLANNED = 36


@dataclass
class Played:
    """A day and how it went. `deaths`: (service, outcomes entered when it died)."""

    result: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    deaths: list[tuple[str, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def played(stack: WholeStack, request: pytest.FixtureRequest) -> Played:
    """One day in which the services of the selected tests are killed, twice each."""
    chosen = {item.callspec.params.get("service") for item in request.session.items if hasattr(item, "callspec")
              and item.path == request.path}  # fmt: skip
    return _play(stack, [name for name in SERVICES if name in chosen] or list(SERVICES))


def _play(stack: WholeStack, services: list[str]) -> Played:
    setting = Setting(
        cases=LISTS / "cases.xlsx",
        servers=LISTS / "servers.csv",
        day=DAY,
        base_url=stack.url,
        wechat_url=stack.wechat_url,
        seed=7,
        password=PASSWORD,
        plan_seconds=3.0,
        phones=4,
    )
    day, found = Day(setting), Played()
    playing = threading.Thread(target=lambda: found.result.update(day.run()), name="day")
    playing.start()
    victims = services * 2
    for number, service in enumerate(victims, start=1):
        wanted = PLANNED * number // (len(victims) + 1)
        while playing.is_alive() and day.ledger.counts["outcomes"] < wanted:
            time.sleep(0.02)
        if not playing.is_alive():
            break
        found.deaths.append((service, day.ledger.counts["outcomes"]))
        killed = stack.kill(service)
        stack.wait_until_back(service, killed)
    playing.join()
    found.errors = day.ledger.errors
    found.faults = _books(stack)
    return found


def _books(stack: WholeStack) -> list[str]:
    with pymongo.MongoClient[dict[str, Any]](stack.mongodb_uri, tz_aware=True) as client:
        database = client.get_default_database()
        # What waits in an outbox is told by the next sweep.
        nothing = books.timedelta(0)
        wait_until(lambda: not books.events_nobody_was_told(database, nothing), what="the last news to be told")
        return books.faults(database, stack.place.var / "evidence")


@pytest.mark.parametrize("service", SERVICES)
def test_kill_9_in_the_middle_of_a_day_loses_nothing_that_was_answered(played: Played, service: str) -> None:
    moments = [outcomes for name, outcomes in played.deaths if name == service]
    assert len(moments) == 2
    assert 0 < moments[0] < moments[1] < played.result["outcomes"]
    assert played.errors == []
    assert (played.result["errors"], played.result["missing"]) == (0, 0)
    assert played.result["evidence_sent"] == played.result["evidence_held"] == played.result["hashes_equal"] > 0
    assert played.result["visits_done"] == played.result["visits_planned"] >= PLANNED
    assert played.result["papers_made"] == 2 * played.result["visits_done"]


def test_the_books_add_up_after_a_day_of_kills(played: Played) -> None:
    assert played.faults == []
