"""The verdict on how an item was captured, with real keys, tickets and neighbours in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from evidence.capture import DeviceKey
from evidence.capture.envelopes import Clock
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core import events
from server.core.ids import new_id
from server.custody import capture_tasks
from server.custody.models import Announced, CaptureTicket
from server.custody.services import capture
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.factories import visits as make
from tests.integration.custody.conftest import person
from tests.integration.custody.handset import PHOTOS, Handset, resigned, verdict


@pytest.fixture
def handset(server: Person, visit: Visit, store: FileStore) -> Handset:
    capture_tasks.register(events.subscriptions)
    return Handset(server, visit, store)


def test_what_was_sealed_at_the_shutter_is_sealed_in_court(handset: Handset) -> None:
    item = handset.shoot(0)
    held = handset.bring(item, 0)
    assert verdict(held) == ("sealed", [])
    assert (held.capture["seq"], held.capture["from"]) == (0, "camera")
    assert item.envelope is not None
    assert bytes(held.envelope["payload"]) == item.envelope.payload
    assert bytes(held.envelope["signature"]) == item.envelope.signature


def test_what_comes_without_an_envelope_is_unsealed(handset: Handset) -> None:
    held = handset.bring(handset.item("photo-0001", PHOTOS[0], None), 0)
    assert verdict(held) == ("unsealed", ["envelope.missing"])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_a_chain_settles_in_whatever_order_it_comes(handset: Handset, order: Sequence[int]) -> None:
    """Announced and landed one by one: whoever came before its predecessor waits, and is judged again when it comes."""
    shots = [handset.shoot(number) for number in range(3)]
    held = {}
    for number in order:
        waits = number > 0 and number - 1 not in held
        held[number] = handset.bring(shots[number], number)
        assert verdict(held[number]) == (("doubt", ["chain.waiting"]) if waits else ("sealed", []))
    assert [verdict(one) for one in held.values()] == [("sealed", [])] * 3


def test_what_waits_is_looked_at_again_until_its_ticket_has_expired(handset: Handset) -> None:
    first, second = handset.shoot(0), handset.shoot(1)
    held = handset.bring(second, 1)
    assert capture.sweep(now=handset.now + timedelta(minutes=1)) == 0  # not yet
    assert capture.sweep(now=handset.now + timedelta(minutes=11)) == 1
    assert verdict(held) == ("doubt", ["chain.waiting"])
    assert capture.sweep(now=handset.now + timedelta(days=4)) == 1
    assert verdict(held) == ("doubt", ["chain.gap"])
    assert capture.sweep(now=handset.now + timedelta(days=5)) == 0  # settled: nobody looks again
    handset.announce(first)  # and still comes, a week late, say in a rescue export
    assert verdict(held) == ("sealed", [])


def test_a_fork_breaks_both_also_the_one_that_was_sealed(handset: Handset) -> None:
    first, second = handset.shoot(0), handset.shoot(1)
    handset.bring(first, 0)
    held = handset.bring(second, 1)
    assert verdict(held) == ("sealed", [])
    twin = resigned(second, second.client_id.encode(), (other := new_id()).encode())
    handset.announce(replace(twin, client_id=other))
    assert verdict(held) == ("broken", ["chain.fork"])


def test_a_chain_in_another_order_is_broken(handset: Handset) -> None:
    """Two shots change places after the fact, and the phone signs them again: neither follows what it says."""
    first, second, third = (handset.shoot(number) for number in range(3))
    handset.bring(first, 0)
    two = resigned(second, b'"seq":1', b'"seq":2')
    one = resigned(third, b'"seq":2', b'"seq":1')
    handset.announce(one, two)
    verdicts = [verdict(handset.land(one, 2)), verdict(handset.land(two, 1))]
    assert verdicts == [("broken", ["chain.wrong_previous"])] * 2


@pytest.mark.parametrize("copy_first", [False, True])
def test_an_envelope_for_two_items_counts_for_its_own_only(handset: Handset, copy_first: bool) -> None:
    """The same photo sold as another one, with the envelope of the first: coming first does not help."""
    item = handset.shoot(0)
    copy = replace(item, client_id=new_id())
    handset.announce(*((copy, item) if copy_first else (item, copy)))
    assert verdict(handset.land(item, 0)) == ("sealed", [])
    assert verdict(handset.land(copy, 0)) == ("broken", ["envelope.other_item", "envelope.replayed"])


def test_an_envelope_without_a_visit_counts_for_one_visit_only(handset: Handset, store: FileStore) -> None:
    free = Handset(handset.server, None, store)
    item = free.shoot(0)
    visits = [make.visit(server=handset.server) for _ in range(2)]
    for number, visit in enumerate(visits):
        free.announce(replace(item, visit_id=visit.id), now=free.now + timedelta(seconds=number))
    verdicts = []
    for visit in visits:
        entry = Announced._get_collection().find_one({"visit_id": visit.id})
        found = capture.judge(court=make.COURT, found=entry, now=free.now)
        verdicts.append((found.verdict, [one.code for one in found.reasons]))
    assert verdicts == [("sealed", []), ("broken", ["envelope.replayed"])]


def test_the_envelope_of_another_visit_is_broken(handset: Handset, server: Person, store: FileStore) -> None:
    elsewhere = make.visit(server=server)
    item = replace(handset.shoot(0), visit_id=elsewhere.id)
    handset.announce(item)
    assert verdict(handset.land(item, 0)) == ("broken", ["ticket.other_visit"])


def test_a_swapped_hash_is_broken(handset: Handset) -> None:
    item = handset.shoot(0)
    other = replace(item, sha256=hashlib.sha256(PHOTOS[1]).hexdigest(), size=len(PHOTOS[1]))
    handset.announce(other)
    assert verdict(handset.land(other, 1)) == ("broken", ["envelope.other_content"])


def test_a_ticket_nobody_issued_is_broken(handset: Handset) -> None:
    forged = resigned(handset.shoot(0), handset.shutter.ticket_id.encode(), b"01made-up-by-the-phone")
    assert verdict(handset.bring(forged, 0)) == ("broken", ["ticket.unknown"])


def test_a_ticket_altered_in_the_database_is_forged(handset: Handset) -> None:
    item = handset.shoot(0)
    ticket = CaptureTicket.objects.get(id=handset.shutter.ticket_id)
    ticket.update(set__note=ticket.note.replace('"gallery":false', '"gallery":true'))
    assert verdict(handset.bring(item, 0)) == ("broken", ["ticket.forged"])


def test_the_phone_of_a_colleague_is_not_mine(handset: Handset, store: FileStore) -> None:
    """wc002 sends, under a name of its own, what wc001's phone sealed: key, ticket and person do not fit."""
    other = Handset(person("外出送达员乙"), None, store, DeviceKey.from_seed(bytes(32)))
    stolen = replace(handset.shoot(0), visit_id="")
    held = other.bring(stolen, 0)
    assert verdict(held) == ("broken", ["device.other_person", "ticket.other_person"])


def test_nobody_can_break_the_chain_of_somebody_else(handset: Handset, store: FileStore) -> None:
    """A stranger's envelope that names my ticket and number, signed with the stranger's key, is no fork of mine."""
    item = handset.shoot(0)
    held = handset.bring(item, 0)
    stranger = Handset(person("外出送达员乙"), None, store, DeviceKey.from_seed(bytes(32)))
    fake = resigned(replace(item, visit_id=""), b'"from":"camera"', b'"from":"pad"', stranger.key)
    stranger.announce(replace(fake, client_id=new_id()))
    capture.judge_item(court=make.COURT, evidence_id=held.id, now=handset.now)
    assert verdict(held) == ("sealed", [])


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_a_day_off_is_told_and_its_time_corrected(handset: Handset, days: int) -> None:
    off = timedelta(days=days)
    handset.shutter.clock = Clock(int(-off / timedelta(milliseconds=1)), 90, handset.now + off)
    held = handset.bring(handset.shoot(0, taken_at=handset.now + off), 0)
    assert verdict(held) == ("doubt", ["clock.off"])
    assert held.capture["server_time"] == handset.now


def test_a_clock_of_1970_that_was_never_measured_is_doubted(handset: Handset) -> None:
    held = handset.bring(handset.shoot(0, taken_at=datetime.fromisoformat(make.EPOCH)), 0)
    assert verdict(held)[0] == "doubt"
    assert {"clock.impossible", "ticket.not_yet", "envelope.other_time"} == set(verdict(held)[1])


def test_an_item_whose_verdict_was_lost_gets_it_by_its_news(handset: Handset) -> None:
    item = handset.shoot(0)
    held = handset.bring(item, 0)
    EvidenceItem.objects(id=held.id).update(unset__capture=True)
    news = events.Event("e1", "evidence.received", make.COURT, handset.now, {"evidence_id": held.id})
    capture_tasks.on_received(news)
    capture_tasks.on_received(news)
    assert verdict(held) == ("sealed", [])


def test_judges_at_once_end_with_what_the_last_one_saw(handset: Handset) -> None:
    held = handset.bring(handset.shoot(0), 0)
    before = held.capture["turn"]

    def again(_: int) -> Any:
        return capture.judge_item(court=make.COURT, evidence_id=held.id, now=handset.now)

    with ThreadPoolExecutor(4) as pool:
        assert all(one is not None for one in pool.map(again, range(8)))
    assert held.reload().capture["turn"] == before + 8


def test_a_neighbour_is_judged_again_although_the_process_died_in_between(
    handset: Handset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The predecessor is entered and its process dies before it tells anybody: the sweep of news does."""
    first, second = handset.shoot(0), handset.shoot(1)
    held = handset.bring(second, 1)
    with monkeypatch.context() as patch:
        patch.setattr(events, "relay", lambda *_: 0)
        handset.announce(first)
    assert verdict(held) == ("doubt", ["chain.waiting"])
    assert events.sweep(now=handset.now + timedelta(seconds=10)) == 1
    assert verdict(held) == ("sealed", [])


def test_of_two_calls_with_the_same_items_neither_leaves_a_neighbour_waiting(handset: Handset) -> None:
    shots = [handset.shoot(number % 4) for number in range(12)]
    held = [handset.bring(shots[number], number % 4) for number in (3, 7, 11)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda some: handset.announce(*some), (shots, shots[5:])))
    assert [verdict(one) for one in held] == [("sealed", [])] * 3
