"""Every endpoint says who may use it, on which object, and what the audit log calls it; or the program does not start.

`@needs("visits.assign", on="visit:visit_id", does="visit.assign")` on a view declares one permission code, the kind of
object a path parameter names, and the deed that is recorded. `@public("why")` names the few that ask for nothing.
A view only declares: `server.core.gate` asks and records before and after every request, so nothing can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar, cast

from flask import Flask, g

from server.core.errors import DomainError

View = TypeVar("View", bound=Callable[..., Any])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Scope(IntEnum):
    """How far a permission reaches; a wider scope includes the narrower ones of the same seat."""

    OWN = 1  # what is assigned to the person
    DIVISION = 2  # 庭室
    COURT = 3
    BELOW = 4  # the court and every court under it

    @property
    def code(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, code: str) -> Scope:
        """Raises KeyError for a word that is none of own, division, court, below."""
        return cls[code.upper()]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody works: their own court, or one they are seconded to, with what they may do from there."""

    court: str
    division: str | None
    scopes: Mapping[str, Scope]  # permission code → how far


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: one person, through one session, acting in one court.

    `court` is the court acted in for this request (the object's, or the one chosen); `home` is the person's own.
    `stage` other than `full` means that signing in is not finished: only `session.finish` is allowed.
    """

    person_id: str
    court: str
    name: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    session_id: str
    kind: str  # "web" or "phone"
    home: str = ""
    seats: tuple[Seat, ...] = ()
    stage: str = "full"  # full, second_factor, enrol, password

    def scope_in(self, code: str, court: str) -> Scope | None:
        """The widest scope of this code from a seat in exactly this court."""
        held = [seat.scopes[code] for seat in self.seats if seat.court == court and code in seat.scopes]
        return max(held, default=None)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a view says of itself."""

    permission: str | None = None
    public: str | None = None  # the reason
    kind: str | None = None  # of the object
    parameter: str | None = None  # path parameter with its id
    least: Scope = Scope.COURT  # without an object: how far the permission must reach at least
    does: str | None = None  # audit action
    part: bool = False  # one of many requests of a deed: the view says which of them is the deed


class UndeclaredEndpoint(RuntimeError):
    """An endpoint declares no permission (nor that it is public), or changes something without naming the deed."""


def needs(
    code: str, *, on: str | None = None, least: str = "court", does: str | None = None, part: bool = False
) -> Callable[[View], View]:
    """Declares the permission; `on` is `kind:path_parameter`, `does` the dotted name of the deed in the audit log.

    A view without an object shows or moves what belongs to a whole court, so it asks for a permission that reaches
    that far; a view that narrows its own query (`objects.within`, or by the person asking) says `least="own"`.
    With `part` a request leaves no row unless the gate refuses it or the view says `audit.does`: a file that comes in
    a thousand pieces is one deed.
    """
    kind, _, parameter = (on or "").partition(":")
    return _declaring(
        Declaration(
            permission=code,
            kind=kind or None,
            parameter=parameter or None,
            least=Scope.of(least),
            does=does,
            part=part,
        )
    )


def public(reason: str, *, does: str | None = None) -> Callable[[View], View]:
    """Marks a view that anybody may call, and says why."""
    return _declaring(Declaration(public=reason, does=does))


def _declaring(declaration: Declaration) -> Callable[[View], View]:
    def wrap(view: View) -> View:
        view._declaration = declaration  # type: ignore[attr-defined]  # read by `declaration_of`
        return view

    return wrap


def current() -> Principal:
    """The signed-in principal; raises 401 when there is none."""
    principal = g.get("principal")
    if principal is None:
        raise DomainError(code="auth.required", status=401, title="请先登录")
    return cast(Principal, principal)


def require(code: str) -> Principal:
    """For the rare view whose permission depends on what it was sent; raises 403 `auth.forbidden`."""
    principal = current()
    if code not in principal.permissions:
        raise forbidden(code)
    return principal


def forbidden(code: str) -> DomainError:
    return DomainError(code="auth.forbidden", status=403, title="您没有此项权限", permission=code)


def declaration_of(app: Flask, endpoint: str | None, method: str) -> Declaration | None:
    """What the view behind an endpoint declares for this method."""
    view = app.view_functions.get(endpoint or "")
    view_class = getattr(view, "view_class", None)
    wanted = "get" if method == "HEAD" else method.lower()
    target = getattr(view_class, wanted, None) if view_class else view
    return getattr(target, "_declaration", None)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address, with what it declares."""

    endpoint: str
    method: str
    rule: str
    declaration: Declaration | None


def declared(app: Flask) -> Iterator[Route]:
    """Every route of the program."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, rule.rule, declaration_of(app, rule.endpoint, method))


def check_declared(app: Flask, *, kinds: Iterable[str] = (), codes: Iterable[str] | None = None) -> None:
    """Raises UndeclaredEndpoint naming every route whose declaration is missing or incomplete.

    `kinds` are the registered kinds of objects, `codes` the permission catalogue (None: any code will do).
    """
    known_kinds, known_codes = set(kinds), None if codes is None else set(codes)
    problems = [
        f"{route.method} {route.rule}: {why}"
        for route in declared(app)
        for why in _problems(route, known_kinds, known_codes)
    ]
    if problems:
        raise UndeclaredEndpoint("; ".join(sorted(problems)))


def _problems(route: Route, kinds: set[str], codes: set[str] | None) -> Iterator[str]:
    said = route.declaration
    if said is None:
        yield "declares no permission"
        return
    if codes is not None and said.permission and said.permission not in codes:
        yield f"permission {said.permission} is not in the catalogue"
    if route.method not in SAFE_METHODS and not said.does:
        yield "changes something without naming the deed"
    if said.kind and said.kind not in kinds:
        yield f"kind {said.kind} is not registered"
    if said.parameter and f"{said.parameter}>" not in route.rule:
        yield f"has no parameter {said.parameter}"
