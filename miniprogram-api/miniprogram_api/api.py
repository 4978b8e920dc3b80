"""Registers everything a phone may call, under /api/phone."""

from __future__ import annotations

from miniprogram_api import claims, evidence, ledger, outcomes, positions, route, sessions, sync, visits
from miniprogram_api.blueprint import blueprint
from server.core.http import SongdaApi

# Importing a module of resources puts its routes on the blueprint; naming them here keeps that visible.
RESOURCES = (sessions, route, visits, outcomes, evidence, positions, sync, claims, ledger)


def register(api: SongdaApi) -> None:
    """Called once by the composition root."""
    api.register_blueprint(blueprint)
