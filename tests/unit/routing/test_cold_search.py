"""Where the search has not been compiled yet, a plan comes in time all the same, and the next ones are searched."""

import importlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from routing import MaxSeconds, check, solve
from routing.kernel import ready, warm_up
from routing.pool import close_shared, shared

from .days import random_day

solving = importlib.import_module("routing.solve")
marking = importlib.import_module("routing.kernel.ready")


@pytest.fixture(autouse=True)
def workers() -> Iterator[None]:
    """Warm workers of this process, which has the search at hand as well."""
    warm_up()
    with shared(2) as made:
        assert made is not None
        assert made.wait_ready(60)
    yield
    close_shared()


def test_a_search_that_is_being_compiled_costs_no_plan_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    day = random_day(4, 40, 4)
    monkeypatch.setattr(solving, "search_ready", lambda: False)
    began = time.process_time()
    plan = solve(day, MaxSeconds(0.5), processes=2)
    assert time.process_time() - began < 0.7
    assert check(day, plan) == []
    assert plan.engine == "insertion"
    assert sum(len(route.stops) for route in plan.routes) > 20
    answers = iter([False, False, True])
    monkeypatch.setattr(solving, "search_ready", lambda: next(answers))
    later = solve(day, MaxSeconds(1.5), processes=2)
    assert later.engine == "kernel"
    assert later.objective < plan.objective


def test_whether_it_is_compiled_is_told_by_what_lies_in_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(marking, "_loaded", [])
    monkeypatch.setattr(marking, "cache_folder", lambda _: tmp_path)
    assert not ready()
    monkeypatch.setattr(marking.api, "warm_up", lambda: None)
    marking.warm_up()
    marking._loaded.clear()
    assert ready()
