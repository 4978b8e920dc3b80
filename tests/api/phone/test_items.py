"""Keys, tickets and announced items over HTTP: each item entered once and answered for itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from flask import Flask

from evidence.capture import DeviceKey, Sealed, Shutter, tickets
from evidence.log import Verifier
from miniprogram_api.custody_schemas import DeviceAnswer, ItemAnswer, ItemsAnswer, TicketsAnswer
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.custody.models import Announced, CaptureDevice
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.conftest import Browser, Phone
from tests.api.phone.conftest import problem
from tests.factories import visits as make
from tests.factories.media import small_photo

KEY = DeviceKey.from_seed(bytes(range(32)))
EPOCH = make.EPOCH


def register(phone: Phone, public_key: str = KEY.public_key_text) -> Any:
    return phone.post("/api/phone/devices", json={"public_key": public_key, "name": "测试手机"})


def ask_tickets(phone: Phone, **body: Any) -> Any:
    return phone.post("/api/phone/tickets", json={"date": court_day(utc_now()).isoformat(), **body})


def item(client_id: str = "photo-0001", data: bytes = b"photo", **fields: Any) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "kind": "photo_door",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "captured_at": make.now_text(minutes=1),
        **fields,
    }


def announce(phone: Phone, *items: Any, **body: Any) -> list[dict[str, Any]]:
    answer = phone.post("/api/phone/items", json={"items": list(items), **body})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert ItemsAnswer().validate(answer.json) == {}
    return list(answer.json["items"])


def states(answers: list[dict[str, Any]]) -> list[str | None]:
    return [one["problem"]["code"] if one["problem"] else one["state"] for one in answers]


def test_an_item_is_entered_before_its_bytes_come(wc001: Phone, visit: Visit) -> None:
    (found,) = announce(wc001, item(visit_id=visit.id))
    assert (found["state"], found["upload_needed"], found["repeated"]) == ("announced", True, False)
    entry = Announced.objects.get(client_id="photo-0001")
    assert (entry.server_id, entry.visit_id, entry.size) == (wc001.person.id, visit.id, 5)
    assert entry.date == court_day(entry.captured_at).isoformat()


def test_the_day_of_the_shift_may_be_told(wc001: Phone) -> None:
    announce(wc001, item(), date="2026-11-20")
    assert Announced.objects.get(client_id="photo-0001").date == "2026-11-20"


def test_saying_it_twice_enters_it_once(wc001: Phone, visit: Visit) -> None:
    one = item(visit_id=visit.id)
    first, again = announce(wc001, one), announce(wc001, one, one)
    assert [states(first), states(again)] == [["announced"], ["announced"] * 2]
    assert [found["repeated"] for found in first + again] == [False, True, True]
    assert Announced.objects.count() == 1


def test_of_many_sayings_at_once_one_is_entered(app: Flask, wc001: Phone, visit: Visit) -> None:
    items = [item(f"photo-{number:04}", visit_id=visit.id) for number in range(20)]

    def once(_: int) -> list[dict[str, Any]]:
        return announce(Phone(app.test_client(), wc001.token, wc001.person), *items)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(once, range(4)))
    assert all(states(one) == ["announced"] * 20 for one in answers)
    assert sum(not found["repeated"] for one in answers for found in one) == 20
    assert Announced.objects.count() == 20


def test_the_same_id_with_other_content_is_that_items_problem(wc001: Phone, visit: Visit) -> None:
    announce(wc001, item(visit_id=visit.id))
    changed = item(data=b"another", visit_id=visit.id)
    fresh = item("photo-0002", visit_id=visit.id)
    assert states(announce(wc001, changed, fresh)) == ["client_id.reused", "announced"]
    assert Announced.objects.get(client_id="photo-0001").size == 5


BAD = (
    ({"kind": "selfie"}, "request.invalid"),
    ({"client_id": "../../etc"}, "request.invalid"),
    ({"size": "5"}, "request.invalid"),
    ({"captured_at": "gestern"}, "request.invalid"),
    ({"more": 1}, "request.invalid"),
    ({"envelope": {"payload": "***", "signature": "", "device_id": "d"}}, "request.invalid"),
    ({"size": 0}, "item.bad_size"),
    ({"size": 10**15}, "evidence.too_large"),
    ({"sha256": "xyz"}, "evidence.bad_hash"),
    ({"captured_at": EPOCH}, "time.too_old"),
    ({"captured_at": make.now_text(hours=-24)}, "time.in_future"),
    ({"fix": make.fix(accuracy_m=5000)}, "position.too_coarse"),
    ({"fix": make.fix(lng=2.35, lat=48.85)}, "position.outside_china"),
    ({"visit_id": "01nosuchvisit"}, "visit.not_found"),
    ({"envelope": {"payload": "e30=", "signature": "", "device_id": "d"}}, "envelope.unreadable"),
)


def test_a_bad_item_never_holds_up_the_others(wc001: Phone, visit: Visit) -> None:
    good = [item(f"photo-{number:04}", visit_id=visit.id) for number in (1, 2)]
    bad = [{**item(f"wrong-{number:04}", visit_id=visit.id), **changes} for number, (changes, _) in enumerate(BAD)]
    answers = announce(wc001, good[0], *bad, good[1])
    assert states(answers) == ["announced", *(code for _, code in BAD), "announced"]
    assert {(one["state"], one["upload_needed"]) for one in answers[1:-1]} == {(None, False)}
    assert Announced.objects.count() == 2


def test_what_is_no_item_at_all_is_answered_in_its_place(wc001: Phone) -> None:
    answers = announce(wc001, 7, None, [], "photo-0001", item(), {"client_id": {"$gt": ""}})
    assert states(answers) == [*["request.invalid"] * 4, "announced", "request.invalid"]
    assert answers[5]["client_id"] is None


def test_a_list_that_is_no_list_is_refused(wc001: Phone) -> None:
    many = [item(f"photo-{number:04}") for number in range(201)]
    for body in ({"items": []}, {"items": many}, {"items": {}}, {}, {"items": [item()], "date": "heute"}):
        assert problem(wc001.post("/api/phone/items", json=body)) == (422, "request.invalid")
    assert Announced.objects.count() == 0


def test_the_visit_of_somebody_else_is_refused(wc001: Phone, people: dict[str, Person]) -> None:
    theirs = make.visit(server=people["wc002"])
    assert states(announce(wc001, item(visit_id=theirs.id))) == ["visit.not_found"]
    assert Announced.objects.count() == 0


def test_what_was_captured_before_the_visit_was_taken_away_is_entered(wc001: Phone, people: dict[str, Person]) -> None:
    """Offline in the stairwell while the office moves the visit: the photo is evidence all the same."""
    now = utc_now()
    change = {
        "at": now - timedelta(hours=1), "by": "p0", "by_name": "送达管理员", "what": "reassigned",
        "from_server": wc001.person.id, "to_server": people["wc002"].id,
    }  # fmt: skip
    moved = make.visit(server=people["wc002"], changes=[change])
    before = item("photo-0001", visit_id=moved.id, captured_at=make.now_text(minutes=80))
    after = item("photo-0002", visit_id=moved.id, captured_at=make.now_text(minutes=20))
    answers = announce(wc001, before, after)
    assert states(answers) == ["announced", "visit.not_yours"]
    assert answers[1]["problem"]["to_name"] == people["wc002"].name


def test_what_was_captured_before_the_visit_was_withdrawn_is_entered(wc001: Phone) -> None:
    change = {"at": utc_now() - timedelta(hours=1), "by": "p0", "by_name": "送达管理员", "what": "withdrawn"}
    gone = make.visit(server=wc001.person, state="withdrawn", changes=[change])
    before = item("photo-0001", visit_id=gone.id, captured_at=make.now_text(minutes=80))
    after = item("photo-0002", visit_id=gone.id, captured_at=make.now_text(minutes=20))
    assert states(announce(wc001, before, after)) == ["announced", "visit.withdrawn"]


def test_what_came_whole_needs_no_upload(wc001: Phone, visit: Visit) -> None:
    """A small item sent in one request and announced as well, in either order, is one item."""
    data, at = small_photo(3), make.now_text(minutes=1)
    fields = {"client_id": "photo-0001", "captured_at": at, **dict.fromkeys(("lng", "lat", "datum"), None)}
    form = make.form(data, **fields, accuracy_m=None, provider=None)
    said = item(data=data, visit_id=visit.id, captured_at=at)
    assert wc001.post(f"/api/phone/visits/{visit.id}/evidence", data=form).status_code == 201
    (found,) = announce(wc001, said)
    assert (found["state"], found["upload_needed"]) == ("held", False)
    assert (Announced.objects.count(), EvidenceItem.objects.count()) == (1, 1)


class Handset:
    """A registered phone with its tickets."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        assert register(phone).status_code == 201
        self.answer = ask_tickets(phone).json

    def shutter(self, visit_id: str) -> Shutter:
        return Shutter.of_answer(next(one for one in self.answer["tickets"] if one["visit_id"] == visit_id), KEY)

    def shoot(self, shutter: Shutter, client_id: str, data: bytes, **fields: Any) -> dict[str, Any]:
        at = utc_now()
        sealed = shutter.shoot(data, client_id=client_id, kind="photo_door", taken_at=at)
        return item(client_id, data, captured_at=at.isoformat(), envelope=sealed.as_json(), **fields)


def test_a_key_is_registered_once_and_again_without_harm(wc001: Phone) -> None:
    first, again = register(wc001), register(wc001)
    assert (first.status_code, again.status_code) == (201, 201)
    assert DeviceAnswer().validate(first.json) == {}
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    assert first.json["device_id"] == again.json["device_id"]
    device = CaptureDevice.objects.get(id=first.json["device_id"])
    assert (device.person_id, device.public_key) == (wc001.person.id, KEY.public_key)


def test_a_browser_is_no_phone(sign_in: Callable[[str], Browser]) -> None:
    body = {"public_key": KEY.public_key_text}
    assert problem(sign_in("wc001").post("/api/phone/devices", json=body)) == (403, "device.phone_only")
    assert CaptureDevice.objects.count() == 0


def test_what_is_no_key_is_refused(wc001: Phone) -> None:
    for key in (bytes(31), bytes(32), b"\x01" + bytes(31), b""):
        assert problem(register(wc001, base64.b64encode(key).decode())) == (422, "device.bad_key")
    assert CaptureDevice.objects.count() == 0


def test_keys_are_not_made_by_the_hundred(wc001: Phone) -> None:
    keys = [DeviceKey.from_seed(bytes([number]) * 32) for number in range(21)]
    answers = [register(wc001, one.public_key_text) for one in keys]
    assert [one.status_code for one in answers] == [201] * 20 + [429]
    assert answers[-1].json["code"] == "device.too_many"


def test_tickets_are_signed_for_each_visit_and_one_without(
    wc001: Phone, visit: Visit, people: dict[str, Person]
) -> None:
    make.visit(server=people["wc002"])
    crewed = make.visit(server=people["wc002"], second=wc001.person)
    handset = Handset(wc001)
    assert TicketsAnswer().validate(handset.answer) == {}
    issued = handset.answer["tickets"]
    assert {one["visit_id"] for one in issued} == {visit.id, crewed.id, ""}
    assert handset.answer["server_time"][:16] == utc_now().isoformat()[:16]
    verifier = Verifier.from_text(handset.answer["verifier"])
    for one in issued:
        ticket = tickets.read(one["note"], verifier)
        assert (ticket.visit_id, ticket.person_id, ticket.nonce) == (one["visit_id"], wc001.person.id, one["nonce"])
        assert ticket.device_key == KEY.public_key
    assert ask_tickets(wc001).json["tickets"] == issued


def test_no_tickets_without_a_key_and_none_for_a_far_day(wc001: Phone) -> None:
    assert problem(ask_tickets(wc001)) == (409, "device.none")
    register(wc001)
    for day in ("2020-01-01", "9999-12-31", "0001-01-01"):
        assert problem(ask_tickets(wc001, date=day)) == (422, "ticket.bad_day")
    assert problem(ask_tickets(wc001, device_id="another")) == (409, "device.superseded")


def test_a_sealed_item_keeps_its_envelope_byte_for_byte(wc001: Phone, visit: Visit) -> None:
    handset = Handset(wc001)
    said = handset.shoot(handset.shutter(visit.id), "photo-0001", b"photo", visit_id=visit.id)
    assert states(announce(wc001, said)) == ["announced"]
    entry = Announced._get_collection().find_one({"client_id": "photo-0001"})
    assert base64.b64encode(entry["envelope"]["payload"]).decode() == said["envelope"]["payload"]
    assert entry["seal"]["genuine"] is True
    changed = Sealed(base64.b64decode(said["envelope"]["payload"]), bytes(64), said["envelope"]["device_id"])
    again = announce(wc001, said, {**said, "envelope": changed.as_json()})
    assert states(again) == ["announced", "client_id.reused"]


def test_an_envelope_replayed_for_other_items_is_entered_and_judged_later(wc001: Phone, visit: Visit) -> None:
    """Evidence of an attempt is kept: the ledger takes it, the verdict says what it is."""
    handset = Handset(wc001)
    said = handset.shoot(handset.shutter(visit.id), "photo-0001", b"photo", visit_id=visit.id)
    assert states(announce(wc001, said, {**said, "client_id": "photo-0002"})) == ["announced", "announced"]


def test_a_whole_shift_is_announced_at_once(wc001: Phone, visit: Visit) -> None:
    handset = Handset(wc001)
    shutter = handset.shutter(visit.id)
    said = [handset.shoot(shutter, f"photo-{number:04}", bytes([number]), visit_id=visit.id) for number in range(200)]
    assert states(announce(wc001, *said)) == ["announced"] * 200
    assert Announced._get_collection().count_documents({"seal.genuine": True}) == 200


def test_what_was_captured_without_a_visit_is_linked_later(
    wc001: Phone, visit: Visit, people: dict[str, Person]
) -> None:
    announce(wc001, item())
    body = {"client_id": "photo-0001", "visit_id": visit.id}
    linked, again = (wc001.post("/api/phone/items/link", json=body) for _ in range(2))
    assert ItemAnswer().validate(linked.json) == {}
    assert (linked.status_code, linked.json["visit_id"], linked.json["repeated"]) == (200, visit.id, False)
    assert (again.status_code, again.json["repeated"]) == (200, True)
    assert Announced.objects.get(client_id="photo-0001").visit_id == visit.id
    theirs = make.visit(server=people["wc002"])
    announce(wc001, item("photo-0002"))
    refused = wc001.post("/api/phone/items/link", json={"client_id": "photo-0002", "visit_id": theirs.id})
    assert problem(refused) == (404, "visit.not_found")
    unknown = wc001.post("/api/phone/items/link", json={"client_id": "photo-0009", "visit_id": visit.id})
    assert problem(unknown) == (404, "item.not_announced")


def test_a_lost_phone_gets_no_tickets_any_more(
    wc001: Phone, phone: Callable[[str], Phone], sign_in: Callable[[str], Browser], people: dict[str, Person]
) -> None:
    register(wc001)
    admin = sign_in("admin")
    path = f"/api/board/people/{wc001.person.id}"
    version = Person.objects.get(id=wc001.person.id).version
    answer = admin.post(f"{path}/lost-phone", json={"version": version})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = phone("wc001")  # bound again, and the key of the lost phone turns up
    assert problem(ask_tickets(found)) == (409, "device.none")
    assert problem(register(found)) == (409, "device.revoked")
    assert register(found, DeviceKey.new().public_key_text).status_code == 201
