"""Background work of the cases feature."""

from __future__ import annotations

from celery import shared_task
from flask import current_app

from server.cases import services
from server.core.clock import utc_now


@shared_task(name="cases.run_import")
def run_import(run_id: str) -> None:
    """Brings one file in."""
    services.run_import(run_id=run_id, now=utc_now(), store=current_app.extensions["evidence_store"])


@shared_task(name="cases.sweep_imports")
def sweep_imports() -> None:
    """Finds imports that a lost message or a dead worker left behind."""
    services.sweep_imports(now=utc_now())


SWEEPS = {"resume imports": {"task": "cases.sweep_imports", "schedule": 20.0}}
