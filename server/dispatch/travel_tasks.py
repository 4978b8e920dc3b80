"""Every night: what the rides of the last weeks teach each court."""

from __future__ import annotations

from celery import shared_task
from celery.schedules import crontab

from server.accounts.models import Court
from server.core.clock import utc_now
from server.dispatch.services import travel_factors


@shared_task(name="dispatch.learn_travel")
def learn_travel() -> None:
    """One task for each court."""
    for court in Court._get_collection().distinct("_id"):
        learn_travel_of.delay(court)


@shared_task(name="dispatch.learn_travel_of")
def learn_travel_of(court: str) -> None:
    """May run twice: the day's set is the same for the same rides."""
    travel_factors.learn_factors(court=court, now=utc_now())


SWEEPS = {"travel factors": {"task": "dispatch.learn_travel", "schedule": crontab(hour=1, minute=40)}}
