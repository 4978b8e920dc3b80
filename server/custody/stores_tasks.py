"""Once a day: how much has reached the end of its time. Nothing is removed here."""

from __future__ import annotations

import logging
from collections import Counter

from celery import shared_task
from celery.schedules import crontab
from flask import current_app

from server.accounts.models import Court
from server.core.clock import utc_now
from server.custody.services import retention

log = logging.getLogger(__name__)


@shared_task(name="custody.list_due")
def list_due() -> None:
    """One line per court and class in the log; `flask evidence due` shows the same, `evidence dispose` removes it."""
    timers = current_app.extensions["retention"]
    for court in Court.objects.only("id").order_by("id"):  # an index alone answers
        counts: Counter[str] = Counter()
        for one in retention.due(court=court.id, timers=timers, now=utc_now()):
            counts[one.holding.group] += 1
        if counts:
            log.info("retention: %s may remove %s", court.id, dict(counts))


SWEEPS = {"files past their time": {"task": "custody.list_due", "schedule": crontab(hour="3", minute="40")}}
