"""Every endpoint says who may use it, or the program does not start.

`@needs("dispatch.plan")` on a view asks for one permission code; `@public("why")` names the few that ask for none.
Hiding a button is never the check: this is. Objects are scoped in the services, by court first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, g

from server.core.errors import DomainError

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: one person, in one court, through one session."""

    person_id: str
    court: str
    name: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    session_id: str
    kind: str  # "web" or "phone"


class UndeclaredEndpoint(RuntimeError):
    """An endpoint declares neither a permission nor that it is public."""


def needs(code: str) -> Callable[[View], View]:
    """Refuses with 401 `auth.required` or 403 `auth.forbidden` before the view runs."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            principal = current()
            if code not in principal.permissions:
                raise DomainError(code="auth.forbidden", status=403, title="您没有此项权限", permission=code)
            return view(*args, **kwargs)

        guarded._permission = code  # type: ignore[attr-defined]  # read by `declared`
        return cast(View, guarded)

    return wrap


def public(reason: str) -> Callable[[View], View]:
    """Marks a view that anybody may call, and says why."""

    def wrap(view: View) -> View:
        view._permission = f"public: {reason}"  # type: ignore[attr-defined]  # read by `declared`
        return view

    return wrap


def current() -> Principal:
    """The signed-in principal; raises 401 when there is none."""
    principal = g.get("principal")
    if principal is None:
        raise DomainError(code="auth.required", status=401, title="请先登录")
    return cast(Principal, principal)


def declared(app: Flask) -> Iterator[tuple[str, str, str, str | None]]:
    """(endpoint, method, rule, permission or None) for every route."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        view_class = getattr(view, "view_class", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            target = getattr(view_class, method.lower(), view) if view_class else view
            yield rule.endpoint, method, rule.rule, getattr(target, "_permission", None)


def check_declared(app: Flask) -> None:
    """Raises UndeclaredEndpoint naming every route that forgot to say who may use it."""
    missing = [f"{method} {rule}" for _, method, rule, permission in declared(app) if permission is None]
    if missing:
        raise UndeclaredEndpoint("no permission declared: " + ", ".join(sorted(missing)))
