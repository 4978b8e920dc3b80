"""The cross-record watch: what it finds, what honest months leave it to find, and its small statistics."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from evidence.watch import KINDS, Hit, Image, Moment, Visit, draw, watch
from evidence.watch.chances import discoveries, pooled, spread_of, tail
from tests.unit.evidence.place_days import moved
from tests.unit.evidence.watch_month import LAST, month, pictures

DAY = LAST.isoformat()
Month = tuple[list[Visit], list[Image]]


@pytest.fixture(scope="module")
def honest() -> Month:
    rng = random.Random(20)
    visits = month(rng)
    return visits, pictures(rng, visits)


def hits(month: Month, **more: Any) -> list[Hit]:
    return watch(day=DAY, visits=month[0], pictures=month[1], **more)


def of_server(visits: list[Visit], server: str = "s3", day: str = DAY) -> list[Visit]:
    return [one for one in visits if one.server_id == server and one.day == day]


def changed(month: Month, *changes: Visit) -> Month:
    by_id = {one.visit_id: one for one in changes}
    return [by_id.get(one.visit_id, one) for one in month[0]], month[1]


def at(visit: Visit, **moves: Any) -> Visit:
    """The visit and all its moments so many seconds later, or somewhere else."""
    by = timedelta(seconds=moves.get("later_s", 0))
    place = moves.get("point")
    moments = tuple(replace(one, at=one.at + by, point=place or one.point) for one in visit.moments)
    return replace(visit, at=visit.at + by, moments=moments)


def test_an_honest_month_leaves_almost_nothing_to_look_at() -> None:
    """Three months of twelve servers: one day of each is watched against all before it."""
    found: list[Hit] = []
    for seed in range(3):
        rng = random.Random(seed)
        visits = month(rng)
        found += watch(day=DAY, visits=visits, pictures=pictures(rng, visits))
    assert len(found) <= 1, [one.text_zh for one in found]


def test_two_doors_far_apart_at_the_same_time(honest: Month) -> None:
    first, second, *_ = of_server(honest[0])
    away = moved(first.moments[0].point, 9_000, 1)
    later = (first.at - second.at).total_seconds() + 200
    [found] = hits(changed(honest, at(second, later_s=later, point=away)))
    assert (found.kind, set(found.visit_ids)) == ("two_places", {first.visit_id, second.visit_id})
    assert "送达员s3" in found.text_zh
    assert "公里" in found.text_zh
    assert found.figures["distance_m"] == pytest.approx(9_000, rel=0.1)


def test_a_way_nobody_drives_between_two_visits(honest: Month) -> None:
    *_, before, last = of_server(honest[0])
    far = at(last, point=moved(before.moments[0].point, 90_000, 1))
    [found] = hits(changed(honest, far))
    assert found.kind == "speed"
    assert found.figures["speed_m_s"] > 40


def test_one_stray_position_accuses_nobody(honest: Month) -> None:
    visit = of_server(honest[0])[4]
    stray = replace(visit.moments[2], point=moved(visit.moments[2].point, 50_000, 1))
    assert hits(changed(honest, replace(visit, moments=(*visit.moments[:2], stray, visit.moments[3])))) == []


def test_one_witness_at_two_doors_at_once(honest: Month) -> None:
    a, b = of_server(honest[0])[0], of_server(honest[0], "s5")[0]
    far = replace(b, at=a.at + timedelta(seconds=60), witness="w", point=moved(a.point or b.moments[0].point, 8_000, 2))
    found = hits(changed(honest, replace(a, witness="w"), far))
    assert [one.kind for one in found] == ["witness_two_places"]
    assert set(found[0].server_ids) == {"s3", "s5"}


@pytest.mark.parametrize("day_before", [False, True])
def test_the_same_file_in_two_visits(honest: Month, day_before: bool) -> None:
    mine = of_server(honest[0])
    other = of_server(honest[0], "s4", (LAST - timedelta(days=9)).isoformat())[0] if day_before else mine[1]
    images = [one for one in honest[1] if one.visit_id == mine[0].visit_id]
    copy = replace(images[0], evidence_id="copy", visit_id=other.visit_id, at=other.at)
    [found] = hits((honest[0], [*honest[1], copy]))
    assert (found.kind, found.score) == ("same_photo", 1.0)
    assert set(found.evidence_ids) == {"copy", images[0].evidence_id}


def test_two_old_visits_are_not_told_again_every_day(honest: Month) -> None:
    day = (LAST - timedelta(days=4)).isoformat()
    first, second, *_ = of_server(honest[0], day=day)
    image = next(one for one in honest[1] if one.visit_id == first.visit_id)
    copies = [*honest[1], replace(image, evidence_id="copy", visit_id=second.visit_id)]
    assert hits((honest[0], copies)) == []
    assert [one.kind for one in watch(day=day, visits=honest[0], pictures=copies)] == ["same_photo"]


def flip(number: int, bits: int) -> int:
    return number ^ ((1 << bits) - 1)


@pytest.mark.parametrize(
    ("coarse", "fine", "told"), [(0, 0, True), (8, 64, True), (9, 0, False), (8, 65, False), (20, 30, False)]
)
def test_a_near_copy_at_another_address(honest: Month, coarse: int, fine: int, told: bool) -> None:
    first, second, *_ = of_server(honest[0])
    image = next(one for one in honest[1] if one.visit_id == first.visit_id and one.kind == "photo_door")
    copy = replace(
        image, evidence_id="copy", visit_id=second.visit_id, sha256="f" * 64,
        phash=flip(image.phash or 0, coarse), fine=flip(image.fine or 0, fine),
    )  # fmt: skip
    found = hits((honest[0], [*honest[1], copy]))
    assert [one.kind for one in found] == (["near_photo"] if told else [])
    at_one_building = replace(second, place=first.place)
    assert hits((changed(honest, at_one_building)[0], [*honest[1], copy])) == []


def test_one_picture_for_a_whole_day_is_one_finding(honest: Month) -> None:
    today = [one for one in honest[0] if one.day == DAY]
    image = honest[1][0]
    copies = [
        replace(image, evidence_id=f"c-{one.visit_id}", visit_id=one.visit_id, sha256=one.visit_id, at=one.at)
        for one in today
    ]
    [found] = hits((honest[0], copies))
    assert (found.kind, found.figures["count"], len(found.server_ids)) == ("near_photo", len(today), 12)
    assert len(found.visit_ids) <= 50
    assert "等 12 人的 120 次上门" in found.text_zh


def test_one_signature_under_two_names(honest: Month) -> None:
    first, second, *_ = of_server(honest[0])
    image = next(one for one in honest[1] if one.visit_id == first.visit_id and one.kind == "signature_recipient")
    copy = replace(image, evidence_id="copy", visit_id=second.visit_id, sha256="f" * 64)
    assert [one.kind for one in hits((honest[0], [*honest[1], copy]))] == ["same_signature"]
    one_person = changed(honest, replace(second, recipient=first.recipient))[0]
    assert hits((one_person, [*honest[1], copy])) == []


def test_a_servers_own_stored_signature_and_pages_of_papers_are_no_copies(honest: Month) -> None:
    mine = of_server(honest[0])
    more = [
        Image(f"{kind}-{one.visit_id}", one.visit_id, kind, sha256 or one.visit_id, 0x0F0F0F0F0F0F0F0F, one.at)
        for one in mine
        for kind, sha256 in (("signature_server", "a" * 64), ("photo_documents", ""))
    ]
    assert hits((honest[0], [*honest[1], *more])) == []


def test_empty_pictures_are_not_copies_of_each_other(honest: Month) -> None:
    dark = [Image(f"d-{one.visit_id}", one.visit_id, "photo_door", one.visit_id, 1, one.at) for one in honest[0]]
    assert hits((honest[0], dark)) == []


def test_one_witness_far_more_often_than_others_have(honest: Month) -> None:
    mine = [one for one in honest[0] if one.server_id == "s3"][:30]
    found = hits(changed(honest, *(replace(one, witness="the-same", group="refusal") for one in mine)))
    often = [one for one in found if one.kind == "witness_often"]
    assert [one.server_ids for one in often] == [("s3",)]
    assert often[0].figures["count"] == 30
    assert "the-same" not in often[0].text_zh


def test_nobody_at_home_far_more_often_than_for_others(honest: Month) -> None:
    mine = [one for one in honest[0] if one.server_id == "s3"]
    absent = [replace(one, group="absent", group_zh="无人在家") for one in mine[: int(len(mine) * 0.7)]]
    found = hits(changed(honest, *absent))
    assert [(one.kind, one.server_ids) for one in found] == [("outcome_cluster", ("s3",))]
    assert "无人在家" in found[0].text_zh


def test_a_newcomer_with_three_closed_doors_is_not_accused(honest: Month) -> None:
    closed = [
        replace(one, server_id="new", visit_id=f"n{number}", group="absent")
        for number, one in enumerate(of_server(honest[0])[:3])
    ]
    assert hits(([*honest[0], *(at(one, later_s=40_000) for one in closed)], honest[1])) == []


def test_outcomes_entered_from_one_chair(honest: Month) -> None:
    mine = of_server(honest[0])[:4]
    chair = moved(mine[0].moments[0].point, 6_000, 3)
    sitting = [replace(one, entered=Moment(moved(chair, 20, n), 10, one.at)) for n, one in enumerate(mine)]
    [found] = hits(changed(honest, *sitting))
    assert (found.kind, found.figures["count"]) == ("one_point", 4)
    assert hits(changed(honest, *sitting[:2])) == []


def test_outcomes_of_many_doors_within_minutes(honest: Month) -> None:
    first, *others = of_server(honest[0])[:4]
    quick = [replace(one, at=first.at + timedelta(seconds=60 * n)) for n, one in enumerate(others, 1)]
    assert [one.kind for one in hits(changed(honest, *quick))] == ["burst"]
    neighbours = [replace(one, place=first.place) for one in quick]
    assert hits(changed(honest, *neighbours)) == []


def test_the_same_records_in_any_order_give_the_same_findings(honest: Month) -> None:
    first, second, *_ = of_server(honest[0])
    copy = replace(honest[1][0], evidence_id="copy", visit_id=first.visit_id)
    odd = (changed(honest, replace(second, at=first.at))[0], [*honest[1], copy])
    before = hits(odd)
    visits, images = list(odd[0]), list(odd[1])
    random.Random(9).shuffle(visits)
    random.Random(9).shuffle(images)
    assert [one.key for one in hits((visits, images))] == [one.key for one in before]


def test_findings_name_servers_and_nobody_else(honest: Month) -> None:
    first, second, *_ = of_server(honest[0])
    found = hits(changed(honest, replace(second, at=first.at, witness="王某某"), replace(first, witness="王某某")))
    assert all("王某某" not in one.text_zh and one.kind in KINDS for one in found)


# ── statistics ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_tail_is_the_binomials_when_servers_do_not_differ() -> None:
    assert tail(3, 3, 0.5) == pytest.approx(0.125, rel=1e-3)
    assert tail(1, 10, 0.1) == pytest.approx(1 - 0.9**10, rel=1e-3)
    assert (tail(0, 5, 0.3), tail(6, 5, 0.3)) == (1.0, 0.0)
    assert tail(9, 10, 0.3, 0.2) > 10 * tail(9, 10, 0.3)


@effort(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.floats(0.01, 0.99), st.floats(0, 0.5))
def test_more_of_the_same_is_never_more_likely(trials: int, successes: int, rate: float, spread: float) -> None:
    chances = [tail(k, trials, rate, spread) for k in (successes, successes + 1)]
    assert 0 <= chances[1] <= chances[0] <= 1


def test_the_spread_of_servers_who_differ_is_seen() -> None:
    rng = random.Random(1)
    alike = [(sum(rng.random() < 0.3 for _ in range(40)), 40) for _ in range(30)]
    unlike = [(sum(rng.random() < rate for _ in range(40)), 40) for rate in [0.05, 0.55] * 15]
    assert spread_of(alike) < 0.06 < 0.2 < spread_of(unlike)
    assert pooled(alike) == pytest.approx(0.3, abs=0.05)


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    chances = [0.01, 0.04, 0.03, 0.005, 0.2]
    assert discoveries(chances, false_share=0.05) == [True, True, True, True, False]
    assert discoveries([0.02, 0.9], false_share=0.05) == [True, False]
    assert discoveries([0.03, 0.9], false_share=0.05) == [False, False]
    assert discoveries([], false_share=0.05) == []


# ── the sample ───────────────────────────────────────────────────────────────────────────────────────────────────────
LOTS = [(f"v{number}", f"s{number % 7}") for number in range(700)]


def test_the_same_secret_draws_the_same_and_another_draws_others() -> None:
    drawn = draw(LOTS, secret=b"k" * 32, day=DAY, share=0.1)
    assert drawn == draw(list(reversed(LOTS)), secret=b"k" * 32, day=DAY, share=0.1)
    assert drawn != draw(LOTS, secret=b"j" * 32, day=DAY, share=0.1)
    assert drawn != draw(LOTS, secret=b"k" * 32, day="2026-11-21", share=0.1)
    assert 45 <= len(drawn) <= 95


def test_every_server_is_looked_at_and_share_zero_looks_at_nobody() -> None:
    few = draw(LOTS, secret=b"k" * 32, day=DAY, share=0.001)
    assert set(Counter(one for one in (dict(LOTS)[v] for v in few))) == {f"s{n}" for n in range(7)}
    assert draw(LOTS, secret=b"k" * 32, day=DAY, share=0) == []
    assert len(draw(LOTS, secret=b"k" * 32, day=DAY, share=1)) == 700


@effort(max_examples=30, deadline=None)
@given(st.integers(1, 699))
def test_visits_that_join_later_take_none_away(first: int) -> None:
    some, everything = (set(draw(part, secret=b"k" * 32, day=DAY, share=0.1)) for part in (LOTS[:first], LOTS))
    # Only the one that stood for its server may give way, to another of the same server.
    gone = Counter(dict(LOTS)[one] for one in some - everything)
    assert all(count == 1 for count in gone.values())
    assert all(any(dict(LOTS)[one] == server for one in everything) for server in gone)


def test_lots_fall_evenly() -> None:
    """Over many days a visit is drawn as often as the share says (of one server, so that its one adds least)."""
    lots = [(f"v{number}", "s") for number in range(400)]
    shares = [len(draw(lots, secret=b"k" * 32, day=f"d{day}", share=0.1)) / 400 for day in range(40)]
    assert sum(shares) / len(shares) == pytest.approx(0.1, abs=0.01)
