"""Order: whichever way envelopes arrive, an untouched chain ends sealed and a touched one does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.capture.chain import Link, faults
from tests.unit.evidence.capture.world import NOON, TICKET, Shot, codes, link, resigned, roll, shoot, shutter, verdict

COUNT = 6
NOTE, SHOTS = roll(COUNT)
EXPIRED = TICKET.expires_at + timedelta(hours=1)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(COUNT)))
def test_an_untouched_chain_is_sealed_whatever_the_order_of_arrival(order: list[int]) -> None:
    arrived: list[Shot] = []
    for number in order:
        arrived.append(SHOTS[number])
        found = verdict(SHOTS[number], NOTE, arrived)
        waits = number > 0 and SHOTS[number - 1] not in arrived
        assert (found.verdict, found.waiting) == (("doubt", True) if waits else ("sealed", False))
    assert all(verdict(one, NOTE, arrived).verdict == "sealed" for one in SHOTS)


def test_what_never_came_is_a_gap_once_the_ticket_has_expired() -> None:
    known = [SHOTS[0], SHOTS[2], SHOTS[3]]
    waiting = verdict(SHOTS[2], NOTE, known)
    assert (waiting.verdict, codes(waiting), waiting.waiting) == ("doubt", ["chain.waiting"], True)
    gap = verdict(SHOTS[2], NOTE, known, now=EXPIRED)
    assert (gap.verdict, codes(gap), gap.waiting) == ("doubt", ["chain.gap"], False)
    assert verdict(SHOTS[3], NOTE, known, now=EXPIRED).verdict == "sealed"  # the gap is told once, where it is


def test_two_envelopes_of_one_number_are_a_fork_for_both() -> None:
    twin = resigned(SHOTS[2], b'"from":"camera"', b'"from":"recorder"')
    known = [*SHOTS, twin]
    for one in (SHOTS[2], twin):
        found = verdict(one, NOTE, known)
        assert (found.verdict, codes(found)) == ("broken", ["chain.fork"])
    assert verdict(SHOTS[3], NOTE, known).verdict == "sealed"  # it names which of the two it follows


def test_a_chain_that_starts_elsewhere_is_broken() -> None:
    first = resigned(SHOTS[0], link(SHOTS[0].sealed).prev.encode(), b"0" * 64)
    found = verdict(first, NOTE, [first])
    assert (found.verdict, codes(found)) == ("broken", ["chain.wrong_start"])


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_an_order_changed_by_whoever_holds_the_key_is_noticed(data: st.DataObject) -> None:
    """Two numbers exchanged, everything signed again: some verdict is no longer sealed."""
    one, two = sorted(data.draw(st.lists(st.integers(0, COUNT - 1), min_size=2, max_size=2, unique=True)))
    changed = list(SHOTS)
    for place, number in ((one, two), (two, one)):
        changed[place] = resigned(SHOTS[place], f'"seq":{place}'.encode(), f'"seq":{number}'.encode())
    verdicts = [verdict(shot, NOTE, changed) for shot in changed]
    assert any(found.verdict == "broken" for found in verdicts)


@settings(max_examples=40, deadline=None)
@given(dropped=st.sets(st.integers(0, COUNT - 2), min_size=1, max_size=3))
def test_what_is_left_out_in_the_middle_is_noticed(dropped: set[int]) -> None:
    left = [shot for number, shot in enumerate(SHOTS) if number not in dropped]
    verdicts = [verdict(shot, NOTE, left, now=EXPIRED) for shot in left]
    assert [codes(found) for found in verdicts if found.verdict != "sealed"] == [["chain.gap"]] * sum(
        number not in dropped and number - 1 in dropped for number in range(1, COUNT)
    )


def test_time_that_runs_backwards_along_the_chain_is_told() -> None:
    camera = shutter()
    shots = [shoot(camera, 0, taken_at=NOON), shoot(camera, 1, taken_at=NOON - timedelta(minutes=20))]
    found = verdict(shots[1], camera.note, shots)
    assert (found.verdict, codes(found)) == ("doubt", ["chain.time_back"])
    assert "20" in found.reasons[0].title


def test_a_link_that_names_nothing_known_is_broken() -> None:
    stray = Link("f" * 64, 3, "e" * 64, NOON)
    found = faults(stray, note_sha256="0" * 64, known=[link(one.sealed) for one in SHOTS[:3]], final=False)
    assert [one.code for one in found] == ["chain.wrong_previous"]


def test_the_order_is_told_also_of_an_envelope_used_for_something_else() -> None:
    """Another file under a genuine envelope: its place in the chain is as wrong as it was."""
    first = resigned(SHOTS[0], link(SHOTS[0].sealed).prev.encode(), b"0" * 64)
    swapped = replace(first, stated=replace(first.stated, sha256="0" * 64))
    assert codes(verdict(swapped, NOTE, [first])) == ["envelope.other_content", "chain.wrong_start"]
