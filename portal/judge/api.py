"""Registers the judge's pages."""

from __future__ import annotations

from portal.judge.pages import blueprint
from server.core.http import SongdaApi


def register(api: SongdaApi) -> None:
    """Pages are plain Flask views: they are not part of the OpenAPI document."""
    api._app.register_blueprint(blueprint)
