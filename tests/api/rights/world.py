"""Objects of every kind, related to one actor in every way: own, another's, another division's, other courts'."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask

from evidence.stores.protocol import Store, Stored
from server.accounts.models import Court, Division, Group, Person, Role, Session, holding
from server.accounts.resources import COOKIE
from server.accounts.services import csrf_of, digest
from server.alerts.models import Alert
from server.cases.models import Case, ImportRun
from server.core.audit.runs import AuditRun
from server.core.clock import court_day, utc_now
from server.core.ids import new_id, new_token
from server.custody.models import Finding, SecondLook, UploadRecord
from server.dispatch.models import CapacityStudy, DayPlan, MoveBatch, Visit
from server.field.models import EvidenceItem
from server.reports.archive_models import CaseArchive
from server.reports.batch_models import PaperBatch
from server.reports.bundle_models import EvidenceBundle
from server.reports.models import Paper
from server.reports.wording_models import PaperWording
from server.service.models import Attempt, CourtRules, Effect, Exhibit, ServiceTask, Todo
from tests.api.conftest import Browser
from tests.factories import visits

HOME, LOWER, SIBLING = "京01", "京0102", "京02"
OWN, OTHERS, DIVISION, BELOW, ELSEWHERE = "own", "another's", "another division's", "a lower court's", "another court's"
RELATIONS = (OWN, OTHERS, DIVISION, BELOW, ELSEWHERE)
COURT_OF = {OWN: HOME, OTHERS: HOME, DIVISION: HOME, BELOW: LOWER, ELSEWHERE: SIBLING}
SHA = "0" * 64


@dataclass
class World:
    """`ids[kind][relation]` names an object; `restore(kind)` puts the objects of a kind back as they were."""

    actor: Person
    divisions: dict[str, str]
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    kept: dict[str, list[tuple[Any, dict[str, Any]]]] = field(default_factory=dict)

    def add(self, kind: str, make: Callable[[str], Any]) -> None:
        """`make` is given the relation and answers a saved document."""
        made = {relation: make(relation) for relation in RELATIONS}
        self.ids[kind] = {relation: document.id for relation, document in made.items()}
        self.keep(kind, *made.values())

    def keep(self, kind: str, *documents: Any) -> None:
        held = self.kept.setdefault(kind, [])
        for document in documents:
            collection = type(document)._get_collection()
            held.append((collection, collection.find_one({"_id": document.id})))

    def restore(self, *kinds: str) -> None:
        for kind in kinds:
            for collection, document in self.kept[kind]:
                collection.replace_one({"_id": document["_id"]}, document, upsert=True)

    def become(self, role: str) -> None:
        """The actor holds this role and nothing else."""
        Person.objects(id=self.actor.id).update(set__grants=holding(role))
        self.kept["actor"] = []
        self.keep("actor", Person.objects(id=self.actor.id).get())


def build(store: Store) -> World:
    """The store holds one small file that stands for every photo and paper."""
    now = utc_now()
    held = store.put(io.BytesIO(b"%PDF-1.7"), max_bytes=100)
    for code, level, path in ((HOME, 3, ["京"]), (LOWER, 4, ["京", HOME]), (SIBLING, 3, ["京"]), ("京", 2, [])):
        Court(id=code, name=f"{code}法院", level=level, parent=path[-1] if path else None, path=path).save()
    rooms = {
        relation: Division(court=COURT_OF[relation], name=f"{relation} room").save(force_insert=True).id
        for relation in (OWN, DIVISION, BELOW, ELSEWHERE)
    }
    rooms[OTHERS] = rooms[OWN]
    actor = _person(OWN, rooms, now)
    world = World(actor, rooms)
    people = {relation: actor if relation == OWN else _person(relation, rooms, now) for relation in RELATIONS}
    world.add("person", lambda relation: people[relation])
    for relation, room in rooms.items():
        world.ids.setdefault("division", {})[relation] = room
    world.keep("division", *Division.objects)
    world.ids["court"] = {relation: COURT_OF[relation] for relation in RELATIONS}
    world.keep("court", *Court.objects)
    _work(world, people, held, now)
    _administration(world, people, now)
    return world


def _person(relation: str, rooms: dict[str, str], now: Any) -> Person:
    return Person(
        court=COURT_OF[relation],
        division=rooms[relation],
        username=new_id(),
        name=relation,
        staff_no=new_id(),
        grants=holding("process_server"),
        created_at=now,
    ).save(force_insert=True)


def _work(world: World, people: dict[str, Person], held: Stored, now: Any) -> None:
    """Tasks, visits and what hangs on them: the actor is judge of the own task and server of the own visit."""
    doors: dict[str, Visit] = {}
    tasks: dict[str, ServiceTask] = {}
    for relation in RELATIONS:
        who, court = people[relation], COURT_OF[relation]
        door = visits.visit(server=who, court=court, division_id=world.divisions[relation])
        ServiceTask.objects(id=door.task_id).update(
            set__judge_id=who.id, set__division_id=world.divisions[relation], set__state="in_progress"
        )
        doors[relation], tasks[relation] = door, ServiceTask.objects(id=door.task_id).get()
    world.add("visit", lambda relation: doors[relation])
    world.ids["door"] = world.ids["visit"]
    world.kept["door"] = world.kept["visit"]
    world.add("task", lambda relation: tasks[relation])
    world.ids["recipient"] = {relation: tasks[relation].recipients[0].id for relation in RELATIONS}
    world.add("party", lambda relation: visits.party_of(doors[relation], phone="19900000000"))
    world.add(
        "evidence",
        lambda relation: EvidenceItem(
            court=COURT_OF[relation], visit_id=doors[relation].id, task_id=tasks[relation].id, client_id=new_id(),
            server_id=people[relation].id, digest=SHA, kind="photo_door", sha256=held.sha256, size=held.size,
            media_type="image/jpeg", store_key=held.key, captured_at=now, received_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "upload",
        lambda relation: UploadRecord(
            court=COURT_OF[relation], person_id=people[relation].id, person_name="test", length=1, partial=True,
            created_at=now, expires_at=now + timedelta(days=1),
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "look",
        lambda relation: SecondLook(
            court=COURT_OF[relation], date=court_day(now).isoformat(), visit_id=doors[relation].id, digest=SHA,
            server_id=people[relation].id, server_name="test", client_id=new_id(), code="nobody_home", asked_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "finding",
        lambda relation: Finding(
            court=COURT_OF[relation], date=court_day(now).isoformat(), key=new_id(), kind="burst", score=0.5,
            visit_ids=[doors[relation].id], text="测试", found_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "paper",
        lambda relation: Paper(
            court=COURT_OF[relation], task_id=tasks[relation].id, visit_id=doors[relation].id,
            subject=doors[relation].id, kind="proof", number="1", version=1, basis="test", store_key=held.key,
            sha256=held.sha256, size=held.size, pages=1, made_at=now, made_by="test",
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "case_archive",
        lambda relation: CaseArchive(
            court=COURT_OF[relation], case_id=tasks[relation].case_id, case_number="号", number=1,
            asked_by=people[relation].id, asked_by_name="test", asked_at=now, queued_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "bundle",
        lambda relation: EvidenceBundle(
            court=COURT_OF[relation], scope="visit", object_id=doors[relation].id, title="号",
            asked_by=people[relation].id, asked_by_name="test", asked_at=now, queued_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "paper_batch",
        lambda relation: PaperBatch(
            court=COURT_OF[relation], kind="proof", total=1, rows=[], asked_by=people[relation].id,
            asked_by_name="test", asked_at=now, queued_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    _service(world, people, tasks, held, now)
    day = court_day(now).isoformat()
    world.add(
        "plan",
        lambda relation: DayPlan(
            court=COURT_OF[relation], date=day, number=RELATIONS.index(relation) + 1, state="done", seconds=1.0, seed=1,
            created_by=people[relation].id, queued_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "capacity_study",
        lambda relation: CapacityStudy(
            court=COURT_OF[relation], state="done", days=1, created_by=people[relation].id, created_by_name="test",
            queued_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "move_batch",
        lambda relation: MoveBatch(court=COURT_OF[relation], date=day, at=now, by=people[relation].id).save(
            force_insert=True
        ),
    )
    world.add(
        "import",
        lambda relation: ImportRun(
            court=COURT_OF[relation], kind="cases", filename="a.xlsx", sha256=SHA, store_key=held.key,
            state="done", created_by=people[relation].id, created_at=now,
        ).save(force_insert=True),
    )  # fmt: skip


def _service(world: World, people: dict[str, Person], tasks: dict[str, ServiceTask], held: Stored, now: Any) -> None:
    attempts = {relation: Attempt.objects(task_id=tasks[relation].id).get() for relation in RELATIONS}
    world.add("attempt", lambda relation: attempts[relation])
    world.add(
        "exhibit",
        lambda relation: Exhibit(
            court=COURT_OF[relation], task_id=tasks[relation].id, attempt_id=attempts[relation].id, kind="scan",
            media_type="image/jpeg", size=held.size, sha256=held.sha256, store_key=held.key, received_at=now,
            by=people[relation].id, by_name="test",
        ).save(force_insert=True),
    )  # fmt: skip
    about = {
        relation: {
            "court": COURT_OF[relation],
            "task_id": tasks[relation].id,
            "recipient_id": tasks[relation].recipients[0].id,
            "recipient_name": tasks[relation].recipients[0].name,
            "case_number": tasks[relation].case_number,
            "division_id": world.divisions[relation],
            "judge_id": people[relation].id,
        }
        for relation in RELATIONS
    }
    world.add(
        "effect",
        lambda relation: Effect(
            **about[relation], case_id=tasks[relation].case_id, party_id=tasks[relation].recipients[0].party_id,
            document="民事判决书", key=new_id(), created_at=now, updated_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "todo",
        lambda relation: Todo(
            **about[relation], key=new_id(), kind="switch", meant_for="specialist", text="test", rule="T08",
            opened_at=now, due_at=now + timedelta(hours=24),
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "rule_set",
        lambda relation: CourtRules(
            court=COURT_OF[relation], version=f"{relation} 1", dated="2026-11-24", drafted_by="nobody",
            drafted_by_name="test", drafted_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "wording",
        lambda relation: PaperWording(
            court=COURT_OF[relation], kind="proof", number=list(RELATIONS).index(relation) + 1, drafted_by="nobody",
            drafted_by_name="test", drafted_at=now,
        ).save(force_insert=True),
    )  # fmt: skip
    world.add(
        "case",
        lambda relation: Case(
            id=tasks[relation].case_id, court=COURT_OF[relation], number=f"号{relation}", kind="民事",
            judge={"name": "test", "person_id": people[relation].id}, created_at=now, updated_at=now,
        ).save(force_insert=True),
    )  # fmt: skip


def _administration(world: World, people: dict[str, Person], now: Any) -> None:
    world.add(
        "group",
        lambda relation: Group(court=COURT_OF[relation], name=f"{relation} group", updated_at=now).save(
            force_insert=True
        ),
    )
    world.add(
        "role",
        lambda relation: Role(
            court=COURT_OF[relation], name=f"{relation} role", permissions=["tasks.view"], updated_at=now
        ).save(force_insert=True),
    )
    world.add(
        "audit_run",
        lambda relation: AuditRun(court=COURT_OF[relation], asked_by=people[relation].id, asked_at=now).save(
            force_insert=True
        ),
    )
    world.add(
        "alert",
        lambda relation: Alert(
            court=COURT_OF[relation], kind="unmask", person_id=people[relation].id, window=f"{relation}", at=now,
            count=31,
        ).save(force_insert=True),
    )  # fmt: skip


def sign_in(person: Person, kind: str) -> str:
    """A finished session, without the ways there (they have tests of their own). Returns the token."""
    token, now = new_token(), utc_now()
    Session(
        id=digest(token),
        person_id=person.id,
        court=person.court,
        kind=kind,
        second=kind == "web",
        created_at=now,
        last_seen_at=now,
        idle_until=now + timedelta(hours=1),
        expires_at=now + timedelta(hours=1),
    ).save(force_insert=True)
    return token


def browser(app: Flask, person: Person) -> Browser:
    """Somebody's browser with a finished session."""
    token, client = sign_in(person, "web"), app.test_client()
    client.set_cookie(COOKIE, token)
    return Browser(client, csrf_of(digest(token)))
