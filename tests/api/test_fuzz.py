"""Whatever is sent, the API answers: never 5xx, and every refusal is a problem document people and programs can read.

Every operation of the project's own OpenAPI document is called with what the document allows and with what it forbids,
part of the time with ids and values that exist, so that the calls reach the things behind them. The same every time;
`FUZZ_EXAMPLES=300 pytest tests/api/test_fuzz.py` looks deeper.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance

from server.accounts.models import Group, Person, Role
from server.core.clock import utc_now
from server.core.ids import new_id
from server.law.outcomes import EVIDENCE_KINDS, OUTCOMES
from server.service.models import Attempt, CourtRules, Effect, ServiceTask, Todo
from tests.api.conftest import Browser, Phone
from tests.api.phone.test_sessions import Wechat
from tests.factories import visits as make
from tests.factories.played_day import SERVERS, PlayedDay

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))  # of each operation and mode
ENDS_THE_SESSION = {"DELETE /api/session", "DELETE /api/phone/session", "POST /api/phone/session/rotate"}
SIGNS_IN = {"POST /api/session", "POST /api/phone/session", "POST /api/phone/bindings"}
ODD_DAYS = ("2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "20261124", "\0", "２０２６-11-24")

pytestmark = [
    pytest.mark.timeout(3600),  # what it may take when looking deeper
    # schemathesis never closes an answer, so a streamed photo or paper stays open until it is collected.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass
class World:
    """A played day, and values that exist in it by the names the document uses for them."""

    app: Flask
    day: PlayedDay
    sign_in: Callable[[str], Browser]
    phone: Callable[[str], Phone]

    def __post_init__(self) -> None:
        people = [self.day.people[name].id for name in SERVERS]
        visits = [one["id"] for one in self.day.visits]
        # A recipient belongs to one task: both are asked for together most of the time.
        task = ServiceTask.objects(id=self.day.task_ids[-1]).get()
        attempts = [one.id for one in Attempt.objects(task_id__in=self.day.task_ids)]
        effects = [one.id for one in Effect.objects(task_id__in=self.day.task_ids)]
        todos = [one.id for one in Todo.objects(task_id__in=self.day.task_ids)]
        self.known: Mapping[str, Callable[[Random], Any]] = {
            "visit_id": lambda pick: pick.choice(visits),
            "visit_ids": lambda pick: pick.sample(visits, pick.randint(1, len(visits))),
            "visits": lambda pick: pick.sample(visits, 2),
            "task_id": lambda pick: pick.choice([task.id, task.id, *self.day.task_ids]),
            "recipient_id": lambda _: task.recipients[0].id,
            "case_id": lambda _: task.case_id,
            **_administered(),
            "attempt_id": lambda pick: pick.choice(attempts),
            "effect_id": lambda pick: pick.choice(effects),
            "todo_id": lambda pick: pick.choice(todos or ["none"]),
            "channel": lambda pick: pick.choice(["postal", "pickup", "telephone", "direct"]),
            "reason": lambda pick: pick.choice(["", "当事人要求", "核对后更正"]),
            "fields": lambda pick: pick.choice([{}, {"explanation": "三次上门均无人应答"}]),
            "facts": lambda pick: pick.choice([{"agent": True}, {"evades": False}, {"nothing": 1}]),
            "thresholds": lambda pick: pick.choice([{}, {"notice_days": 45}, {"notice_days": 10}]),
            "readings": lambda _: {},
            "dated": lambda _: self.day.day,
            "task_ids": lambda pick: pick.sample(self.day.task_ids, 2),
            "server_id": lambda pick: pick.choice(people),
            "second_server_id": lambda pick: pick.choice([None, *people]),
            "person_id": lambda pick: pick.choice(people),
            "run_id": lambda _: self.day.run_id,
            "plan_id": lambda _: self.day.plan_id,
            "batch_id": lambda _: self.day.batch_id,
            "evidence_id": lambda pick: pick.choice(self.day.evidence_ids),
            "paper_id": lambda pick: pick.choice(self.day.paper_ids),
            "date": lambda pick: pick.choice([self.day.day, self.day.day, *ODD_DAYS]),
            "client_id": lambda _: new_id(),
            "version": lambda pick: pick.choice([None, 1, 2, 3]),
            "happened_at": lambda _: make.now_text(),
            "captured_at": lambda _: make.now_text(),
            "at": lambda _: make.now_text(minutes=1),
            "lng": lambda _: make.GCJ[0],
            "lat": lambda _: make.GCJ[1],
            "datum": lambda pick: pick.choice(["GCJ-02", "WGS-84", "BD-09"]),
            "accuracy_m": lambda pick: pick.choice([0.0, 12.0, 1e308]),
            "code": lambda pick: pick.choice(list(OUTCOMES)),
            "kind": lambda pick: pick.choice(["accept", "depart", "arrive", "statement", *EVIDENCE_KINDS]),
            "court": lambda _: make.COURT,
            "shift": lambda pick: [pick.randint(0, 40_000), pick.randint(40_000, 86_400)],
        }

    def credentials(self, face: str, operation: str) -> dict[str, dict[str, str]]:
        """Signed in as whoever may do most on this face; afresh where the operation ends the session."""
        if face == "phone":
            one = self.phone("wc003") if operation in ENDS_THE_SESSION else self.day.phones["wc001"]
            return {"headers": {"Authorization": f"Bearer {one.token}"}}
        browser = self.sign_in("manager") if operation in ENDS_THE_SESSION else self.day.board
        cookie = browser.client.get_cookie("songda_session")
        assert cookie is not None
        return {"headers": {"X-CSRF-Token": browser.csrf}, "cookies": {"songda_session": cookie.value}}

    def settle(self, value: Any, pick: Random) -> Any:
        """The generated value with most of what can exist replaced by what does."""
        if isinstance(value, dict):
            return {
                key: self.known[key](pick) if key in self.known and pick.random() < 0.7 else self.settle(one, pick)
                for key, one in value.items()
            }
        return [self.settle(one, pick) for one in value] if isinstance(value, list) else value


def _administered() -> dict[str, Callable[[Random], Any]]:
    """A group, a role and drafts of rules, by the names of their ids."""
    now = utc_now()
    group = Group(court=make.COURT, name="送达一组", updated_at=now).save(force_insert=True)
    role = Role(court=make.COURT, name="本院角色", permissions=["tasks.view"], updated_at=now).save(force_insert=True)
    rules = CourtRules(
        court=make.COURT, version="2026-1", dated="2026-11-24", drafted_by="p", drafted_by_name="甲", drafted_at=now
    ).save(force_insert=True)
    ids = {"group_id": group.id, "role_id": role.id, "rule_set_id": rules.id}
    return {name: lambda _, found=found: found for name, found in ids.items()}


@pytest.fixture
def world(
    app: Flask,
    people: dict[str, Person],
    sign_in: Callable[[str], Browser],
    phone: Callable[[str], Phone],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    monkeypatch.setitem(app.extensions, "wechat", Wechat())
    return World(app, PlayedDay(app, people, sign_in("admin"), phone).whole(), sign_in, phone)


def operations(app: Flask) -> Iterator[Any]:
    for result in schemathesis.openapi.from_wsgi("/api/openapi.json", app).get_all_operations():
        yield result.ok()


def check(case: Any, answer: Any) -> None:
    """Raises AssertionError or FailureGroup with the call to repeat."""
    case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])
    if answer.status_code < 400:
        return
    assert answer.headers["content-type"][0].startswith("application/problem+json"), answer.headers
    problem = answer.json()
    assert problem["status"] == answer.status_code, problem
    assert "." in problem["code"], problem
    assert any(character > "\u4e00" for character in problem["title"]), problem


def fuzz(world: World, face: str, operation: Any, mode: Any, statuses: Counter[int]) -> list[str]:
    """What went wrong with this operation; `statuses` counts what it answered."""
    broken: list[str] = []

    @settings(
        # Nonsense is refused by the schemas, all in one way: half as much of it says as much.
        max_examples=EXAMPLES if mode is schemathesis.GenerationMode.POSITIVE else max(EXAMPLES // 2, 1),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), salt=st.integers(0, 2**16))
    def call(case: Any, salt: int) -> None:
        pick = Random(salt)
        case.path_parameters = world.settle(case.path_parameters, pick)
        case.query = world.settle(case.query, pick)
        if isinstance(case.body, dict | list):
            case.body = world.settle(case.body, pick)
        answer = case.call(**world.credentials(face, operation.label))
        statuses[answer.status_code] += 1
        try:
            check(case, answer)
        except (AssertionError, FailureGroup) as error:
            broken.append(f"{operation.label}\n{_told(error)}")

    try:
        call()
    except Unsatisfiable:
        assert mode is schemathesis.GenerationMode.NEGATIVE, operation.label
    return broken


def _told(error: BaseException) -> str:
    inner = getattr(error, "exceptions", (error,))
    return "\n".join(str(one)[:1500] for one in inner)


@pytest.mark.parametrize("face", ["board", "phone"])
def test_no_operation_of_the_document_answers_5xx_or_without_a_problem_document(world: World, face: str) -> None:
    answered: dict[str, Counter[int]] = {}
    broken: list[str] = []
    for operation in operations(world.app):
        if ("/api/phone/" in operation.path) is (face == "phone"):
            statuses = answered.setdefault(operation.label, Counter())
            for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
                broken += fuzz(world, face, operation, mode, statuses)[:1]
    assert not broken, "\n\n".join(broken)
    # Only refusals would mean that nothing behind the first check was reached. With three examples of each, two in five
    # operations are usual.
    reached = [label for label, statuses in answered.items() if any(status < 400 for status in statuses)]
    assert len(reached) >= 0.3 * len(answered), sorted(set(answered) - set(reached))
    assert not any(401 in statuses for label, statuses in answered.items() if label not in SIGNS_IN), answered
