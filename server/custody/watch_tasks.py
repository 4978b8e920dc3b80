"""Every night: verdicts on places given again, the day looked over, the sample drawn."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.schedules import crontab
from flask import current_app

from server.accounts.models import Court
from server.config import Settings
from server.core.clock import court_day, utc_now
from server.custody.services import placing, watching
from server.field.services import guard

# What a phone brings back late still belongs to its day.
_DAYS = 3


@shared_task(name="custody.watch_day")
def watch_night() -> None:
    """One task for each court and each of the last days on which somebody was out."""
    today = court_day(utc_now())
    for number in range(1, _DAYS + 1):
        day = (today - timedelta(days=number)).isoformat()
        for court in Court._get_collection().distinct("_id"):
            if guard.visits().find_one({"court": court, "date": day, "state": "ended"}, {"_id": 1}):
                watch_court.delay(court, day)


@shared_task(name="custody.watch_court")
def watch_court(court: str, day: str) -> None:
    """May run twice: findings keep their keys, verdicts are the same for the same facts."""
    settings: Settings = current_app.extensions["settings"]
    now = utc_now()
    placing.judge_day(court=court, date=day, now=now)
    watching.watch_day(court=court, date=day, sample_percent=settings.review_sample_percent, now=now)


SWEEPS = {"watch over the days": {"task": "custody.watch_day", "schedule": crontab(hour=2, minute=30)}}
