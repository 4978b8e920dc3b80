"""Registers everything a phone may call, under /api/phone."""

from __future__ import annotations

from flask import Blueprint

from miniprogram_api import (
    claims,
    devices,
    evidence,
    items,
    ledger,
    looks,
    outcomes,
    positions,
    route,
    sessions,
    sync,
    tickets,
    uploads,
    visits,
)
from miniprogram_api.blueprint import blueprint
from server.core.http import SongdaApi

# Importing a module of resources puts its routes on the blueprint; naming them here keeps that visible.
RESOURCES = (
    sessions,
    route,
    visits,
    outcomes,
    evidence,
    positions,
    sync,
    claims,
    devices,
    tickets,
    items,
    ledger,
    looks,
)

# Plain views of Flask, past flask-smorest: the protocol has its own document, docs/uploads.md.
Blueprint.register_blueprint(blueprint, uploads.blueprint)


def register(api: SongdaApi) -> None:
    """Called once by the composition root."""
    api.register_blueprint(blueprint)
