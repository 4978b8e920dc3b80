"""A rescue export lands where its items belong, once, however often it is brought in."""

from __future__ import annotations

import base64
import io
import json
from datetime import datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from evidence.capture import DeviceKey, Sent, Shutter
from evidence.errors import EvidenceError
from evidence.stores import FileStore
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody.models import Announced
from server.custody.services import announcing, devices, landing, ledger, rescue, tickets
from server.custody.services.announcing import NewItem
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.actor import Actor
from tests.factories import rescue as exports
from tests.factories import visits as make
from tests.factories.media import small_photo
from tests.integration.custody.conftest import person

OFFICE = Actor("p-manager", "送达管理员甲")


def bring_in(data: bytes, store: FileStore) -> rescue.Report:
    return rescue.bring_in(court=make.COURT, actor=OFFICE, stream=io.BytesIO(data), store=store, now=utc_now())


def states(report: rescue.Report) -> list[str]:
    return [one.state for one in report.items]


class Camera:
    """A registered phone that captures for one visit and keeps what it captured."""

    def __init__(self, server: Person, visit: Visit) -> None:
        self.visit, self.now, key = visit, utc_now(), DeviceKey.from_seed(bytes(range(32)))
        self.owner = Actor(server.id, server.name)
        devices.register(
            court=make.COURT, person_id=server.id, session_id="", public_key=key.public_key, name=None, now=self.now
        )
        issued = tickets.issue(
            court=make.COURT, person_id=server.id, device_id=None, day=court_day(self.now), now=self.now
        )
        ticket = next(one for one in issued.tickets if one["visit_id"] == visit.id)
        self.shutter = Shutter.of_answer({**ticket, "ticket_id": ticket["_id"]}, key)

    def shoot(self, seed: int) -> tuple[dict[str, Any], bytes]:
        data, client_id = small_photo(seed), new_id()
        sealed = self.shutter.shoot(data, client_id=client_id, kind="photo_door", taken_at=self.now)
        said = exports.item(
            data,
            client_id=client_id,
            visit_id=self.visit.id,
            captured_at=self.now.isoformat(),
            fix=None,
            envelope=Sent(sealed.payload, sealed.signature, sealed.device_id),
        )
        return said, data


def announce(camera: Camera, said: dict[str, Any]) -> str:
    """As the phone itself would have done."""
    item = NewItem(
        client_id=said["client_id"],
        kind=said["kind"],
        sha256=said["sha256"],
        size=said["size"],
        captured_at=datetime.fromisoformat(said["captured_at"]),
        visit_id=said["visit_id"],
        envelope=Sent(
            base64.b64decode(said["envelope"]["payload"]),
            base64.b64decode(said["envelope"]["signature"]),
            said["envelope"]["device_id"],
        ),
    )
    (answer,) = announcing.announce(
        court=make.COURT, actor=camera.owner, date=None, items=[item], source="phone", now=camera.now
    )
    return str(answer.announced_id)


def test_an_export_lands_as_if_the_phone_had_sent_it(visit: Visit, server: Person, store: FileStore) -> None:
    camera = Camera(server, visit)
    items = [camera.shoot(seed) for seed in (1, 2, 3)]
    data = exports.export(items, staff_no=server.staff_no)
    report = bring_in(data, store)
    assert report.counts() == {"total": 3, "held": 3, "already_held": 0, "refused": 0, "not_taken": 0}
    assert [one.capture for one in report.items] == ["sealed"] * 3
    for (said, content), done in zip(items, report.items, strict=True):
        held = EvidenceItem.objects.get(id=done.evidence_id)
        assert (held.visit_id, held.client_id, held.server_id) == (visit.id, said["client_id"], server.id)
        assert held.source == "rescue"
        assert json.loads(bytes(held.manifest))["source"] == "rescue"
        with store.open(held.store_key) as kept:
            assert kept.read() == content
    found = ledger.of_person(court=make.COURT, person_id=server.id, day=visit.date)
    assert found.counts.document()["text"] == "3/3"


def test_bringing_it_in_again_changes_nothing(visit: Visit, server: Person, store: FileStore) -> None:
    bad = small_photo(9)[:200]
    camera = Camera(server, visit)
    items = [camera.shoot(1), camera.shoot(2), (exports.item(bad, visit_id=visit.id), bad)]
    data = exports.export(items, staff_no=server.staff_no)
    first, before = bring_in(data, store), list(EvidenceItem._get_collection().find())
    again = bring_in(data, store)
    assert (states(first), states(again)) == (["held", "held", "refused"], ["already_held", "already_held", "refused"])
    assert first.items[2].problem == again.items[2].problem
    assert Announced.objects.get(client_id=items[2][0]["client_id"]).kept_key
    assert list(EvidenceItem._get_collection().find()) == before


def test_what_the_phone_had_sent_or_announced_is_recognised(visit: Visit, server: Person, store: FileStore) -> None:
    camera = Camera(server, visit)
    items = [camera.shoot(1), camera.shoot(2)]
    sent, _ = (announce(camera, said) for said, _ in items)
    landing.land(
        court=make.COURT,
        announced_id=sent,
        actor=camera.owner,
        stream=io.BytesIO(items[0][1]),
        store=store,
        now=utc_now(),
    )
    report = bring_in(exports.export(items, staff_no=server.staff_no), store)
    assert states(report) == ["already_held", "held"]
    assert [one.source for one in EvidenceItem.objects.order_by("received_at")] == ["phone", "rescue"]
    assert Announced.objects(state="held").count() == 2


def test_an_item_without_a_good_envelope_is_kept_and_says_so(visit: Visit, server: Person, store: FileStore) -> None:
    camera = Camera(server, visit)
    items = [camera.shoot(seed) for seed in (1, 2, 3)]
    items[0][0]["envelope"] = None
    items[1][0]["envelope"]["payload"] = "bm90aGluZw=="
    items[2][0]["envelope"]["signature"] = items[1][0]["envelope"]["signature"]
    data = exports.export(items, staff_no=server.staff_no)
    report = bring_in(data, store)
    assert states(report) == ["held"] * 3
    assert [one.capture for one in report.items] == ["unsealed", "unsealed", "broken"]
    assert states(bring_in(data, store)) == ["already_held"] * 3


def test_one_bad_item_blocks_no_other(visit: Visit, server: Person, store: FileStore) -> None:
    photos = [small_photo(number) for number in range(20, 26)]
    items = [(exports.item(photo, visit_id=visit.id), photo) for photo in photos]
    items[0][0]["visit_id"] = "no-such-visit"
    items[1][0]["captured_at"] = "1970-01-01T00:00:00+00:00"
    items[2][0]["kind"] = "photo_of_the_moon"
    items[3] = (items[3][0], photos[3][:-1])
    items[4][0]["size"] = "many"
    report = bring_in(exports.export(items, staff_no=server.staff_no), store)
    assert states(report) == ["not_taken"] * 5 + ["held"]
    assert [one.problem and one.problem["code"] for one in report.items] == [
        "visit.not_found", "time.too_old", "item.unknown_kind", "rescue.file_other", "rescue.item_unreadable", None
    ]  # fmt: skip
    assert EvidenceItem.objects.count() == 1


def test_what_is_brought_in_after_the_visit_was_lost_or_closed_waits_for_the_office(
    visit: Visit, server: Person, store: FileStore
) -> None:
    closed = make.visit(server=server)
    Visit.objects(id=closed.id).update(set__state="ended", set__review={"state": "accepted", "round": 1})
    photos = [small_photo(30), small_photo(31)]
    items = [
        (exports.item(photos[0], visit_id=visit.id), photos[0]),
        (exports.item(photos[1], visit_id=closed.id), photos[1]),
    ]
    make.reassign(visit, person("另一送达员"))
    report = bring_in(exports.export(items, staff_no=server.staff_no), store)
    assert states(report) == ["held", "held"]
    assert [one.late for one in report.items] == [True, True]
    assert {one.visit_id: one.late["why"] for one in EvidenceItem.objects} == {
        visit.id: "visit_lost", closed.id: "visit_closed"
    }  # fmt: skip


def test_an_export_of_another_court_or_of_nobody_is_refused(server: Person, store: FileStore) -> None:
    for changes, code in (
        ({"court": "京0105", "staff_no": server.staff_no}, "rescue.other_court"),
        ({"staff_no": "NOBODY"}, "rescue.unknown_person"),
        ({"schema": "x"}, "rescue.other_schema"),
    ):
        with pytest.raises(DomainError) as caught:
            bring_in(exports.export([], **changes), store)
        assert caught.value.code == code


class FillingUp(FileStore):
    """Takes one item and is away then."""

    taken = 0

    def put(self, *args: Any, **kwargs: Any) -> Any:
        self.taken += 1
        if self.taken > 1:
            raise EvidenceError("evidence.store_unavailable", "证据存储暂不可用，请稍后重试")
        return super().put(*args, **kwargs)


def test_an_import_that_breaks_off_is_simply_done_again(
    visit: Visit, server: Person, store: FileStore, tmp_path: Path
) -> None:
    camera = Camera(server, visit)
    data = exports.export([camera.shoot(seed) for seed in (1, 2, 3)], staff_no=server.staff_no)
    with pytest.raises(DomainError) as caught:
        bring_in(data, FillingUp(tmp_path / "evidence"))
    assert (caught.value.code, caught.value.status) == ("evidence.store_unavailable", 503)
    assert states(bring_in(data, store)) == ["already_held", "held", "held"]
    assert {one.capture["verdict"] for one in EvidenceItem.objects} == {"sealed"}


def test_two_imports_at_once_hold_each_item_once(visit: Visit, server: Person, store: FileStore) -> None:
    camera = Camera(server, visit)
    data = exports.export([camera.shoot(seed) for seed in (1, 2, 3, 4)], staff_no=server.staff_no)
    start, reports = Barrier(3), []

    def one() -> None:
        start.wait()
        reports.append(bring_in(data, store))

    threads = [Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 3
    assert {state for report in reports for state in states(report)} <= {"held", "already_held"}
    assert EvidenceItem.objects.count() == Announced.objects(state="held").count() == 4
    assert len({report.items[0].evidence_id for report in reports}) == 1
