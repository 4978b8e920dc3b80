"""Visits whose outcome was accepted, as papers are made of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.accounts.models import Court, Person
from server.core.clock import utc_now
from server.core.ids import new_id
from server.dispatch.models import Visit
from tests.factories import visits

NAME = "北京市西城区人民法院"


def server_of_process() -> Person:
    """Somebody to send, and their court."""
    Court(id=visits.COURT, name=NAME, level=4).save()
    server = Person(court=visits.COURT, username=new_id(), name="李外勤", staff_no=new_id(), created_at=utc_now())
    server.save(force_insert=True)
    return server


def visit(server: Person, *, name: str = "王示例", **fields: Any) -> Visit:
    """Nobody was home, and the reviewer agreed."""
    then = utc_now() - timedelta(hours=1)
    outcome = {"code": "nobody_home", "happened_at": then, "received_at": then, "note": "敲门三次无人应答"}
    review = {"state": "accepted", "round": 1, "at": then, "by_name": "审核员"}
    return visits.visit(
        server=server,
        **{"state": "ended", "outcome": outcome, "review": review, "papers_at": then, "recipient_name": name, **fields},
    )
