"""Papers somebody waits for are made once, whatever becomes of queue and workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import kombu.exceptions
import pytest

from server.core import redis_client
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.dispatch.models import Visit
from server.reports import services, tasks
from tests.factories import visits as make

LOST = timedelta(seconds=45)

pytestmark = pytest.mark.usefixtures("database", "clean_redis", "live_news")


@pytest.fixture
def live_news(redis_url: str) -> Iterator[None]:
    redis_client.connect(redis_url)
    yield
    redis_client.client().close()


@pytest.fixture
def accepted() -> Visit:
    """A visit accepted some minutes ago, its papers made."""
    then = utc_now() - timedelta(minutes=5)
    return make.visit(state="ended", review={"state": "accepted", "round": 1, "at": then}, papers_at=then)


def ask(visit: Visit) -> str:
    return services.ask_again(court=make.COURT, visit_id=visit.id, now=utc_now())


def unmade(visit: Visit) -> list[str]:
    """What the sweep would ask for a minute from now."""
    found = services.unmade_papers(now=utc_now() + timedelta(minutes=1), older_than=LOST)
    assert {(court, visit_id) for court, visit_id, _ in found} <= {(make.COURT, visit.id)}
    return [basis for _, _, basis in found]


def wanted(visit: Visit, basis: str) -> bool:
    return services.still_wanted(court=make.COURT, visit_id=visit.id, basis=basis)


def test_papers_of_an_acceptance_are_wanted_until_they_are_made(accepted: Visit) -> None:
    basis = services.review_basis(accepted.id, 1)
    assert (unmade(accepted), wanted(accepted, basis)) == ([], False)
    Visit.objects(id=accepted.id).update(unset__papers_at=True)
    assert (unmade(accepted), wanted(accepted, basis)) == ([basis], True)


def test_papers_asked_for_again_are_wanted_until_they_are_made(accepted: Visit) -> None:
    first, second = ask(accepted), ask(accepted)
    assert unmade(accepted) == [first, second]
    assert services.unmade_papers(now=utc_now(), older_than=LOST) == []
    services.mark_made(court=make.COURT, visit_id=accepted.id, basis=first, now=utc_now())
    assert unmade(accepted) == [second]
    assert (wanted(accepted, first), wanted(accepted, second)) == (False, True)


def test_a_wish_is_answered_although_the_queue_is_down(accepted: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any) -> None:
        raise kombu.exceptions.OperationalError("connection refused")

    monkeypatch.setattr(tasks.make_papers, "delay", down)
    basis = tasks.ask_again(court=make.COURT, visit_id=accepted.id)
    assert unmade(accepted) == [basis]


def test_a_message_for_papers_that_were_made_meanwhile_does_nothing(accepted: Visit) -> None:
    # Outside of an app's context anything beyond the look at the visit would fail.
    tasks.make_papers(make.COURT, accepted.id, services.review_basis(accepted.id, 1))
    tasks.make_papers(make.COURT, accepted.id, "manual:made-before")
    assert Visit.objects.get(id=accepted.id).papers_at == accepted.papers_at


def test_papers_that_could_be_made_at_last_take_the_problem_away(accepted: Visit) -> None:
    basis = ask(accepted)
    problem = {"code": "papers.missing_glyph", "title": "缺字"}
    services.record_failure(court=make.COURT, visit_id=accepted.id, basis=basis, problem=problem, now=utc_now())
    assert (unmade(accepted), Visit.objects.get(id=accepted.id).papers_problem) == ([], problem)
    services.mark_made(court=make.COURT, visit_id=accepted.id, basis=ask(accepted), now=utc_now())
    assert Visit.objects.get(id=accepted.id).papers_problem == {}


def test_only_accepted_visits_of_this_court_get_papers(accepted: Visit) -> None:
    with pytest.raises(DomainError) as refused:
        ask(make.visit())
    assert refused.value.code == "papers.not_accepted"
    with pytest.raises(DomainError) as refused:
        services.ask_again(court="京0105", visit_id=accepted.id, now=utc_now())
    assert refused.value.code == "visit.not_found"
