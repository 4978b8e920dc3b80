"""The one blueprint of signing in."""

from __future__ import annotations

from flask_smorest import Blueprint

blueprint = Blueprint("session", __name__, url_prefix="/api", description="Signing in, and who I am")
