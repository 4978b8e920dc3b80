"""Background work of dispatch: planning runs, and the sweep that finds runs whose worker died."""

from __future__ import annotations

from celery import shared_task

from server.core.clock import utc_now
from server.dispatch.services import plans, runner


@shared_task(name="dispatch.run_plan", queue="plan")
def run_plan(plan_id: str) -> None:
    runner.run_plan(plan_id=plan_id, now=utc_now())


@shared_task(name="dispatch.sweep_plans")
def sweep_plans() -> None:
    """Sends runs again whose worker has shown no sign of life for 30 s, or whose message was lost."""
    for plan_id in plans.find_lost(now=utc_now()):
        run_plan.delay(plan_id)


SWEEPS = {"find lost plans": {"task": "dispatch.sweep_plans", "schedule": 10.0}}
