"""Registers the page for checking evidence."""

from __future__ import annotations

from portal.verify.pages import blueprint
from server.core.http import SongdaApi


def register(api: SongdaApi) -> None:
    """A plain page and its scripts: not part of the OpenAPI document."""
    api._app.register_blueprint(blueprint)
