"""Composes the program: settings in, a Flask app with its features, faces and Celery out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from celery import Celery
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from evidence.stores import store_from_url
from server import cli, files, kinds, pages
from server.accounts import catalogue
from server.accounts import cli as accounts_cli
from server.accounts import kinds as accounts_kinds
from server.accounts import resources as accounts
from server.addresses import services as addresses
from server.alerts import services as alerts
from server.alerts import tasks as alerts_tasks
from server.cases import cli as cases_cli
from server.cases import keys_cli
from server.cases import tasks as cases_tasks
from server.config import Settings
from server.core import crypto, database, events, gate, health, http, live, objects, redis_client, worker
from server.core import tasks as core_tasks
from server.core.audit import cli as audit_cli
from server.core.audit import runs as audit_runs
from server.core.audit import tasks as audit_tasks
from server.core.crypto import start as crypto_start
from server.core.http import SongdaApi
from server.core.permissions import check_declared
from server.custody import (
    analysis_tasks,
    capture_tasks,
    log_tasks,
    looks_tasks,
    stores_tasks,
    timers,
    uploads_tasks,
    watch_tasks,
)
from server.custody import cli as custody_cli
from server.demo import cli as demo_cli
from server.dispatch import cli as dispatch_cli
from server.dispatch import rosters, travel_tasks
from server.dispatch import tasks as dispatch_tasks
from server.dispatch.services import runner as plan_runner
from server.dispatch.services import travel_times
from server.drill import cli as drill_cli
from server.field import tasks as field_tasks
from server.gateways import ldap, oidc, roads, wechat
from server.lawcli import cli as law_cli
from server.reports import archive_tasks, batch_tasks, bundle_stamps, bundle_tasks, bundles_cli, sealing
from server.reports import holdings as reports_holdings
from server.reports import tasks as reports_tasks
from server.service import intake
from server.service import tasks as service_tasks
from server.service.services import judging, todos
from server.statistics import targets


class Face(Protocol):
    """A face registers its blueprints; the server never imports it."""

    def register(self, api: SongdaApi) -> None: ...


def create_app(settings: Settings, faces: Iterable[Face] = ()) -> Flask:
    """Connects this process and registers everything. Raises UndeclaredEndpoint when a route names no permission."""
    app = Flask("songda", static_folder=None)
    app.secret_key = settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = 1024 * 1024
    app.extensions["settings"] = settings
    trust_proxies(app, settings)
    database.connect(settings.mongodb_uri)
    crypto.use(crypto_start.vault_of(settings))
    crypto_start.refuse_a_wrong_key(crypto.vault())
    redis_client.connect(settings.redis_url)
    app.extensions["evidence_store"] = store_from_url(settings.evidence_store)
    uploads_tasks.init_app(app)
    app.extensions["retention"] = timers.from_setting(settings.retention)
    app.extensions["wechat"] = wechat.from_settings(settings, redis_client.client())
    app.extensions["oidc"] = oidc.from_settings(settings)
    app.extensions["directory"] = ldap.from_settings(settings)
    app.extensions["seals"] = sealing.provider_from(settings)
    plan_runner.use_processes(settings.routing_processes)
    travel_times.use(roads.engine_from(settings.roads), settings.roads)
    app.extensions["time_stamps"] = bundle_stamps.from_settings(settings)
    app.extensions["target_readings"] = targets.readings_from(settings.target_readings)
    celery = worker.init_app(app, mongodb_uri=settings.mongodb_uri, redis_url=settings.redis_url)
    api = http.init_app(app)
    health.init_app(app)
    accounts.init_app(app, api)
    gate.init_app(app)
    pages.init_app(app)
    files.init_app(app)
    for face in faces:
        face.register(api)
    _connect_features()
    _schedule(celery)
    kept = (audit_cli, keys_cli, custody_cli, bundles_cli, dispatch_cli)
    for commands in (cli, accounts_cli, cases_cli, law_cli, demo_cli, drill_cli, *kept):
        commands.init_app(app)
    check_declared(app, kinds=objects.kinds(), codes=catalogue.CODES)
    return app


def trust_proxies(app: Flask, settings: Settings) -> None:
    """Behind reverse proxies the caller's address and scheme are what the last of them wrote, and nothing before."""
    hops = settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]  # as documented


def _connect_features() -> None:
    """What must go up goes as an event or through a registry filled here."""
    accounts_kinds.register()
    kinds.register()
    alerts.register()
    addresses.register()
    intake.register()
    rosters.register()
    capture_tasks.register(events.subscriptions)
    log_tasks.register(events.subscriptions)
    field_tasks.register(events.subscriptions)  # before the papers: they want the attempt closed
    analysis_tasks.register(events.subscriptions)
    looks_tasks.register(events.subscriptions)
    reports_tasks.register(events.subscriptions)
    reports_holdings.register_holdings()
    events.subscriptions.subscribe("attempt.closed", judging.on_closed)  # before the things to do: they read effects
    todos.register(events.subscriptions)
    events.subscriptions.subscribe("*", live.on_event)


def _schedule(celery: Celery) -> None:
    """Sweeps that finish what a lost message or process left undone. Naming a task module here also registers it."""
    celery.conf.beat_schedule = {
        **core_tasks.SWEEPS,
        **audit_runs.SWEEPS,
        **audit_tasks.SWEEPS,
        **alerts_tasks.SWEEPS,
        **service_tasks.SWEEPS,
        **cases_tasks.SWEEPS,
        **dispatch_tasks.SWEEPS,
        **travel_tasks.SWEEPS,
        **field_tasks.SWEEPS,
        **capture_tasks.SWEEPS,
        **log_tasks.SWEEPS,
        **analysis_tasks.SWEEPS,
        **looks_tasks.SWEEPS,
        **uploads_tasks.SWEEPS,
        **watch_tasks.SWEEPS,
        **stores_tasks.SWEEPS,
        **reports_tasks.SWEEPS,
        **batch_tasks.SWEEPS,
        **archive_tasks.SWEEPS,
        **bundle_tasks.SWEEPS,
    }
