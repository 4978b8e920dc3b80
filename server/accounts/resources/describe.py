"""Who I am, as /api/me and every step of signing in tell it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app

from server.accounts import rights, services
from server.accounts.models import Court, Person
from server.accounts.services import SignedIn
from server.accounts.services.policy import rules
from server.accounts.services.second_factor import has_totp
from server.config import Settings
from server.core import objects
from server.core.clock import court_day, utc_now
from server.core.permissions import Principal, Scope

COURTS_TOLD = 200


def describe(principal: Principal, *, csrf: str) -> dict[str, Any]:
    """The content of /api/me. Until signing in is finished no permission but finishing it is told."""
    person: Person = Person.objects(id=principal.person_id).get()
    names = rights.roles_by_code(principal.roles)
    settings: Settings = current_app.extensions["settings"]
    finished = principal.stage == "full"
    return {
        "person": {
            "id": person.id,
            "name": person.name,
            "staff_no": person.staff_no,
            "roles": list(principal.roles),
            "role_names": [names[code].name for code in principal.roles if code in names],
            "court": services.get_court(person.court),
        },
        "permissions": sorted(principal.permissions) if finished else ["session.finish"],
        "stage": principal.stage,
        "next": "done" if finished else principal.stage,
        "second_factor": has_totp(person),
        "bound": bool(person.openid),
        "password_expires_on": _expiry(person),
        "courts": _courts(principal) if finished else [],
        "csrf": csrf,
        "live_url": settings.live_url,
        "today": court_day(utc_now()),
        "map": _map(settings),
    }


def step(signed_in: SignedIn, principal: Principal) -> dict[str, Any]:
    """The answer to every step of signing in."""
    return {
        "csrf": signed_in.csrf,
        "next": signed_in.next,
        "me": describe(principal, csrf=signed_in.csrf),
    }


def _expiry(person: Person) -> Any:
    life: timedelta | None = rules().password_life
    if life is None or not person.password_hash or services.belongs_to_directory(person):
        return None
    return court_day((person.password_changed_at or person.created_at) + life)


def _courts(principal: Principal) -> list[Court]:
    """Own court first, then those of secondments and the ones below, as far as rights reach them."""
    codes = [seat.court for seat in principal.seats]
    for seat in principal.seats:
        if Scope.BELOW in seat.scopes.values():
            codes += sorted(objects.tree().below(seat.court))
    wanted = list(dict.fromkeys(codes))[:COURTS_TOLD]
    found = {court.id: court for court in Court.objects(id__in=wanted)}
    return [found[code] for code in wanted if code in found]


def _map(settings: Settings) -> dict[str, str | None]:
    if settings.tianditu_key:
        return {"provider": "tianditu", "key": settings.tianditu_key}
    if settings.amap_key:
        return {"provider": "amap", "key": settings.amap_key}
    return {"provider": None, "key": None}
