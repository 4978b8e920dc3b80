"""/api/session and /api/me, and the guard that knows who asks."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from server.accounts import services
from server.accounts.resources import me, outside, session
from server.accounts.resources.blueprint import blueprint
from server.accounts.resources.guard import COOKIE, identify, remember_sign_in, write_cookies
from server.accounts.sign_in_rules import SignInRules
from server.config import Settings
from server.core.http import SongdaApi

# Importing a module of resources puts its routes on the blueprint; naming them here keeps that visible.
RESOURCES = (session, me, outside)


def init_app(app: Flask, api: SongdaApi) -> None:
    settings: Settings = app.extensions["settings"]
    services.use_rules(
        SignInRules(
            second_factor=settings.second_factor,
            web_idle=timedelta(minutes=settings.idle_minutes),
            password_life=timedelta(days=settings.password_days) if settings.password_days else None,
        )
    )
    app.before_request(identify)
    app.after_request(write_cookies)
    api.register_blueprint(blueprint)


__all__ = ["COOKIE", "RESOURCES", "identify", "init_app", "remember_sign_in"]
