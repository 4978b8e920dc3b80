"""Keys, tickets and links to visits: what decides whose capture counts for what."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from evidence.capture import DeviceKey
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core import events
from server.core.clock import at_second, court_day
from server.core.errors import DomainError
from server.custody import capture_tasks
from server.custody.models import Announced, CaptureDevice, CaptureTicket
from server.custody.services import announcing, capture, devices
from server.dispatch.models import Visit
from server.service.models import CourtRules
from server.service.services import rule_sets
from tests.factories import visits as make
from tests.integration.custody.handset import KEY, Handset, verdict
from tests.integration.explain.profiler import profiled, scans


@pytest.fixture
def handset(server: Person, visit: Visit, store: FileStore) -> Handset:
    capture_tasks.register(events.subscriptions)
    return Handset(server, visit, store)


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
