"""Roles as named sets of permission codes. Graded administration and editable roles come with the accounts issue."""

from __future__ import annotations

_EVERYBODY = {"me.view"}
_MANAGER = {
    "imports.create",
    "imports.view",
    "tasks.view",
    "roster.view",
    "roster.edit",
    "dispatch.view",
    "dispatch.plan",
    "dispatch.publish",
    "dispatch.assign",
    "reviews.view",
    "evidence.view",
    "papers.view",
    "people.view",
    "people.bind",
}
_SPECIALIST = {
    "imports.create",
    "imports.view",
    "tasks.view",
    "tasks.review",
    "dispatch.view",
    "roster.view",
    "reviews.view",
    "reviews.decide",
    "evidence.view",
    "papers.view",
    "papers.make",
}

ROLES: dict[str, tuple[str, frozenset[str]]] = {
    # code: (Chinese name, permissions)
    "court_admin": ("法院管理员", frozenset(_EVERYBODY | _MANAGER | _SPECIALIST | {"audit.view"})),
    "manager": ("送达管理员", frozenset(_EVERYBODY | _MANAGER)),
    "specialist": ("送达专员", frozenset(_EVERYBODY | _SPECIALIST)),
    "process_server": ("外出送达员", frozenset(_EVERYBODY | {"phone.work"})),
    "judge": ("承办法官", frozenset(_EVERYBODY | {"judge.view"})),
    "clerk": ("书记员", frozenset(_EVERYBODY | {"judge.view"})),
}


def permissions_of(roles: list[str] | tuple[str, ...]) -> frozenset[str]:
    """The union over the roles; an unknown role gives nothing."""
    granted: set[str] = set()
    for role in roles:
        granted |= ROLES.get(role, ("", frozenset()))[1]
    return frozenset(granted)


def label(role: str) -> str:
    return ROLES[role][0] if role in ROLES else role
