"""The place-truth verdict: what raises doubt, what does not, and how often honest people are doubted."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.geo import GeoPoint
from evidence.place import AGREES, DOUBT, REASON_CODES, UNKNOWN, Address, Claim, Fix, TrackPoint, Verdict, judge
from routing.datum import from_wgs84, to_wgs84
from tests.unit.evidence.place_days import DOOR, NOON, TRADES, carefully_faked, honest, moved, seconds


def fix(metres: float = 20.0, *, accuracy_m: float = 10.0, after_s: float = 0.0, **more: Any) -> Fix:
    return Fix(moved(DOOR, metres, 0.3), accuracy_m, NOON + seconds(after_s), **{"provider": "gps", **more})


def claim(*fixes: Fix, **more: Any) -> Claim:
    return Claim(**{"taken_at": NOON, "address": Address(DOOR), "sealed": fixes, **more})


def codes(verdict: Verdict, *, against: bool = True) -> set[str]:
    return {one.code for one in verdict.reasons if one.weight or not against}


def test_at_the_door_the_record_agrees() -> None:
    found = judge(claim(fix(), fix(24, after_s=5)))
    assert (found.verdict, codes(found)) == (AGREES, set())
    assert found.distance_m == pytest.approx(20, abs=5)


@pytest.mark.parametrize(
    ("metres", "accuracy_m", "uncertainty_m", "verdict"),
    [
        (200, 10, 150, AGREES),  # 150 + 60
        (280, 10, 150, AGREES),  # a little outside: told, half a weight
        (330, 10, 150, DOUBT),
        (330, 120, 150, AGREES),  # 120 m with 68 % is 271 m with near certainty
        (130, 10, 20, AGREES),
        (190, 10, 20, DOUBT),  # where the door is known to 20 m
    ],
)
def test_the_circles_of_receiver_and_address_decide(
    metres: float, accuracy_m: float, uncertainty_m: float, verdict: str
) -> None:
    asked = claim(fix(metres, accuracy_m=accuracy_m), address=Address(DOOR, uncertainty_m))
    assert judge(asked).verdict == verdict


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (claim(fix(mock=True)), "place.mock"),
        (claim(fix(provider="fused-MOCK")), "place.mock_provider"),
        (claim(*(fix(5, after_s=10 * n) for n in range(10))), "place.frozen"),
        (claim(*(replace(fix(after_s=n), point=DOOR) for n in range(6))), "place.exact"),
        (claim(fix(), clock_offset_s=-7_200), "place.clock_off"),
        (claim(fix(), exif_taken_at=NOON - timedelta(days=1)), "place.file_time"),
        (claim(fix(), exif_point=moved(DOOR, 5_000, 1)), "place.file_apart"),
        (
            claim(fix(), track=tuple(TrackPoint(moved(DOOR, 30_000, 1), 10, NOON + seconds(n)) for n in (-60, 60))),
            "place.track_speed",
        ),
    ],
)
def test_what_speaks_against_an_item_at_the_right_place(asked: Claim, code: str) -> None:
    found = judge(asked)
    assert found.verdict == DOUBT
    assert code in codes(found)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (claim(fix(accuracy_m=0.0)), "place.accuracy_zero"),
        (claim(fix(after_s=-900)), "place.stale_fix"),
        (claim(fix(), clock_offset_s=400), "place.clock_off"),
        (claim(fix(), fix(9_000, after_s=3), fix(10, after_s=6)), "place.jump"),
        (claim(fix(), beside=fix(2_000)), "place.beside_apart"),
        (claim(fix(), track=tuple(TrackPoint(moved(DOOR, 900, 1), 9, NOON + seconds(n)) for n in (-99, 99))),
         "place.track_apart"),
        (claim(fix(), elsewhere=(TrackPoint(moved(DOOR, 9_000, 1), 10, NOON + seconds(30)),)), "place.elsewhere_speed"),
    ],
)  # fmt: skip
def test_one_smaller_reason_is_told_and_raises_no_doubt(asked: Claim, code: str) -> None:
    found = judge(asked)
    assert found.verdict == AGREES
    assert codes(found) == {code}


def test_two_smaller_reasons_together_raise_doubt() -> None:
    found = judge(claim(fix(accuracy_m=0.0), clock_offset_s=400))
    assert (found.verdict, codes(found)) == (DOUBT, {"place.accuracy_zero", "place.clock_off"})


def test_without_position_or_address_nothing_is_known_unless_something_speaks_against_it() -> None:
    assert judge(claim()).verdict == UNKNOWN
    assert judge(claim(fix(), address=None)).verdict == UNKNOWN
    assert judge(claim(fix(9_000, accuracy_m=800))).verdict == UNKNOWN
    assert judge(claim(exif_taken_at=NOON - timedelta(days=3))).verdict == DOUBT


def test_one_track_point_thrown_across_the_town_raises_no_doubt() -> None:
    track = [TrackPoint(moved(DOOR, 15, n), 12, NOON + seconds(30 * n)) for n in range(-4, 5)]
    track[4] = replace(track[4], point=moved(DOOR, 40_000, 1))
    assert judge(claim(fix(), track=tuple(track))).verdict == AGREES


def test_a_route_like_a_ruler_is_told() -> None:
    track = tuple(TrackPoint(moved(DOOR, -40 * n, 1), 5, NOON + seconds(15 * n)) for n in range(-12, 1))
    assert "place.track_smooth" in codes(judge(claim(fix(), track=track)))


def test_every_reason_has_a_known_code_and_explains_itself_in_chinese() -> None:
    rng = random.Random(5)
    seen = [one for make in (honest, *TRADES.values()) for _ in range(20) for one in judge(make(rng)).reasons]
    assert {one.code for one in seen} <= set(REASON_CODES)
    assert all(len(one.text_zh) >= 8 and re.search("[\u4e00-\u9fff]", one.text_zh) for one in seen)
    weights = [one.weight for one in judge(claim(fix(2_000, mock=True), clock_offset_s=400)).reasons]
    assert weights == [1, 1, 0.5, 0]


def test_at_most_two_in_a_hundred_honest_items_are_doubted() -> None:
    rng = random.Random(11)
    doubted = sum(judge(honest(rng)).verdict == DOUBT for _ in range(600))
    assert doubted <= 12


@pytest.mark.parametrize("make", TRADES.values(), ids=list(TRADES))
def test_the_usual_ways_to_cheat_are_doubted(make: Callable[[random.Random], Claim]) -> None:
    rng = random.Random(3)
    assert sum(judge(make(rng)).verdict == DOUBT for _ in range(40)) >= 38


def test_a_careful_fake_with_nothing_to_compare_passes_as_documented() -> None:
    """Not a wish: where the phone sends only what a liar wrote, no arithmetic finds the lie."""
    rng = random.Random(4)
    assert sum(judge(carefully_faked(rng)).verdict == DOUBT for _ in range(40)) <= 2


# ── metamorphic: what must not matter does not matter ────────────────────────────────────────────────────────────────
points = st.builds(lambda metres, way: moved(DOOR, metres, way), st.floats(0, 3_000), st.floats(0, 6.28))
fixes = st.lists(
    st.builds(
        Fix,
        points,
        st.floats(1, 400),
        st.integers(-60, 60).map(lambda one: NOON + seconds(one)),
        st.just("gps"),
        st.just(False),
    ),
    min_size=1,
    max_size=5,
)
PLACE_CODES = {"place.near", "place.far"}


@settings(max_examples=60, deadline=None)
@given(fixes, st.integers(0, 4), st.floats(0, 2_000))
def test_a_worse_accuracy_never_turns_agreement_into_doubt_by_distance(
    given_fixes: list[Fix], which: int, more: float
) -> None:
    before = judge(claim(*given_fixes))
    worse = list(given_fixes)
    which %= len(worse)
    worse[which] = replace(worse[which], accuracy_m=worse[which].accuracy_m + more)
    after = judge(claim(*worse))
    weight = {one: sum(r.weight for r in verdict.reasons if r.code in PLACE_CODES)
              for one, verdict in (("before", before), ("after", after))}  # fmt: skip
    assert weight["after"] <= weight["before"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["GCJ-02", "BD-09", "CGCS2000"]))
def test_the_datum_a_point_came_in_changes_nothing(seed: int, datum: str) -> None:
    """There and back through another datum (below a millimetre): the verdict and its reasons stay."""

    def through(point: GeoPoint) -> GeoPoint:
        lng, lat = to_wgs84(*from_wgs84(point.lng, point.lat, datum), datum)
        return GeoPoint(lat, lng)

    asked = honest(random.Random(seed))
    other = replace(
        asked,
        sealed=tuple(replace(one, point=through(one.point)) for one in asked.sealed),
        beside=replace(asked.beside, point=through(asked.beside.point)) if asked.beside else None,
        track=tuple(replace(one, point=through(one.point)) for one in asked.track),
    )
    before, after = judge(asked), judge(other)
    assert after.verdict == before.verdict
    assert codes(after, against=False) == codes(before, against=False)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(-(10**7), 10**7))
def test_the_time_of_day_changes_nothing(seed: int, shift_s: int) -> None:
    asked, by = honest(random.Random(seed)), seconds(shift_s)
    later = replace(
        asked,
        taken_at=asked.taken_at + by,
        sealed=tuple(replace(one, at=one.at + by) for one in asked.sealed),
        beside=replace(asked.beside, at=asked.beside.at + by) if asked.beside else None,
        exif_taken_at=asked.exif_taken_at + by if asked.exif_taken_at else None,
        track=tuple(replace(one, at=one.at + by) for one in asked.track),
        elsewhere=tuple(replace(one, at=one.at + by) for one in asked.elsewhere),
    )
    assert judge(later) == judge(asked)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.randoms())
def test_the_order_of_fixes_and_track_changes_nothing(seed: int, shuffler: random.Random) -> None:
    asked = honest(random.Random(seed))
    sealed, track = list(asked.sealed), list(asked.track)
    shuffler.shuffle(sealed)
    shuffler.shuffle(track)
    assert judge(replace(asked, sealed=tuple(sealed), track=tuple(track))) == judge(asked)


def test_reasons_add_up_whatever_the_order_of_tenths() -> None:
    """0.4 + 0.6 reaches 1 in floating point too."""
    found = judge(claim(fix(accuracy_m=0.0, after_s=-900)))
    assert codes(found) == {"place.accuracy_zero", "place.stale_fix"}
    assert found.verdict == DOUBT
