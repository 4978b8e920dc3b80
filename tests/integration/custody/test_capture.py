"""The verdict on how an item was captured, with real keys, tickets and neighbours in the database."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from evidence.capture import DeviceKey, Sealed, Sent, Shutter
from evidence.capture.envelopes import Clock
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core import events
from server.core.clock import at_second, court_day, utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody import capture_tasks
from server.custody.models import Announced, CaptureDevice, CaptureTicket
from server.custody.services import announcing, capture, devices, landing, tickets
from server.custody.services.announcing import Answer, NewItem
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.actor import Actor
from server.service.models import CourtRules
from server.service.services import rule_sets
from tests.factories import visits as make
from tests.factories.media import small_photo
from tests.integration.custody.conftest import person
from tests.integration.explain.profiler import profiled, scans

KEY = DeviceKey.from_seed(bytes(range(32)))
PHOTOS = [small_photo(one) for one in range(1, 5)]


class Handset:
    """A registered phone with its tickets, capturing for one visit (or for none)."""

    def __init__(self, server: Person, visit: Visit | None, store: FileStore, key: DeviceKey = KEY) -> None:
        self.server, self.visit, self.store, self.key, self.now = server, visit, store, key, utc_now()
        self.actor = Actor(server.id, server.name)
        self.elsewhere: list[str] = []  # visits that items without one have been linked to
        self.device_id = self.register().device_id
        self.shutter = self.shutter_for(visit.id if visit else "")

    def register(self) -> devices.Registered:
        return devices.register(
            court=make.COURT,
            person_id=self.server.id,
            session_id="",
            public_key=self.key.public_key,
            name=None,
            now=self.now,
        )

    def issue(self, **more: Any) -> tickets.Issued:
        values = {"device_id": None, "day": court_day(self.now), "now": self.now} | more
        return tickets.issue(court=make.COURT, person_id=self.server.id, **values)

    def shutter_for(self, visit_id: str, clock: Clock | None = None) -> Shutter:
        found = next(one for one in self.issue().tickets if one["visit_id"] == visit_id)
        return Shutter.of_answer({**found, "ticket_id": found["_id"]}, self.key, clock=clock)

    def shoot(self, number: int, **more: Any) -> NewItem:
        client_id, data = new_id(), PHOTOS[number]
        taken_at = more.pop("taken_at", self.now)
        sealed = self.shutter.shoot(data, client_id=client_id, kind="photo_door", taken_at=taken_at, **more)
        return self.item(client_id, data, sealed)

    def item(self, client_id: str, data: bytes, sealed: Sent | None) -> NewItem:
        visit_id = self.visit.id if self.visit else ""
        sha256 = hashlib.sha256(data).hexdigest()
        return NewItem(client_id, "photo_door", sha256, len(data), self.now, visit_id, None, sealed)

    def announce(self, *items: NewItem, **more: Any) -> list[Answer]:
        values = {"date": None, "source": "phone", "now": self.now} | more
        return announcing.announce(court=make.COURT, actor=self.actor, items=items, **values)

    def land(self, item: NewItem, number: int) -> EvidenceItem:
        mine = {"court": make.COURT, "server_id": self.server.id, "client_id": item.client_id}
        entry = Announced.objects.get(**mine, visit_id__in=[item.visit_id, *self.elsewhere])
        landed = landing.land(
            court=make.COURT,
            announced_id=entry.id,
            actor=self.actor,
            stream=io.BytesIO(PHOTOS[number]),
            store=self.store,
            now=self.now,
        )
        return EvidenceItem.objects.get(id=landed.evidence_id)

    def bring(self, item: NewItem, number: int) -> EvidenceItem:
        (answer,) = self.announce(item)
        assert answer.problem is None, answer
        return self.land(item, number)


@pytest.fixture
def handset(server: Person, visit: Visit, store: FileStore) -> Handset:
    return Handset(server, visit, store)


def verdict(item: EvidenceItem) -> tuple[str, list[str]]:
    found = item.reload().capture
    return found["verdict"], [one["code"] for one in found["reasons"]]


def resigned(item: NewItem, old: bytes, new: bytes, key: DeviceKey = KEY) -> NewItem:
    assert item.envelope is not None
    assert item.envelope.payload.count(old) == 1
    payload = item.envelope.payload.replace(old, new)
    return replace(item, envelope=Sealed(payload, key.sign(payload), item.envelope.device_id))


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


def test_keys_of_a_lost_phone_are_good_for_nothing_new(handset: Handset) -> None:
    before, after = handset.shoot(0), handset.shoot(1)
    handset.announce(before)
    lost_at = handset.now + timedelta(minutes=10)
    assert devices.revoke_all(court=make.COURT, person_id=handset.server.id, now=lost_at) == 1
    assert verdict(handset.land(before, 0)) == ("sealed", [])
    handset.now = lost_at + timedelta(minutes=10)
    assert verdict(handset.bring(after, 1)) == ("doubt", ["device.revoked_since"])
    with pytest.raises(DomainError, match=r"device\.revoked"):
        handset.register()
    with pytest.raises(DomainError, match=r"device\.none"):
        handset.issue()


def test_the_newest_key_gets_the_tickets_and_the_older_one_stays_good(handset: Handset) -> None:
    item = handset.shoot(0)
    handset.key = DeviceKey.from_seed(bytes(32))
    handset.now += timedelta(seconds=1)
    newer = handset.register()
    assert handset.issue().device_id == newer.device_id
    with pytest.raises(DomainError, match=r"device\.superseded"):
        handset.issue(device_id=handset.device_id)
    assert verdict(handset.bring(item, 0)) == ("sealed", [])
    handset.key = KEY
    handset.now += timedelta(seconds=1)
    assert handset.register().repeated  # back to the first phone: the same device again
    assert handset.issue().device_id == handset.device_id
    assert CaptureDevice.objects.count() == 2


def test_tickets_asked_for_by_many_at_once_are_the_same(handset: Handset) -> None:
    CaptureTicket.objects.delete()
    make.visit(server=handset.server)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: handset.issue().tickets, range(6)))
    assert all(one == answers[0] for one in answers)
    assert CaptureTicket.objects.count() == 3


def test_tickets_hold_for_the_day_and_36_hours_and_are_issued_near_it(handset: Handset) -> None:
    today = court_day(handset.now)
    ticket = handset.issue().tickets[0]
    assert ticket["expires_at"] == at_second(today, 86_400) + timedelta(hours=36)
    assert handset.issue(day=today + timedelta(days=7)).tickets[0]["visit_id"] == ""
    for days in (-2, 8, -400):
        with pytest.raises(DomainError, match=r"ticket\.bad_day"):
            handset.issue(day=today + timedelta(days=days))


def test_the_gallery_follows_the_rules_of_the_court(handset: Handset) -> None:
    assert not handset.issue().gallery_allowed
    imported = handset.shoot(0, source="gallery")
    assert verdict(handset.bring(imported, 0)) == ("doubt", ["source.gallery"])
    CourtRules(
        court=make.COURT,
        version="v1",
        dated="2026-01-01",
        thresholds={"gallery_import": 1},
        state="approved",
        drafted_by="a",
        drafted_by_name="甲",
        drafted_at=handset.now,
        approved_by="b",
    ).save()
    rule_sets.forget()
    tomorrow = handset.issue(day=court_day(handset.now) + timedelta(days=1))
    assert tomorrow.gallery_allowed
    assert tomorrow.tickets[0]["gallery_allowed"]
    rule_sets.forget()


def test_what_had_no_visit_is_linked_and_its_item_follows(handset: Handset, store: FileStore) -> None:
    """Held first, linked later; the free ticket is good for the visit."""
    free = Handset(handset.server, None, store)
    item = free.shoot(0)
    held = free.bring(item, 0)
    assert (held.visit_id, verdict(held)) == ("", ("sealed", []))
    assert handset.visit is not None
    done = announcing.link(
        court=make.COURT, actor=free.actor, client_id=item.client_id, visit_id=handset.visit.id, now=free.now
    )
    assert (done.state, done.visit_id, done.repeated) == ("held", handset.visit.id, False)
    held.reload()
    assert (held.visit_id, held.task_id) == (handset.visit.id, handset.visit.task_id)
    assert verdict(held) == ("sealed", [])
    (again,) = free.announce(item)  # the phone has not heard of the link
    assert (again.repeated, again.visit_id, again.upload_needed) == (True, handset.visit.id, False)
    assert Announced.objects.count() == 1


def test_linking_before_the_bytes_come_is_the_same(handset: Handset, store: FileStore) -> None:
    free = Handset(handset.server, None, store)
    item = free.shoot(0)
    free.announce(item)
    assert handset.visit is not None
    mine = {"court": make.COURT, "actor": free.actor, "client_id": item.client_id, "now": free.now}
    announcing.link(visit_id=handset.visit.id, **mine)
    assert announcing.link(visit_id=handset.visit.id, **mine).repeated
    other = make.visit(server=handset.server)
    with pytest.raises(DomainError, match=r"item\.linked_elsewhere"):
        announcing.link(visit_id=other.id, **mine)
    free.elsewhere = [handset.visit.id]
    held = free.land(item, 0)
    assert (held.visit_id, verdict(held)) == (handset.visit.id, ("sealed", []))


def test_a_link_lost_between_two_writes_is_made_good(handset: Handset, store: FileStore) -> None:
    """The entry has its visit, the process died before the item had: the next judgment carries it over."""
    free = Handset(handset.server, None, store)
    item = free.shoot(0)
    held = free.bring(item, 0)
    assert handset.visit is not None
    Announced.objects(client_id=item.client_id).update(set__visit_id=handset.visit.id, set__linked_at=free.now)
    capture.judge_item(court=make.COURT, evidence_id=held.id, now=free.now)
    assert held.reload().visit_id == handset.visit.id


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

    def again(_: int) -> Any:
        return capture.judge_item(court=make.COURT, evidence_id=held.id, now=handset.now)

    with ThreadPoolExecutor(4) as pool:
        assert all(one is not None for one in pool.map(again, range(8)))
    assert held.reload().capture["turn"] == 9


def test_nothing_on_the_way_from_key_to_verdict_reads_a_whole_collection(
    database: Any, handset: Handset, store: FileStore
) -> None:
    for number in range(40):
        handset.announce(replace(handset.shoot(number % 4), envelope=None))
    free = Handset(handset.server, None, store)
    first, second = handset.shoot(0), handset.shoot(1)
    alone = free.shoot(2)
    assert handset.visit is not None
    mine = {"court": make.COURT, "actor": free.actor, "now": free.now, "visit_id": handset.visit.id}
    with profiled(database) as seen:
        handset.register()
        handset.issue()
        waiting = handset.bring(second, 1)
        handset.announce(first)
        held = free.bring(alone, 2)
        announcing.link(client_id=alone.client_id, **mine)
        announcing.link(client_id=alone.client_id, **mine)
        free.announce(alone)
        capture.sweep(now=handset.now + timedelta(minutes=11))
        devices.revoke_all(court=make.COURT, person_id=handset.server.id, now=handset.now)
    assert [verdict(one)[0] for one in (waiting, held)] == ["sealed", "sealed"]
    assert len(seen) > 30
    assert scans(seen, {}) == []
