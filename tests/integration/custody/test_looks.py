"""A second look is asked once, answered once by somebody else, or expires; and the right phone hears it."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from server.accounts.models import Person
from server.core import events
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody import looks_tasks
from server.custody.models import SecondLook
from server.custody.services import looks
from server.dispatch.models import Visit
from server.service.actor import Actor
from tests.factories import visits as make
from tests.integration.custody.conftest import REVIEWER, person


@pytest.fixture(autouse=True)
def registered() -> None:
    looks_tasks.register(events.subscriptions)


def ask(visit: Visit, server: Person, *, now: datetime | None = None, **changes: Any) -> dict[str, Any]:
    request = looks.Request(**{"client_id": new_id(), "code": "signed_recipient", "note": "请看签名", **changes})
    actor = Actor(server.id, server.name)
    return looks.ask(court=make.COURT, visit_id=visit.id, actor=actor, request=request, now=now or utc_now())[0]


def answer(look: dict[str, Any], decision: str = "fine", reason: str = "", actor: Actor = REVIEWER) -> dict[str, Any]:
    return looks.answer(
        court=make.COURT, look_id=look["look_id"], decision=decision, reason=reason, actor=actor, now=utc_now()
    )


def refusal(call: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.code


def test_a_look_says_what_the_law_still_wants_to_see(visit: Visit, server: Person) -> None:
    asked = ask(visit, server)
    assert [one["code"] for one in asked["missing"]] == ["signature_recipient", "photo_documents"]
    done = answer(asked, "more", "请补拍送达回证签名处的近照")
    assert (done["state"], done["by_name"], done["reason"]) == ("more", REVIEWER.name, "请补拍送达回证签名处的近照")
    assert Visit.objects.get(id=visit.id).state == "assigned"  # nothing of the visit is decided by it


def test_the_same_question_twice_is_one_and_another_content_is_refused(visit: Visit, server: Person) -> None:
    client_id = new_id()
    first, again = ask(visit, server, client_id=client_id), ask(visit, server, client_id=client_id)
    assert first["look_id"] == again["look_id"]
    assert refusal(lambda: ask(visit, server, client_id=client_id, note="别的")) == "client_id.reused"
    assert SecondLook.objects.count() == 1


def test_of_two_questions_about_one_door_the_newer_is_looked_at(visit: Visit, server: Person) -> None:
    now = utc_now()
    first = ask(visit, server, now=now - timedelta(minutes=1))
    second = ask(visit, server, now=now, note="已补拍")
    waiting = looks.list_looks(court=make.COURT, state="asked", page=1, page_size=10)
    assert [one["look_id"] for one in waiting.items] == [second["look_id"]]
    assert refusal(lambda: answer(first)) == "look.not_open"


def test_nobody_looks_at_their_own_door(server: Person) -> None:
    second = person("同行送达员")
    visit = make.visit(server=server, second=second)
    asked = ask(visit, server)
    for one in (server, second):
        assert refusal(lambda one=one: answer(asked, actor=Actor(one.id, one.name))) == "review.own_visit"
    assert answer(asked)["state"] == "fine"


def test_more_needs_a_reason_and_a_repeated_answer_is_the_same(visit: Visit, server: Person) -> None:
    asked = ask(visit, server)
    assert refusal(lambda: answer(asked, "more", "  ")) == "look.reason_required"
    assert answer(asked, "more", "补拍门牌") == answer(asked, "more", "补拍门牌")
    assert refusal(lambda: answer(asked, "fine")) == "look.not_open"
    assert refusal(lambda: answer({"look_id": "nothing"})) == "look.not_found"


def test_of_many_reviewers_one_answers(visit: Visit, server: Person) -> None:
    asked, start, told = ask(visit, server), Barrier(6), []

    def one(number: int) -> None:
        start.wait()
        try:
            told.append(answer(asked, "more", f"补拍{number}", Actor(f"p-{number}", f"专员{number}"))["by_name"])
        except DomainError as error:
            told.append(error.code)

    threads = [Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("look.not_open") == 5
    stored = SecondLook.objects.get(id=asked["look_id"])
    assert stored.by_name in told
    assert stored.version == 2


def test_a_look_expires_after_a_quarter_of_an_hour(visit: Visit, server: Person) -> None:
    old = ask(visit, server, now=utc_now() - timedelta(minutes=15, seconds=1))
    other = make.visit(server=server)
    fresh = ask(other, server)
    assert refusal(lambda: answer(old)) == "look.not_open"  # also before the sweep has been there
    assert looks.expire_old(now=utc_now()) == 1
    assert looks.expire_old(now=utc_now()) == 0
    assert SecondLook.objects.get(id=old["look_id"]).state == "expired"
    assert SecondLook.objects.get(id=fresh["look_id"]).state == "asked"


def test_the_outcome_ends_the_question(visit: Visit, server: Person) -> None:
    asked = ask(visit, server)
    news = events.event(
        "visit.outcome", court=make.COURT, now=utc_now(), visit_id=visit.id, server_id=server.id, outcome="nobody_home"
    )
    event = events.Event(news["id"], news["name"], news["court"], news["at"], news["data"])
    looks_tasks.on_outcome(event)
    looks_tasks.on_outcome(event)  # every handler may run twice
    assert SecondLook.objects.get(id=asked["look_id"]).state == "expired"
    Visit.objects(id=visit.id).update(set__state="ended")
    assert refusal(lambda: ask(visit, server)) == "look.too_late"
    Visit.objects(id=visit.id).update(set__review={"state": "sent_back", "round": 1, "reason": "补签"})
    assert ask(visit, server)["state"] == "asked"


def test_a_visit_that_went_elsewhere_cannot_be_asked_about(visit: Visit, server: Person) -> None:
    make.reassign(visit, person("另一送达员"))
    assert refusal(lambda: ask(visit, server)) == "visit.not_yours"
