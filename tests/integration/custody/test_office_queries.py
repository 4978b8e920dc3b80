"""What boards and phones ask of ledger, looks and late items never reads a whole collection."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.accounts.models import Person
from server.core.clock import utc_now
from server.core.ids import new_id
from server.custody.models import Announced, SecondLook
from server.custody.services import checking, late, ledger, looks
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.field.services.outcome import Entry
from server.service.actor import Actor
from tests.factories import visits as make
from tests.integration.custody.conftest import REVIEWER
from tests.integration.explain.profiler import profiled, scans


def fill(visit: Visit, server: Person) -> None:
    """A few days of other people's items around this server's own."""
    now = utc_now()
    for number in range(60):
        about = {
            "court": make.COURT,
            "server_id": server.id if number % 3 else new_id(),
            "visit_id": visit.id if number % 4 else "",
            "client_id": new_id(),
            "digest": new_id(),
            "kind": "photo_door",
            "sha256": "0" * 64,
            "size": 5,
            "captured_at": now,
        }
        kept = EvidenceItem(
            **about, task_id=visit.task_id, media_type="image/jpeg", store_key="k", received_at=now,
            late={"why": "visit_closed", "state": "waiting"} if number % 10 == 0 else {},
        ).save(force_insert=True)  # fmt: skip
        Announced(
            **about, date=visit.date, announced_at=now, state="held" if number % 2 else "announced", evidence_id=kept.id
        ).save(force_insert=True)  # fmt: skip


def test_no_question_of_the_office_reads_a_whole_collection(database: Any, visit: Visit, server: Person) -> None:
    fill(visit, server)
    actor, now = Actor(server.id, server.name), utc_now()
    with profiled(database) as seen:
        ledger.of_person(court=make.COURT, person_id=server.id, day=visit.date)
        ledger.of_day(court=make.COURT, day=visit.date)
        ledger.tell(court=make.COURT, server_id=server.id, day=visit.date)
        entry = Entry(client_id="", code="nobody_home", happened_at=now, evidence=(new_id(),))
        checking.check(court=make.COURT, visit_id=visit.id, actor=actor, entry=entry)
        request = looks.Request(new_id(), "nobody_home")
        asked, _ = looks.ask(court=make.COURT, visit_id=visit.id, actor=actor, request=request, now=now)
        looks.list_looks(court=make.COURT, state="asked", page=1, page_size=10)
        looks.of_visit(court=make.COURT, visit_id=visit.id, actor=actor)
        looks.answer(court=make.COURT, look_id=asked["look_id"], decision="fine", reason=None, actor=REVIEWER, now=now)
        looks.expire_of_visit(court=make.COURT, visit_id=visit.id, before=now, now=now)
        looks.expire_old(now=now + timedelta(hours=1))
        late.list_late(court=make.COURT, state="waiting", page=1, page_size=10)
    collections = {one.collection for one in seen}
    assert {"evidence_announced", "evidence_looks", "evidence_items", "visits"} <= collections
    assert SecondLook.objects.get(id=asked["look_id"]).state == "fine"
    assert scans(seen, {}) == []
