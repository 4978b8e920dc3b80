"""No query of dispatch reads a whole collection: judged by the plans MongoDB really used, not by a list of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from server.core.clock import utc_now
from server.dispatch import services
from server.dispatch.models import Visit
from server.dispatch.services import plans, runner
from tests.integration.dispatch import samples
from tests.integration.dispatch.profiling import profiled, scans
from tests.integration.dispatch.samples import COURT, DAY, MANAGER, NOW


def select() -> None:
    services.select_visits(court=COURT, day=DAY, actor=MANAGER, now=utc_now())


def carry_over() -> None:
    services.carry_over(court=COURT, day="2026-11-26", actor=MANAGER, now=utc_now())


def plan_and_publish() -> None:
    plan = services.create_plan(court=COURT, day=DAY, seconds=0.2, seed=1, actor=MANAGER, now=utc_now())
    runner.run_plan(plan_id=plan["_id"], now=utc_now())
    services.publish_plan(court=COURT, plan_id=plan["_id"], actor=MANAGER, now=utc_now())
    services.list_plans(court=COURT, day=DAY)


def move_by_hand() -> None:
    one, two, three, *_ = samples.all_visits()
    asked: dict[str, Any] = {"court": COURT, "actor": MANAGER, "now": utc_now()}
    services.price_move(court=COURT, visit_id=one["_id"], server_id="server-1", position=None)
    services.assign_visit(visit_id=one["_id"], server_id="server-1", position=1, version=None, **asked)
    services.unassign_visit(visit_id=one["_id"], version=None, reason=None, **asked)
    batch = services.assign_batch(visit_ids=[one["_id"], two["_id"]], server_id="server-2", **asked)
    services.undo_batch(batch_id=batch.batch_id, **asked)
    services.claimable(court=COURT, day=DAY, server_id="server-1", now=NOW)
    services.claim_visit(visit_id=three["_id"], server_id="server-1", **asked)
    services.release_visit(visit_id=three["_id"], server_id="server-1", reason="试", **asked)


def read() -> None:
    services.read_day(court=COURT, day=DAY)
    services.list_days(court=COURT, around=date.fromisoformat(DAY))
    services.visits_of_task(court=COURT, task_id=samples.all_visits()[0]["task_id"])
    services.server_names(court=COURT, days=[DAY])
    services.route_summaries(court=COURT, day=DAY)


def rosters() -> None:
    services.get_roster(court=COURT, day=DAY)
    services.put_roster(court=COURT, day="2026-11-27", entries=[samples.entry(1)], version=0, now=utc_now())


def sweep() -> None:
    plans.find_lost(now=utc_now())


@pytest.mark.parametrize("use", [select, carry_over, plan_and_publish, move_by_hand, read, rosters, sweep])
def test_nothing_reads_a_whole_collection(stores: Any, use: Callable[[], None]) -> None:
    samples.make_day(4)
    with profiled(stores) as entries:
        use()
    assert entries
    assert scans(entries) == []


def test_a_collection_scan_would_be_seen(stores: Any) -> None:
    samples.make_day(1)
    with profiled(stores) as entries:
        list(Visit._get_collection().find({"cause": "无索引"}))
    assert len(scans(entries)) == 1
