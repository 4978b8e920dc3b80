"""What periodic work uploads need."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from flask import Flask, current_app

from evidence.uploads import beside, upload_store_from_url
from server.config import Settings, SettingsError
from server.core import redis_client
from server.core.clock import utc_now
from server.custody.leases import RedisLocker
from server.custody.services import uploads_finishing

log = logging.getLogger(__name__)

SWEEPS: dict[str, Any] = {
    "uploads": {"task": "custody.sweep_uploads", "schedule": 60.0},
    "rubbish of uploads": {"task": "custody.sweep_upload_rubbish", "schedule": 3600.0},
}


def init_app(app: Flask) -> None:
    """The store of uploads and their leases, for the web and the worker alike. Raises SettingsError."""
    settings: Settings = app.extensions["settings"]
    url = settings.upload_store or beside(settings.evidence_store)
    if not url:
        raise SettingsError("SONGDA_UPLOAD_STORE is not set: uploads need a folder, or a bucket without Object Lock")
    app.extensions["upload_store"] = upload_store_from_url(url)
    app.extensions["upload_locker"] = RedisLocker(redis_client.client())


@shared_task(name="custody.sweep_uploads", acks_late=True, ignore_result=True)
def sweep_uploads() -> None:
    """Finishes uploads that a killed process left, frees those that nobody finished in time."""
    found = current_app.extensions
    done = uploads_finishing.sweep(
        uploads=found["upload_store"], evidence=found["evidence_store"], locker=found["upload_locker"], now=utc_now()
    )
    if any(done.values()):
        log.info("uploads swept: %s", done)


@shared_task(name="custody.sweep_upload_rubbish", acks_late=True, ignore_result=True)
def sweep_upload_rubbish() -> None:
    """Removes what killed processes left in the store of uploads a day ago or earlier."""
    uploads_finishing.sweep_rubbish(current_app.extensions["upload_store"])
