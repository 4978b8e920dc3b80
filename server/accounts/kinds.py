"""The objects of accounts as `server.core.objects` sees them: whose they are, and what is said when out of reach."""

from __future__ import annotations

from server.accounts.models import Court, Division, Group, Person, Role
from server.accounts.rights import CourtTree
from server.core import objects
from server.core.errors import NotFound
from server.core.objects import Kind


def _person() -> NotFound:
    return NotFound(code="person.not_found", title="没有这个人员")


def _group() -> NotFound:
    return NotFound(code="group.not_found", title="没有这个用户组")


def _role() -> NotFound:
    """The seeded ones are no objects of any court, so nobody finds one here to change it."""
    return NotFound(code="role.not_found", title="本院没有这个角色（预置角色不可修改）")


def _division() -> NotFound:
    return NotFound(code="division.not_found", title="没有这个庭室")


def _court() -> NotFound:
    return NotFound(code="court.not_found", title="没有这个法院")


def register() -> None:
    """Called once when the program is composed."""
    objects.use_tree(CourtTree())
    objects.register(
        Kind("person", lambda: Person._get_collection(), _person, division="division", own=("_id",)),
        Kind("group", lambda: Group._get_collection(), _group),
        Kind("role", lambda: Role._get_collection(), _role),
        Kind("division", lambda: Division._get_collection(), _division, division="_id"),
        Kind("court", lambda: Court._get_collection(), _court, court="_id"),
    )
