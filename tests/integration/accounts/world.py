"""A small tree of courts with administrators, for tests of administration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from server.accounts import rights
from server.accounts.models import Court, Division, Grant, Person
from server.accounts.services.courts import ensure_courts
from server.core.clock import court_day

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TODAY = "2026-11-24"
TOP, MIDDLE, HERE, NEXT, ELSEWHERE = "京", "京02", "京0102", "京0101", "京0105"
ROWS = [
    {"code": HERE, "name": "西城法院", "level": "4", "parent": MIDDLE},
    {"code": NEXT, "name": "东城法院", "level": "4", "parent": MIDDLE},
    {"code": MIDDLE, "name": "二中院", "level": "3", "parent": TOP},
    {"code": "京03", "name": "三中院", "level": "3", "parent": TOP},
    {"code": ELSEWHERE, "name": "朝阳法院", "level": "4", "parent": "京03"},
    {"code": TOP, "name": "高院", "level": "2", "parent": ""},
]


def courts() -> None:
    ensure_courts(ROWS)
    rights.forget()


def person(name: str, *roles: str | tuple[str, str], court: str = HERE, **more: Any) -> str:
    """Stores somebody; a role may come with a scope. Returns the id."""
    grants = [Grant(role=one) if isinstance(one, str) else Grant(role=one[0], scope=one[1]) for one in roles]
    stored = Person(
        court=court, username=name, name=name, staff_no=name.upper(), grants=grants, created_at=NOW, **more
    ).save(force_insert=True)
    return str(stored.id)


def division(name: str, court: str = HERE) -> str:
    return str(Division(court=court, name=name).save(force_insert=True).id)


def raw(person_id: str) -> dict[str, Any]:
    found: dict[str, Any] = Person._get_collection().find_one({"_id": person_id})
    return found


def held(person_id: str) -> rights.Rights:
    rights.forget()
    return rights.of_person(raw(person_id), today=court_day(NOW))


def court_of(code: str) -> Court:
    return Court.objects.get(id=code)
