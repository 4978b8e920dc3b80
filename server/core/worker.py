"""Celery: the queue is only speed. Tasks take ids, may run twice, JSON only; state lives in MongoDB."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import Any

import redis
from celery import Celery, Task
from celery.signals import worker_process_init, worker_ready, worker_shutdown
from flask import Flask
from kombu import Queue
from kombu.exceptions import OperationalError

from server.core import database
from server.core.redis_client import client

SEEN_KEY = "songda:worker-seen"
SEEN_EVERY_S = 5
QUEUES = ("default", "plan", "papers", "imports", "evidence")
# Long work has queues of its own. (A task's own `queue` attribute is deprecated since Celery 5.7.)
ROUTES = {
    "dispatch.run_plan": {"queue": "plan"},
    "dispatch.run_study": {"queue": "papers"},
    "reports.make_papers": {"queue": "papers"},
    "reports.run_chunk": {"queue": "papers"},
    "reports.finish_batch": {"queue": "papers"},
    "reports.make_archive": {"queue": "papers"},
    "reports.make_bundle": {"queue": "papers"},
    "reports.fulfil_order": {"queue": "papers"},
    "cases.run_import": {"queue": "imports"},
    "custody.analyse": {"queue": "evidence"},
}


def init_app(app: Flask, *, mongodb_uri: str, redis_url: str) -> Celery:
    """The Celery app of this program. Every task runs inside `app`'s context."""

    class ContextTask(Task):  # type: ignore[type-arg]  # celery-types makes it generic, celery does not
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

        def apply_async(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().apply_async(*args, **kwargs)
            except AttributeError as error:
                # When one thread meets a broken broker connection and closes it, a second thread in the same
                # channel finds None in its place (kombu 5, transport/redis): that, too, is "the queue is down".
                raise OperationalError(f"the queue is down: {error}") from error

    celery: Celery = Celery(app.name, task_cls=ContextTask)
    celery.conf.update(
        broker_url=redis_url,
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_default_queue="default",
        task_queues=[Queue(name) for name in QUEUES],
        task_routes=ROUTES,
        broker_transport_options={"visibility_timeout": 900, "socket_timeout": 10},
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2},
        timezone="Asia/Shanghai",
        enable_utc=True,
        worker_hijack_root_logger=False,
    )
    celery.set_default()
    app.extensions["celery"] = celery
    _connect_after_fork(mongodb_uri)
    _tell_when_seen()
    return celery


def _connect_after_fork(mongodb_uri: str) -> None:
    @worker_process_init.connect(weak=False)
    def reconnect(**_: Any) -> None:
        database.connect(mongodb_uri)


def _tell_when_seen() -> None:
    """A worker writes its name and the time to Redis every few seconds; /readyz reads it."""
    stop = threading.Event()

    def tell() -> None:
        name = f"{socket.gethostname()}:{os.getpid()}"
        while not stop.is_set():
            tell_once(name)
            stop.wait(SEEN_EVERY_S)

    @worker_ready.connect(weak=False)
    def start(**_: Any) -> None:
        threading.Thread(target=tell, name="worker-seen", daemon=True).start()

    @worker_shutdown.connect(weak=False)
    def finish(**_: Any) -> None:
        stop.set()


def tell_once(name: str) -> None:
    """Marks worker `name` as seen for the next 30 s; a Redis that is away is asked again at the next turn."""
    with contextlib.suppress(redis.RedisError):
        client().set(f"{SEEN_KEY}:{name}", "1", ex=30)
