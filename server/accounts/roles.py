"""The seeded roles: named sets of permissions with the scope they reach. Courts add their own (`models.Role`)."""

from __future__ import annotations

from dataclasses import dataclass

from server.accounts.catalogue import AUDIT, CASE, CODES, COMMON, PEOPLE, SECURITY, SYSTEM
from server.core.permissions import Scope

_EVERYBODY = {"session.finish", "me.view"}
_MANAGER = {
    "imports.create",
    "imports.view",
    "tasks.view",
    "todos.work",
    "rules.view",
    "parties.search",
    "personal.unmask",
    "roster.view",
    "roster.edit",
    "dispatch.view",
    "dispatch.plan",
    "dispatch.publish",
    "dispatch.assign",
    "reviews.view",
    "evidence.view",
    "evidence.import",
    "papers.view",
    "people.view",
    "people.bind",
    "courts.view",
}
_SPECIALIST = {
    "imports.create",
    "imports.view",
    "tasks.view",
    "tasks.review",
    "tasks.edit",
    "attempts.edit",
    "todos.work",
    "rules.view",
    "parties.search",
    "personal.unmask",
    "dispatch.view",
    "roster.view",
    "reviews.view",
    "reviews.decide",
    "evidence.view",
    "evidence.decide",
    "evidence.import",
    "evidence.export",
    "papers.view",
    "papers.make",
    "papers.archive",
}
_ONSITE = {
    "imports.create",
    "imports.view",
    "tasks.view",
    "tasks.review",
    "tasks.edit",
    "attempts.edit",
    "todos.work",
    "parties.search",
    "papers.view",
    "papers.make",
}
_LEADER = {
    "watch.view",
    "watch.decide",
    "overview.view",
    "tasks.view",
    "dispatch.view",
    "reviews.view",
    "papers.view",
    "courts.view",
    "rules.view",
    "rules.approve",
    "wordings.approve",
}
# The court's own staff decide what ends a right; the papers that speak for the court carry its seal.
_COURT_STAFF = {
    "watch.view",
    "watch.decide",
    "effects.confirm",
    "rules.edit",
    "rules.approve",
    "wordings.edit",
    "wordings.approve",
    "papers.seal",
}
_PEOPLE_ADMIN = {
    "people.view",
    "people.edit",
    "people.bind",
    "people.grant",
    "sessions.end",
    "groups.view",
    "groups.edit",
    "roles.view",
    "roles.edit",
    "courts.view",
    "divisions.edit",
}
_COURT_CODES = frozenset(code for code, one in CODES.items() if one.duty in (CASE, PEOPLE, COMMON))


def _of_class(*duties: str) -> set[str]:
    return {code for code, one in CODES.items() if one.duty in duties}


@dataclass(frozen=True, slots=True)
class SeedRole:
    """A role every installation has. `grants`: codes its holders may hand out without using them."""

    code: str
    name: str
    permissions: frozenset[str]
    scope: Scope
    privileged: bool = False
    grants: frozenset[str] = frozenset()


def _role(
    code: str,
    name: str,
    permissions: set[str],
    scope: Scope,
    *,
    privileged: bool = False,
    grants: frozenset[str] = frozenset(),
) -> SeedRole:
    return SeedRole(code, name, frozenset(_EVERYBODY | permissions), scope, privileged, grants)


_SEEDED = (
    _role(
        "court_admin",
        "法院管理员",
        _MANAGER | _SPECIALIST | _COURT_STAFF | _PEOPLE_ADMIN | {"privacy.shred", "overview.view"},
        Scope.COURT,
        privileged=True,
        grants=_COURT_CODES,
    ),
    _role("manager", "送达管理员", _MANAGER, Scope.COURT),
    _role("specialist", "送达专员", _SPECIALIST, Scope.COURT),
    _role("process_server", "外出送达员", {"phone.work"}, Scope.OWN),
    _role("onsite", "驻场人员", _ONSITE, Scope.DIVISION),
    _role("call_agent", "电话送达坐席", {"tasks.view"}, Scope.COURT),
    _role("judge", "承办法官", {"judge.view", "effects.confirm", "effects.decide"}, Scope.OWN),
    _role("clerk", "书记员", {"judge.view", "effects.confirm"}, Scope.OWN),
    _role("leader", "院领导", _LEADER, Scope.BELOW),
    _role(
        "supervisor",
        "安全管理员",
        _of_class(SECURITY)
        | {"people.view", "people.grant", "sessions.end", "groups.view", "groups.edit", "roles.view", "roles.edit"}
        | {"courts.view"},
        Scope.BELOW,
        privileged=True,
        grants=frozenset(CODES),
    ),
    _role("security_auditor", "安全审计员", _of_class(AUDIT) | {"courts.view"}, Scope.BELOW, privileged=True),
    _role(
        "system_admin",
        "系统管理员",
        _of_class(SYSTEM) | {"people.view", "people.edit", "people.bind", "courts.view", "divisions.edit"},
        Scope.BELOW,
        privileged=True,
    ),
)

ROLES: dict[str, SeedRole] = {role.code: role for role in _SEEDED}


def label(role: str) -> str:
    """The Chinese name of a seeded role; a role of a court's own is named by `rights.names_of`."""
    return ROLES[role].name if role in ROLES else role


def permissions_of(roles: list[str] | tuple[str, ...]) -> frozenset[str]:
    """The union over seeded roles; an unknown role gives nothing."""
    granted: set[str] = set()
    for role in roles:
        granted |= ROLES[role].permissions if role in ROLES else set()
    return frozenset(granted)
