"""Background work of dispatch: planning runs, capacity studies, and the sweeps that find those whose worker died."""

from __future__ import annotations

import logging

import kombu.exceptions
import redis
from celery import shared_task

from server.core.clock import utc_now
from server.dispatch.services import capacity, plans, runner

log = logging.getLogger(__name__)
_QUEUE_DOWN = (kombu.exceptions.OperationalError, redis.RedisError, ConnectionError)


@shared_task(name="dispatch.run_plan")
def run_plan(plan_id: str) -> None:
    runner.run_plan(plan_id=plan_id, now=utc_now())


@shared_task(name="dispatch.sweep_plans")
def sweep_plans() -> None:
    """Sends runs again whose worker has shown no sign of life for 30 s, or whose message was lost."""
    for plan_id in plans.find_lost(now=utc_now()):
        enqueue_plan(plan_id)


def enqueue_plan(plan_id: str) -> None:
    """Asks a worker to run it. A queue that is down loses nothing: the sweep asks again."""
    try:
        run_plan.delay(plan_id)
    except _QUEUE_DOWN as error:
        log.warning("plan %s waits for the sweep: %s", plan_id, error)


@shared_task(name="dispatch.run_study")
def run_study(study_id: str) -> None:
    capacity.run_study(study_id=study_id, now=utc_now())


@shared_task(name="dispatch.sweep_studies")
def sweep_studies() -> None:
    """Sends studies again whose worker has shown no sign of life for 30 s, or whose message was lost."""
    for study_id in capacity.find_lost_studies(now=utc_now()):
        enqueue_study(study_id)


def enqueue_study(study_id: str) -> None:
    """Asks a worker to run it. A queue that is down loses nothing: the sweep asks again."""
    try:
        run_study.delay(study_id)
    except _QUEUE_DOWN as error:
        log.warning("study %s waits for the sweep: %s", study_id, error)


SWEEPS = {
    "find lost plans": {"task": "dispatch.sweep_plans", "schedule": 10.0},
    "find lost studies": {"task": "dispatch.sweep_studies", "schedule": 15.0},
}
