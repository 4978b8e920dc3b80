"""Late items wait for a person: taken or left with a reason, once, told in the task's course, never thrown away."""

from __future__ import annotations

import io
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from evidence.stores import FileStore
from server.accounts.models import Court, Person
from server.core import events
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.custody import looks_tasks
from server.custody.services import announcing, landing, late
from server.custody.services.announcing import NewItem
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.reports.gather import gather
from server.service.actor import Actor
from server.service.models import ServiceTask
from tests.factories import visits as make
from tests.factories.media import small_photo
from tests.factories.rescue import item as announcement
from tests.integration.custody.conftest import REVIEWER


@pytest.fixture(autouse=True)
def registered() -> None:
    looks_tasks.register(events.subscriptions)


def land(visit: Visit, server: Person, store: FileStore, seed: int = 1) -> EvidenceItem:
    """A photo captured at the door, that only comes now."""
    data, owner, now = small_photo(seed), Actor(server.id, server.name), utc_now()
    said = announcement(data, visit_id=visit.id, fix=None)
    new = NewItem(
        said["client_id"], said["kind"], said["sha256"], said["size"], now - timedelta(minutes=3), visit_id=visit.id
    )
    (answer,) = announcing.announce(court=make.COURT, actor=owner, date=None, items=[new], source="phone", now=now)
    assert answer.announced_id, answer.problem
    landed = landing.land(
        court=make.COURT, announced_id=answer.announced_id, actor=owner, stream=io.BytesIO(data), store=store, now=now
    )
    return EvidenceItem.objects.get(id=landed.evidence_id)


def close(visit: Visit) -> None:
    Visit.objects(id=visit.id).update(set__state="ended", set__review={"state": "accepted", "round": 1})


def decide(item: EvidenceItem, decision: str = "take", reason: str = "与现场照片一致", actor: Actor = REVIEWER) -> Any:
    return late.decide(
        court=make.COURT, evidence_id=item.id, decision=decision, reason=reason, actor=actor, now=utc_now()
    )


def refusal(call: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.code


def waiting() -> late.Page:
    return late.list_late(court=make.COURT, state="waiting", page=1, page_size=10)


def test_what_came_after_the_visit_was_closed_waits_and_is_taken(
    visit: Visit, server: Person, store: FileStore
) -> None:
    close(visit)
    item = land(visit, server, store)
    (shown,) = waiting().items
    assert (shown["evidence_id"], shown["why"], shown["server_name"]) == (item.id, "visit_closed", server.name)
    done = decide(item)
    assert (done["state"], done["by_name"], done["reason"]) == ("taken", REVIEWER.name, "与现场照片一致")
    assert waiting().counts == {"waiting": 0, "taken": 1, "left": 0}
    steps = [one for one in ServiceTask.objects.get(id=visit.task_id).steps if one.what == "evidence.late"]
    assert [one.text for one in steps] == ["迟到材料“门牌及现场照片”采纳：与现场照片一致"]
    assert steps[0].by_name == REVIEWER.name


def test_papers_rest_on_a_late_item_only_once_it_was_taken(visit: Visit, server: Person, store: FileStore) -> None:
    """Somebody else's late signature must not become the newest signature of a proof of service."""
    Court(id=make.COURT, name="北京市西城区人民法院", level=4).save()
    in_time = land(visit, server, store, seed=2)
    close(visit)
    item, broken = land(visit, server, store), land(visit, server, store, seed=3)
    decide(broken)
    EvidenceItem.objects(id=broken.id).update(set__analysis={"state": "broken"})

    def printed() -> set[str]:
        gathered = gather(court=make.COURT, visit_id=visit.id, store=store)
        assert gathered is not None
        return {one.id for one in gathered.items}

    assert printed() == {in_time.id}
    decide(item)
    assert printed() == {in_time.id, item.id}


def test_the_news_of_a_decision_told_twice_is_one_line(visit: Visit, server: Person, store: FileStore) -> None:
    close(visit)
    item = land(visit, server, store)
    told: list[events.Event] = []
    events.subscriptions.subscribe("evidence.late_decided", told.append)
    decide(item, "leave", "与本次送达无关")
    late.on_decided(told[0])
    steps = [one.text for one in ServiceTask.objects.get(id=visit.task_id).steps if one.what == "evidence.late"]
    assert len(steps) == 1
    assert "不予采纳" in steps[0]
    kept = EvidenceItem.objects.get(id=item.id)
    assert kept.late["state"] == "left"
    with store.open(kept.store_key) as stream:
        assert stream.read() == small_photo(1)


def test_a_decision_is_made_once_and_not_about_ones_own_item(visit: Visit, server: Person, store: FileStore) -> None:
    in_time = land(visit, server, store, seed=2)
    assert refusal(lambda: decide(in_time)) == "late.not_late"
    close(visit)
    item = land(visit, server, store)
    assert refusal(lambda: decide(item, actor=Actor(server.id, server.name))) == "review.own_visit"
    assert decide(item) == decide(item)
    assert refusal(lambda: decide(item, "leave")) == "late.decided"
    assert refusal(lambda: decide(EvidenceItem(id="nothing"))) == "evidence.not_found"


def test_of_many_deciders_one_decides(visit: Visit, server: Person, store: FileStore) -> None:
    close(visit)
    item, start, told = land(visit, server, store), Barrier(5), []

    def one(number: int) -> None:
        start.wait()
        try:
            told.append(
                decide(item, "take" if number % 2 else "leave", f"理由{number}", Actor(f"p{number}", "x"))["state"]
            )
        except DomainError as error:
            told.append(error.code)

    threads = [Thread(target=one, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("late.decided") == 4
    assert EvidenceItem.objects.get(id=item.id).late["state"] in told
