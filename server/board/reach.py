"""Questions about reach that a body raises after the gate has let the request in."""

from __future__ import annotations

from server.core import objects
from server.core.errors import NotFound
from server.core.permissions import current, forbidden


def whole_court(kind: str, code: str) -> str:
    """The court acted in, when the permission reaches all of it; what is made for a court needs that. Raises 403."""
    principal = current()
    if set(objects.within(kind, principal, code)) != {objects.kinds()[kind].court}:
        raise forbidden(code)
    return principal.court


def division_within(division: str | None, code: str) -> None:
    """Somebody may be put into this division (None: into none). Raises `division.not_found`, or 403 for none."""
    principal = current()
    if set(objects.within("division", principal, code)) == {"court"}:
        return
    if division is None:
        raise forbidden(code)
    if division not in objects.all_within("division", [division], principal, code):
        raise NotFound(code="division.not_found", title="没有这个庭室")
