"""From the outcome through review to the closed attempt, whatever dies in between."""

from __future__ import annotations

import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from evidence.stores import FileStore
from server.accounts.models import Court, Person
from server.core import events
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.field import services
from server.field.models import EvidenceItem
from server.field.services.evidence import Upload
from server.field.services.guard import Written
from server.field.services.outcome import Entry
from server.reports import services as reports
from server.service.actor import Actor
from server.service.models import Attempt, ServiceTask
from tests.factories import visits as make
from tests.factories.media import small_photo
from tests.integration.field.conftest import REVIEWER, person


def upload(visit: Visit, server: Person, store: FileStore, seed: int = 1, kind: str = "photo_door") -> str:
    data, client_id = small_photo(seed), new_id()
    one = Upload(client_id, kind, sha256(data).hexdigest(), utc_now(), None, io.BytesIO(data))
    services.record_evidence(
        court=make.COURT,
        visit_id=visit.id,
        actor=Actor(server.id, server.name),
        store=store,
        upload=one,
        now=utc_now(),
    )
    return client_id


def end(visit: Visit, server: Person, evidence: tuple[str, ...], code: str = "nobody_home") -> Written:
    entry = Entry(new_id(), code, utc_now(), note="敲门三次无人应答", evidence=evidence)
    return services.record_outcome(
        court=make.COURT, visit_id=visit.id, actor=Actor(server.id, server.name), entry=entry, now=utc_now()
    )


def review(visit: Visit, decision: str = "accept", by: Actor = REVIEWER, **given: Any) -> dict[str, Any]:
    return services.review_visit(
        court=make.COURT,
        visit_id=visit.id,
        decision=decision,
        reason=given.get("reason"),
        version=given.get("version"),
        actor=by,
        now=utc_now(),
    )


@pytest.fixture
def ended(visit: Visit, server: Person, store: FileStore) -> Visit:
    end(visit, server, (upload(visit, server, store),))
    found: Visit = Visit.objects.get(id=visit.id)
    return found


def attempt_of(visit: Visit) -> Attempt:
    found: Attempt = Attempt.objects.get(id=visit.attempt_id)
    return found


def recipient_of(visit: Visit) -> Any:
    return ServiceTask.objects.get(id=visit.task_id).recipients[0]


def lines_of(visit: Visit) -> dict[str, int]:
    """How often each of the steps that follow from the door stands in the timeline."""
    steps = Counter(one.what for one in ServiceTask.objects.get(id=visit.task_id).steps)
    return {what: steps[what] for what in steps if what.startswith("attempt.") and what != "attempt.opened"}


def code_of(refused: pytest.ExceptionInfo[DomainError]) -> str:
    return refused.value.code


def test_accepting_closes_the_attempt_and_frees_the_recipient(ended: Visit) -> None:
    assert (attempt_of(ended).state, recipient_of(ended).lock is None) == ("under_review", False)
    review(ended, version=ended.version)
    attempt = attempt_of(ended)
    assert (attempt.state, attempt.outcome) == ("closed", "nobody_home")
    assert attempt.facts["visit_id"] == ended.id
    assert (recipient_of(ended).state, recipient_of(ended).lock) == ("failed", None)
    assert Visit.objects.get(id=ended.id).outbox == []


def test_sending_back_lets_the_server_do_it_again(ended: Visit, server: Person, store: FileStore) -> None:
    review(ended, "send_back", reason="门牌照片看不清")
    back = Visit.objects.get(id=ended.id)
    assert (back.review.state, back.review.reason, attempt_of(ended).state) == (
        "sent_back",
        "门牌照片看不清",
        "open",
    )
    first = EvidenceItem.objects.get(visit_id=ended.id).client_id
    again = end(back, server, (first, upload(back, server, store, seed=2)))
    assert again.review == {"state": "pending", "reason": "门牌照片看不清", "round": 2}
    review(back)
    after = Visit.objects.get(id=ended.id)
    assert [one.state for one in after.reviews] == ["sent_back", "accepted"]
    assert [len(one.evidence) for one in after.submissions] == [1, 2]
    assert attempt_of(ended).state == "closed"


def test_sending_back_needs_a_reason(ended: Visit) -> None:
    for reason in (None, "  "):
        with pytest.raises(DomainError) as refused:
            review(ended, "send_back", reason=reason)
        assert code_of(refused) == "review.reason_required"


def test_nobody_reviews_their_own_visit(ended: Visit, server: Person) -> None:
    with pytest.raises(DomainError) as refused:
        review(ended, by=Actor(server.id, server.name))
    assert (code_of(refused), refused.value.status) == ("review.own_visit", 403)
    assert Visit.objects.get(id=ended.id).review.state == "pending"


def test_a_reviewer_decides_only_on_what_they_saw(ended: Visit) -> None:
    with pytest.raises(DomainError) as refused:
        review(ended, version=ended.version - 1)
    assert code_of(refused) == "visit.changed"


def test_deciding_the_same_again_changes_nothing(ended: Visit) -> None:
    first, again = review(ended, version=ended.version), review(ended, version=ended.version)
    assert first["version"] == again["version"]
    assert len(Visit.objects.get(id=ended.id).reviews) == 1
    with pytest.raises(DomainError) as refused:
        review(ended, "send_back", reason="再想想")
    assert code_of(refused) == "review.not_pending"


def test_of_two_reviewers_exactly_one_decides(ended: Visit) -> None:
    def decide(n: int) -> str:
        try:
            review(ended, *(("accept",) if n % 2 else ("send_back",)), by=Actor(f"r{n}", "专员"), reason="补正")
        except DomainError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(decide, range(6)))
    assert answers.count("done") == 1
    assert set(answers) == {"done", "review.not_pending"}
    assert len(Visit.objects.get(id=ended.id).reviews) == 1


def test_of_two_outcomes_at_once_exactly_one_counts(visit: Visit, server: Person, store: FileStore) -> None:
    door = upload(visit, server, store)

    def enter(code: str) -> str:
        try:
            end(visit, server, (door,), code)
        except DomainError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(enter, ["nobody_home", "moved", "no_such_person", "nobody_home"]))
    assert answers.count("done") == 1
    assert set(answers) == {"done", "visit.ended"}
    assert Visit.objects.get(id=visit.id).review.round == 1


def test_steps_at_once_are_all_kept(visit: Visit, server: Person) -> None:
    def report(kind: str) -> str:
        done = services.record_progress(
            court=make.COURT,
            visit_id=visit.id,
            actor=Actor(server.id, server.name),
            client_id=new_id(),
            kind=kind,
            happened_at=utc_now(),
            fix=None,
            now=utc_now(),
        )
        return done.state

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(report, ["arrive", "accept", "depart"]))
    after = Visit.objects.get(id=visit.id)
    assert (after.state, len(after.progress), after.version) == ("arrived", 3, 4)


def test_a_process_that_dies_after_accepting_leaves_the_closing_to_the_sweep(
    ended: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = events.relay
    monkeypatch.setattr(events, "relay", lambda *_: 0)  # the process ends between the write and what follows
    review(ended)
    assert attempt_of(ended).state == "under_review"
    monkeypatch.setattr(events, "relay", relay)
    assert events.sweep(now=utc_now() + timedelta(minutes=1)) >= 1
    assert attempt_of(ended).state == "closed"
    assert Visit.objects.get(id=ended.id).outbox == []


def test_news_that_is_told_twice_leaves_one_line_in_the_timeline(
    visit: Visit, server: Person, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = events.relay

    def told_twice(model: Any, document_id: str) -> int:
        """The process ends after the subscribers were told and before the outbox was emptied; the sweep follows."""
        waiting = model._get_collection().find_one({"_id": document_id}, {"outbox": 1})["outbox"]
        relay(model, document_id)
        model._get_collection().update_one({"_id": document_id}, {"$set": {"outbox": waiting}})
        return relay(model, document_id)

    monkeypatch.setattr(events, "relay", told_twice)
    end(visit, server, (upload(visit, server, store),))
    review(visit, "send_back", reason="门牌照片看不清")
    assert lines_of(visit) == {"attempt.submitted": 1, "attempt.sent_back": 1}


def test_news_of_a_sending_back_that_comes_after_the_next_outcome_reopens_nothing(
    ended: Visit, server: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = events.relay
    monkeypatch.setattr(events, "relay", lambda *_: 0)
    review(ended, "send_back", reason="补正")
    end(ended, server, (EvidenceItem.objects.get(visit_id=ended.id).client_id,))
    monkeypatch.setattr(events, "relay", relay)
    events.sweep(now=utc_now() + timedelta(minutes=1))
    assert attempt_of(ended).state == "under_review"
    assert lines_of(ended) == {"attempt.submitted": 2, "attempt.sent_back": 1}


def test_news_of_an_outcome_that_comes_after_the_decision_still_stands_in_the_timeline(
    visit: Visit, server: Person, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = events.relay
    monkeypatch.setattr(events, "relay", lambda *_: 0)  # the process that took the outcome ends at once
    end(visit, server, (upload(visit, server, store),))
    review(visit)
    monkeypatch.setattr(events, "relay", relay)
    events.sweep(now=utc_now() + timedelta(minutes=1))
    assert lines_of(visit) == {"attempt.submitted": 1, "attempt.closed": 1}
    assert attempt_of(visit).state == "closed"


def test_an_attempt_that_was_withdrawn_meanwhile_does_not_stop_the_review(ended: Visit) -> None:
    Attempt.objects(id=ended.attempt_id).update(set__state="withdrawn")
    assert review(ended)["review"]["state"] == "accepted"


def test_another_courts_reviewer_finds_nothing(ended: Visit) -> None:
    with pytest.raises(DomainError) as refused:
        services.review_visit(
            court="京0105",
            visit_id=ended.id,
            decision="accept",
            reason=None,
            version=None,
            actor=REVIEWER,
            now=utc_now(),
        )
    assert (code_of(refused), refused.value.status) == ("visit.not_found", 404)


def test_the_queue_shows_what_waits(ended: Visit) -> None:
    assert [one["_id"] for one in services.list_reviews(court=make.COURT).items] == [ended.id]
    assert services.list_reviews(court=make.COURT, day="2020-01-01").total == 0
    review(ended)
    assert services.list_reviews(court=make.COURT).items == []
    assert services.list_reviews(court=make.COURT, state="accepted").total == 1


def test_evidence_of_a_colleague_does_not_count_as_mine(visit: Visit, server: Person, store: FileStore) -> None:
    stranger = person("外出送达员乙")
    with pytest.raises(DomainError) as refused:
        upload(visit, stranger, store)
    assert refused.value.status == 404


def test_a_worker_that_dies_after_making_a_paper_leaves_its_line_to_the_next(ended: Visit, store: FileStore) -> None:
    Court(id=make.COURT, name="北京市西城区人民法院", level=3).save()
    review(ended)
    basis = reports.review_basis(ended.id, 1)

    def make_papers() -> list[str]:
        made = reports.make_papers(court=make.COURT, visit_id=ended.id, basis=basis, store=store, now=utc_now())
        return [paper.id for paper in made]

    made = make_papers()
    ServiceTask.objects(id=ended.task_id).update(pull__steps__what="paper.made")
    assert make_papers() == made
    lines = [one.receipt for one in ServiceTask.objects.get(id=ended.task_id).steps if one.what == "paper.made"]
    assert sorted(lines) == sorted(made)
