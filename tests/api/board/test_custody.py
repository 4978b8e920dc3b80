"""The office's side of evidence on its way: the ledger of a day, second looks, late items, rescue exports."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.accounts.models import Person
from server.board.schemas.custody import (
    BoardCustodyLedgerSchema,
    BoardLateSchema,
    BoardLatesSchema,
    BoardLookSchema,
    BoardLooksSchema,
    BoardRescueSchema,
)
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.custody.models import Announced
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.board.conftest import ok, problem
from tests.api.conftest import COURT, Browser, Phone
from tests.factories import rescue as exports
from tests.factories import visits as make
from tests.factories.media import small_photo

Phones = Callable[[str], Phone]
TODAY = court_day(utc_now()).isoformat()


@pytest.fixture
def visit(people: dict[str, Person]) -> Visit:
    return make.visit(server=people["wc001"])


def announced(server: Person, visit: Visit | None = None, **fields: Any) -> Announced:
    now = utc_now()
    values = {
        "court": COURT,
        "server_id": server.id,
        "date": court_day(now).isoformat(),
        "visit_id": visit.id if visit else "",
        "client_id": new_id(),
        "digest": new_id(),
        "kind": "photo_door",
        "sha256": "0" * 64,
        "size": 1_000,
        "captured_at": now - timedelta(minutes=3),
        "announced_at": now,
    }
    return Announced(**(values | fields)).save(force_insert=True)


def sent(phone: Phone, visit: Visit, seed: int) -> str:
    form = make.form(small_photo(seed))
    assert phone.post(f"/api/phone/visits/{visit.id}/evidence", data=form).status_code == 201
    return str(form["client_id"])


def test_the_board_sees_n_of_m_per_server_and_what_is_missing(
    manager: Browser, phone: Phones, visit: Visit, people: dict[str, Person]
) -> None:
    wc001 = phone("wc001")
    for seed in range(1, 12):
        sent(wc001, visit, seed)
    coming = announced(people["wc001"], visit)
    announced(people["wc002"], state="refused", problem={"code": "evidence.empty", "title": "文件是空的（0 字节）"})
    announced(people["wc002"], state="withdrawn", reason="模糊")
    day = ok(manager.get(f"/api/board/days/{TODAY}/ledger"))
    assert BoardCustodyLedgerSchema().validate(day) == {}
    assert (day["counts"]["text"], day["cut"]) == ("11/13", False)
    first, second = day["servers"]
    assert (first["name"], first["counts"]["text"], first["unlinked"]) == ("wc001", "11/12", 0)
    (missing,) = first["missing"]
    assert (missing["client_id"], missing["case_number"]) == (coming.client_id, visit.case_number)
    assert (second["counts"]["text"], second["unlinked"]) == ("0/1", 1)
    assert second["refused"][0]["problem"]["title"] == "文件是空的（0 字节）"
    assert second["withdrawn"][0]["reason"] == "模糊"
    assert ok(manager.get("/api/board/days/2026-01-05/ledger"))["servers"] == []
    assert manager.get("/api/board/days/never/ledger").status_code == 422


def ask(phone: Phone, visit: Visit, **changes: Any) -> Any:
    body = {"client_id": new_id(), "code": "nobody_home", "note": "门口有监控", "items": [], **changes}
    answer = phone.post(f"/api/phone/visits/{visit.id}/look", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.json


def test_a_reviewer_answers_while_the_server_is_at_the_door(
    specialist: Browser, manager: Browser, phone: Phones, visit: Visit
) -> None:
    wc001 = phone("wc001")
    asked = ask(wc001, visit)
    waiting = ok(specialist.get("/api/board/looks"))
    assert BoardLooksSchema().validate(waiting) == {}
    assert [one["look_id"] for one in waiting["items"]] == [asked["look_id"]]
    path = f"/api/board/looks/{asked['look_id']}/answer"
    assert problem(specialist.post(path, json={"decision": "more"})) == (422, "look.reason_required")
    assert problem(manager.post(path, json={"decision": "fine"})) == (403, "auth.forbidden")
    answered = ok(specialist.post(path, json={"decision": "more", "reason": "请拍摄楼栋号"}))
    assert BoardLookSchema().validate(answered) == {}
    seen = wc001.get(f"/api/phone/visits/{visit.id}/looks").json["items"]
    assert [(one["state"], one["reason"], one["by_name"]) for one in seen] == [("more", "请拍摄楼栋号", "specialist")]
    assert problem(specialist.post(path, json={"decision": "fine"})) == (409, "look.not_open")
    assert ok(specialist.get("/api/board/looks"))["items"] == []
    assert phone("wc002").get(f"/api/phone/visits/{visit.id}/looks").status_code == 404


def test_late_items_are_taken_or_left_by_the_office(specialist: Browser, phone: Phones, visit: Visit) -> None:
    client_id = sent(phone("wc001"), visit, 3)
    EvidenceItem.objects(client_id=client_id).update(set__late={"why": "visit_closed", "state": "waiting"})
    listed = ok(specialist.get("/api/board/evidence-late"))
    assert BoardLatesSchema().validate(listed) == {}
    (item,) = listed["items"]
    assert (item["why_label"], listed["counts"]["waiting"]) == ("上门任务办结后才收到", 1)
    path = f"/api/board/evidence/{item['evidence_id']}/late"
    assert problem(specialist.post(path, json={"decision": "take", "reason": ""}))[0] == 422
    done = ok(specialist.post(path, json={"decision": "take", "reason": "补充门牌照片"}))
    assert BoardLateSchema().validate(done) == {}
    assert done["state"] == "taken"
    assert problem(specialist.post(path, json={"decision": "leave", "reason": "x"})) == (409, "late.decided")


def test_the_office_brings_in_a_phones_export(
    manager: Browser, phone: Phones, visit: Visit, sign_in: Callable[[str], Browser]
) -> None:
    photos = [small_photo(seed) for seed in (41, 42)]
    items = [(exports.item(photo, visit_id=visit.id), photo) for photo in photos]
    items[1][0]["sha256"] = "0" * 64
    data = exports.export(items)

    def bring(browser: Browser, what: bytes = data) -> Any:
        return browser.post("/api/board/rescue", data={"file": (io.BytesIO(what), "export.zip")})

    report = ok(bring(manager))
    assert BoardRescueSchema().validate(report) == {}
    assert (report["server_name"], report["counts"]["held"], report["counts"]["not_taken"]) == ("wc001", 1, 1)
    assert [one["state_label"] for one in report["items"]] == ["已收妥", "未收下"]
    assert ok(bring(manager))["counts"]["already_held"] == 1
    assert problem(bring(manager, b"not a zip")) == (422, "rescue.not_an_export")
    assert problem(bring(sign_in("judge"))) == (403, "auth.forbidden")
    ledger = phone("wc001").get("/api/phone/ledger").json
    assert sorted((one["source"], one["state"]) for one in ledger["items"]) == [
        ("rescue", "announced"), ("rescue", "held")
    ]  # fmt: skip


def test_an_export_may_be_larger_than_any_other_file(manager: Browser, visit: Visit) -> None:
    """34 MB in one request: a shift's photos and videos."""
    photo = small_photo(50)
    files = {f"files/{new_id()}": bytes(17_000_000) for _ in range(2)}
    said = exports.item(photo, visit_id=visit.id)
    index = exports.index([said])
    data = exports.packed(
        {"rescue.json": exports.json.dumps(index).encode(), f"files/{said['client_id']}": photo, **files},
        exports.zipfile.ZIP_STORED,
    )
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="export.zip"\r\n\r\n'
    body, kind = head + data + b"\r\n--edge--\r\n", "multipart/form-data; boundary=edge"
    report = ok(manager.post("/api/board/rescue", data=body, content_type=kind))
    assert (report["counts"]["held"], report["strange"]) == (1, 2)
    assert manager.post("/api/board/imports", data=body, content_type=kind).status_code == 413
