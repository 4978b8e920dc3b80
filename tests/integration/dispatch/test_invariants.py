"""Whatever people do to a day in whatever order, its routes stay whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.dispatch import services
from server.dispatch.models import Visit
from server.dispatch.services.runner import run_plan
from server.service.actor import Actor
from tests.integration.dispatch import samples
from tests.integration.dispatch.samples import COURT, DAY, MANAGER

SERVERS = ["server-1", "server-2", "server-3"]
UNDER_WAY = ("departed", "arrived", "ended")
Who = dict[str, Any]


class Deeds:
    """What may happen to a day; each deed picks its details at random and may be refused."""

    def __init__(self, pick: random.Random) -> None:
        self.pick = pick
        self.batches: list[str] = []
        self.plans: list[str] = []

    def _asked(self) -> Who:
        return {"court": COURT, "actor": MANAGER, "now": utc_now()}

    def _visit(self) -> str:
        return str(self.pick.choice(samples.all_visits())["_id"])

    def assign(self) -> None:
        services.assign_visit(
            visit_id=self._visit(),
            server_id=self.pick.choice(SERVERS),
            second_server_id=self.pick.choice([None, *SERVERS]),
            position=self.pick.choice([None, 1, 2, 99]),
            version=None,
            **self._asked(),
        )

    def unassign(self) -> None:
        services.unassign_visit(visit_id=self._visit(), version=None, reason=None, **self._asked())

    def claim(self) -> None:
        server = self.pick.choice(SERVERS)
        asked = {**self._asked(), "actor": Actor(server, server)}
        services.claim_visit(visit_id=self._visit(), server_id=server, **asked)

    def release(self) -> None:
        services.release_visit(
            visit_id=self._visit(), server_id=self.pick.choice(SERVERS), reason="试", **self._asked()
        )

    def batch(self) -> None:
        ids = [self._visit() for _ in range(3)]
        batch = services.assign_batch(visit_ids=ids, server_id=self.pick.choice(SERVERS), **self._asked())
        self.batches.append(batch.batch_id)

    def undo(self) -> None:
        if self.batches:
            services.undo_batch(batch_id=self.pick.choice(self.batches), **self._asked())

    def plan(self) -> None:
        plan = services.create_plan(day=DAY, seconds=0.2, seed=1, **self._asked())
        run_plan(plan_id=plan["_id"], now=utc_now())
        self.plans.append(plan["_id"])

    def publish(self) -> None:
        if self.plans:
            services.publish_plan(plan_id=self.pick.choice(self.plans), **self._asked())

    def withdraw(self) -> None:
        services.withdraw_visit(visit_id=self._visit(), version=None, reason="试", **self._asked())

    def go(self) -> None:
        """A phone sets out for the first visit of its route, or ends the one it is at."""
        server = self.pick.choice(SERVERS)
        mine = Visit._get_collection().find({"server_id": server, "state": {"$nin": ["ended", "withdrawn"]}})
        first = next(iter(mine.sort("position", 1)), None)
        if first is None:
            return
        change: Who = {"state": "departed"}
        if first["state"] == "departed":
            change = {"state": "ended", "outcome": {"code": "nobody_home", "happened_at": utc_now()}}
        Visit._get_collection().update_one({"_id": first["_id"]}, {"$set": change, "$inc": {"version": 1}})


def check(visits: list[dict[str, Any]]) -> None:
    for visit in visits:
        assigned = visit["state"] not in ("open", "withdrawn")
        assert bool(visit.get("server_id")) == assigned, visit
        assert visit.get("server_id") is None or visit.get("server_id") != visit.get("second_server_id"), visit
        if not assigned:
            assert not {"position", "second_position", "second_server_id", "planned_arrive_at"} & set(visit), visit
        if visit.get("crew") == 1:
            assert "second_server_id" not in visit, visit
    for server in SERVERS:
        lead = [visit["position"] for visit in visits if visit.get("server_id") == server]
        second = [visit["second_position"] for visit in visits if visit.get("second_server_id") == server]
        assert sorted(lead + second) == list(range(1, len(lead + second) + 1)), (server, lead, second)
        times = [
            visit["planned_arrive_at"]
            for visit in sorted(visits, key=lambda one: one.get("position") or 0)
            if visit.get("server_id") == server and visit["state"] not in UNDER_WAY
        ]
        assert times == sorted(times), server


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_routes_stay_whole_through_sixty_random_deeds(seed: int) -> None:
    pick = random.Random(seed)
    samples.store_tasks(
        *(samples.task(step) for step in range(1, 7)), *(samples.task(step, remarks=["须两人同往"]) for step in (7, 8))
    )
    samples.store_roster(*(samples.entry(number) for number in (1, 2, 3)))
    samples.select_visits(court=COURT, day=DAY, actor=MANAGER, now=utc_now())
    deeds = Deeds(pick)
    often: list[Callable[[], None]] = [deeds.assign] * 6 + [deeds.claim, deeds.release, deeds.unassign] * 2
    rare: list[Callable[[], None]] = [deeds.batch, deeds.undo, deeds.plan, deeds.publish, deeds.publish, deeds.go]
    done = 0
    for _ in range(60):
        try:
            pick.choice([*often, *rare, *([deeds.withdraw] if pick.random() < 0.1 else [])])()
            done += 1
        except DomainError:
            pass
        check(samples.all_visits())
    assert done >= 15
