"""What a problem refuses, it refuses with a code, a Chinese sentence and the culprit."""

import math
from collections.abc import Callable

import pytest

from routing import Break, Point, ProblemError, Window

from .days import HOUR, problem, server, visit

BAD: dict[str, Callable[[], object]] = {
    "problem.point_not_finite": lambda: Point(math.nan, 39.9),
    "problem.point_out_of_range": lambda: Point(216.4, 39.9),
    "problem.window_reversed": lambda: Window(10 * HOUR, 9 * HOUR),
    "problem.out_of_range": lambda: visit("v", service_s=-1),
    "problem.not_integer": lambda: visit("v", service_s=1.5),
    "problem.id_empty": lambda: visit(""),
    "problem.crew": lambda: visit("v", crew=3),
    "problem.pinned_unlocked": lambda: visit("v", pinned=True),
    "problem.break_too_long": lambda: Break(Window(0, 60), 61),
    "problem.mode": lambda: server(mode="rocket"),
    "problem.id_twice": lambda: problem([visit("v"), visit("v")]),
}


@pytest.mark.parametrize("code", BAD)
def test_bad_input_is_refused_by_name(code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        BAD[code]()
    assert caught.value.code == code
    assert any("\u4e00" <= letter <= "\u9fff" for letter in caught.value.message_zh)


def test_an_error_names_its_subject() -> None:
    with pytest.raises(ProblemError) as caught:
        visit("V0042", crew=0)
    assert caught.value.subject == "V0042"


def test_a_half_day_owes_no_lunch() -> None:
    assert server().breaks_due
    assert not server(shift=Window(13 * HOUR, 17 * HOUR)).breaks_due
