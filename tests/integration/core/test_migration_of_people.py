"""Data of before the grants: people keep their roles, courts learn their path, old looks stand in the log."""

from __future__ import annotations

from typing import Any

from server.accounts import rights
from server.accounts.models import Court, Person
from server.core.audit.models import ChainEntry
from server.core.audit.verify import verify
from server.core.clock import court_day, utc_now
from server.migrations import m20261122_people_and_log as people_and_log
from tests.factories import visits as make


def test_people_keep_what_they_held_and_old_looks_are_in_the_chain(database: Any) -> None:
    now = utc_now()
    make.visit()  # the keys of the court are there
    rights.forget()
    database.courts.insert_many(
        [
            {"_id": "京", "name": "高院", "level": 2},
            {"_id": "京01", "name": "中院", "level": 3, "parent": "京"},
            {"_id": make.COURT, "name": "基层", "level": 4, "parent": "京01"},
        ]
    )
    database.people.insert_one(
        {"_id": "p1", "court": make.COURT, "username": "old", "name": "甲", "staff_no": "1", "roles": ["manager"],
         "active": True, "created_at": now}
    )  # fmt: skip
    database.sessions.insert_one({"_id": "s1", "person_id": "p1", "court": make.COURT, "kind": "web"})
    database.audit.insert_one(
        {"_id": "a1", "court": make.COURT, "at": now, "person_id": "p1", "action": "evidence.view",
         "object_type": "evidence", "object_id": "e1", "detail": {}}
    )  # fmt: skip
    said = people_and_log.migrate(database)
    assert said == "people 1, courts 3, sessions 1, audit 1"
    person = Person.objects(id="p1").get()
    assert person.roles == ["manager"]
    assert "tasks.view" in rights.of_person(person.to_mongo(), today=court_day(now)).permissions
    assert Court.objects(id=make.COURT).get().path == ["京", "京01"]
    assert ChainEntry.objects(court=make.COURT, action="evidence.view").count() == 1
    assert verify(make.COURT).ok
    people_and_log.migrate(database)
    assert ChainEntry.objects(court=make.COURT, action="evidence.view").count() == 1
