"""Learnt travel factors come near the truth, are not misled by lunches, and keep silent when they know too little."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from routing import HaversineTravel, Point
from routing.travel_learning import Drive, TravelFactors, learn

from .days import near

TRUTH_OVERHEAD, TRUTH_KMH, TRUTH_RUSH, TRUTH_DETOUR = 240.0, 19.0, 11.0, 1.5


def truth(straight_m: float, hour: int) -> float:
    kmh = TRUTH_RUSH if hour in (8, 17) else TRUTH_KMH
    return TRUTH_OVERHEAD + straight_m * TRUTH_DETOUR * 3.6 / kmh


def drives(
    count: int, *, seed: int = 1, spoil: float = 0.0, mode: str = "car", hours: tuple[int, ...] = (8, 9, 10, 14, 15, 17)
) -> list[Drive]:
    """Drives of an imagined court; a share of `spoil` holds a lunch or a button pressed late."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        metres = float(rng.uniform(600, 9000))
        angle = float(rng.uniform(0, 6.28))
        hour = hours[number % len(hours)]
        seconds = truth(metres, hour) * float(rng.lognormal(0, 0.15))
        if rng.random() < spoil:
            seconds += float(rng.uniform(1500, 4500))
        end = near(metres * np.cos(angle), metres * np.sin(angle))
        road = metres * TRUTH_DETOUR * float(rng.lognormal(0, 0.05))
        made.append(Drive(near(0, 0), end, mode, hour, seconds, road))
    return made


def predicted(travel: HaversineTravel, metres: float, hour: int) -> float:
    return float(travel.matrix([near(0, 0), near(metres, 0)], "car", hour)[0][0, 1])


@pytest.mark.parametrize("spoil", [0.0, 0.2])
def test_learnt_times_come_near_the_truth_lunches_or_not(spoil: float) -> None:
    factors = learn(drives(900, spoil=spoil))
    (car,) = factors.modes
    assert car.used
    assert car.detour == pytest.approx(TRUTH_DETOUR, rel=0.04)
    for hour in (8, 10, 15, 17):
        for metres in (1500.0, 6000.0):
            assert predicted(factors.travel(), metres, hour) == pytest.approx(truth(metres, hour), rel=0.12)


def test_the_error_told_is_that_of_drives_the_fit_has_not_seen() -> None:
    (car,) = learn(drives(600)).modes
    assert car.error_before is not None
    assert car.error_after is not None
    # Noise of 15 % has a median absolute error of about 10 %, which no honest fit undercuts.
    assert 8.0 < car.error_after < 13.0
    assert car.error_before > 25.0
    fresh = drives(400, seed=9)
    travel = learn(drives(600)).travel()
    off = [abs(float(travel.matrix([one.start, one.end], "car", one.hour)[0][0, 1]) / one.seconds - 1) for one in fresh]
    assert float(np.median(off)) * 100 == pytest.approx(car.error_after, abs=2.5)


def test_too_few_drives_teach_nothing_and_say_so() -> None:
    factors = learn(drives(20))
    (car,) = factors.modes
    assert (car.used, car.why, car.samples, car.error_after) == (False, "few", 20, None)
    assert predicted(factors.travel(), 5000, 10) == predicted(HaversineTravel(), 5000, 10)


def test_a_fit_that_predicts_no_better_leaves_the_default_alone() -> None:
    rng = np.random.default_rng(3)
    ideal = HaversineTravel()
    made = []
    for number in range(120):
        end, hour = near(float(rng.uniform(700, 9000)), 50.0), 9 + number % 6
        made.append(Drive(near(0, 0), end, "car", hour, float(ideal.matrix([near(0, 0), end], "car", hour)[0][0, 1])))
    (car,) = learn(made).modes
    assert (car.used, car.why) == (False, "no_gain")
    assert car.error_before is not None
    assert car.error_before < 0.5


def test_hours_without_drives_keep_the_mode_with_the_defaults_shape_of_the_day() -> None:
    (car,) = learn(drives(300, hours=(9, 10, 14, 15))).modes
    by_hour = {one.hour: one for one in car.hours}
    assert by_hour[10].source == "learnt"
    assert by_hour[18].source == "mode"
    assert by_hour[18].kmh / by_hour[12].kmh == pytest.approx(17 / 25, abs=0.01)
    assert by_hour[12].kmh == pytest.approx(TRUTH_KMH, rel=0.12)


def test_an_hour_of_few_drives_is_drawn_to_its_mode() -> None:
    many = drives(300, hours=(9, 10, 14, 15))
    wild = [Drive(near(0, 0), near(5000, 0), "car", 13, truth(5000, 13) * 2.5, None) for _ in range(4)]
    (car,) = learn(many + wild).modes
    by_hour = {one.hour: one for one in car.hours}
    assert by_hour[12].kmh * 0.6 < by_hour[13].kmh < by_hour[12].kmh


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: Drive(near(0, 0), near(5, 5), "car", 10, 300.0),
        lambda: Drive(near(0, 0), near(5000, 0), "car", 10, 0.0),
        lambda: Drive(near(0, 0), near(5000, 0), "car", 10, -50.0),
        lambda: Drive(near(0, 0), near(50_000, 0), "car", 10, 60.0),
        lambda: Drive(near(0, 0), near(5000, 0), "car", 10, 9 * 3600.0),
        lambda: Drive(near(0, 0), near(5000, 0), "car", 10, float("nan")),
    ],
)
def test_what_cannot_be_a_ride_is_left_out_and_counted(nonsense: Callable[[], Drive]) -> None:
    clean = drives(60)
    (car,) = learn(clean + [nonsense() for _ in range(15)]).modes
    (alone,) = learn(clean).modes
    assert car.left_out == 15
    assert (car.overhead_s, car.hours) == (alone.overhead_s, alone.hours)


def test_factors_survive_being_kept_as_json() -> None:
    factors = learn([*drives(100), *drives(50, mode="ebike"), Drive(Point(1, 1), Point(1, 1.1), "sled", 9, 600.0)])
    assert [one.mode for one in factors.modes] == ["car", "ebike"]
    assert TravelFactors.of_document(json.loads(json.dumps(factors.document()))) == factors


def test_nothing_to_learn_from_is_the_default() -> None:
    assert learn([]).modes == ()
    assert predicted(learn([]).travel(), 4000, 8) == predicted(HaversineTravel(), 4000, 8)


def test_a_bus_taken_on_foot_makes_nobody_run() -> None:
    rng = np.random.default_rng(1)
    fast = [
        Drive(near(0, 0), near(metres, 0), "walk", 9 + number % 6, metres / 8)
        for number, metres in enumerate(rng.uniform(500, 5000, 200))
    ]
    travel = learn(fast).travel()
    assert max(travel.speed_of("walk", hour) for hour in range(24)) < 10
