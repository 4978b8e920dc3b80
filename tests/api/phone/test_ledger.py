"""n of n: what a phone said it has and what the court holds, the same list at both ends; and the gate on the spot."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from evidence.samples import signature
from miniprogram_api.ledger_schemas import CheckAnswer, LedgerAnswer, WithdrawnAnswer
from server.accounts.models import Person
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.custody.models import Announced
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from tests.api.conftest import COURT, Phone
from tests.api.phone.conftest import problem
from tests.factories import visits as make
from tests.factories.media import small_photo

Entered = Callable[..., Announced]


@pytest.fixture
def enter(people: dict[str, Person], visit: Visit) -> Entered:
    """An announced item of wc001's day, as announcing leaves it."""

    def enter(kind: str = "photo_door", data: bytes = b"", **fields: Any) -> Announced:
        now = utc_now()
        values = {
            "court": COURT,
            "server_id": people["wc001"].id,
            "date": court_day(now).isoformat(),
            "visit_id": visit.id,
            "client_id": new_id(),
            "digest": new_id(),
            "kind": kind,
            "sha256": hashlib.sha256(data or new_id().encode()).hexdigest(),
            "size": len(data) or 1_000,
            "captured_at": now - timedelta(minutes=3),
            "announced_at": now,
        }
        return Announced(**(values | fields)).save(force_insert=True)

    return enter


def states(answer: Any) -> dict[str, str]:
    return {one["client_id"]: one["state"] for one in answer.json["items"]}


def test_the_ledger_counts_what_is_held_of_what_was_captured(
    wc001: Phone, send: Callable[..., str], enter: Entered
) -> None:
    held, coming = send("photo_door"), enter()
    refused = enter(state="refused", problem={"code": "evidence.not_an_image", "title": "文件内容不是照片"})
    gone = enter(state="withdrawn", reason="模糊重拍")
    answer = wc001.get("/api/phone/ledger")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert LedgerAnswer().validate(answer.json) == {}
    counts = answer.json["counts"]
    assert (counts["held"], counts["total"], counts["text"]) == (1, 3, "1/3")
    assert (counts["refused"], counts["withdrawn"], counts["announced"]) == (1, 1, 1)
    assert counts["complete"] is False
    assert states(answer) == {
        held: "held", coming.client_id: "announced", refused.client_id: "refused", gone.client_id: "withdrawn"
    }  # fmt: skip
    told = {one["client_id"]: one for one in answer.json["items"]}
    assert told[held]["evidence_id"] == EvidenceItem.objects.get(client_id=held).id
    assert told[refused.client_id]["problem"]["title"] == "文件内容不是照片"


def test_a_ledger_is_complete_when_nothing_is_awaited(wc001: Phone, send: Callable[..., str]) -> None:
    for _ in range(3):
        send("photo_door")
    counts = wc001.get("/api/phone/ledger").json["counts"]
    assert (counts["text"], counts["complete"]) == ("3/3", True)


def test_a_ledger_shows_one_persons_items_of_one_day(
    wc001: Phone, phone: Callable[[str], Phone], enter: Entered, people: dict[str, Person]
) -> None:
    enter(server_id=people["wc002"].id)
    enter(date="2026-01-05")
    assert wc001.get("/api/phone/ledger").json["items"] == []
    assert len(wc001.get("/api/phone/ledger?date=2026-01-05").json["items"]) == 1
    assert len(phone("wc002").get("/api/phone/ledger").json["items"]) == 1


def test_an_item_taken_back_stays_in_the_ledger_with_its_reason(wc001: Phone, enter: Entered) -> None:
    one = enter()
    body = {"visit_id": one.visit_id, "client_id": one.client_id, "reason": "拍摄模糊，已删除重拍"}
    first = wc001.post("/api/phone/items/withdraw", json=body)
    assert first.status_code == 200, first.get_data(as_text=True)
    assert WithdrawnAnswer().validate(first.json) == {}
    again = wc001.post("/api/phone/items/withdraw", json={**body, "reason": "另一个理由"})
    assert (first.json["repeated"], again.json["repeated"]) == (False, True)
    stored = Announced.objects.get(id=one.id)
    assert (stored.state, stored.reason) == ("withdrawn", "拍摄模糊，已删除重拍")
    counts = wc001.get("/api/phone/ledger").json["counts"]
    assert (counts["total"], counts["withdrawn"], counts["complete"]) == (0, 1, True)


def test_what_is_here_or_somebody_elses_cannot_be_taken_back(
    wc001: Phone, phone: Callable[[str], Phone], send: Callable[..., str], visit: Visit, enter: Entered
) -> None:
    held, coming = send("photo_door"), enter()
    body = {"visit_id": visit.id, "client_id": held, "reason": "不要了"}
    assert problem(wc001.post("/api/phone/items/withdraw", json=body)) == (409, "item.already_here")
    assert EvidenceItem.objects(client_id=held).count() == 1
    other = phone("wc002").post("/api/phone/items/withdraw", json={**body, "client_id": coming.client_id})
    assert problem(other) == (404, "item.not_announced")
    assert problem(wc001.post("/api/phone/items/withdraw", json={**body, "reason": " "}))[0] == 422
    assert Announced.objects.get(id=coming.id).state == "announced"


def check(phone: Phone, visit: Visit, items: list[str], code: str = "signed_recipient", **more: Any) -> Any:
    answer = phone.post(
        f"/api/phone/visits/{visit.id}/check",
        json={"code": code, "items": items, "signer": {"name": "当事人甲"}, **more},
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert CheckAnswer().validate(answer.json) == {}
    return answer.json


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in found]


def test_the_gate_tells_what_is_coming_from_what_is_here(
    wc001: Phone, visit: Visit, send: Callable[..., str], enter: Entered
) -> None:
    """Offline at the door: everything is captured, nothing sent. The server may leave; the outcome has to wait."""
    nothing = check(wc001, visit, [])
    assert nothing["missing"]
    assert nothing["missing"] == nothing["missing_held"]
    paper, photo = enter("signature_recipient"), enter("photo_documents")
    both = [paper.client_id, photo.client_id]
    coming = check(wc001, visit, both)
    assert (coming["missing"], coming["enough"], coming["ready"]) == ([], True, False)
    assert codes(coming["missing_held"]).count("evidence_not_held") == 2
    assert len(codes(coming["missing_held"])) > 2  # and what the law wants
    here = check(wc001, visit, [send("signature_recipient", signature(seed=3)), send("photo_documents")])
    assert (here["missing_held"], here["ready"]) == ([], True)


def test_refused_taken_back_and_unknown_items_do_not_pass_the_gate(
    wc001: Phone, visit: Visit, send: Callable[..., str], enter: Entered
) -> None:
    good = [send("signature_recipient", signature(seed=3)), send("photo_documents")]
    for bad, code in (
        (enter("photo_documents", state="refused", problem={"code": "x", "title": "y"}).client_id, "evidence_refused"),
        (enter("photo_documents", state="withdrawn", reason="删除").client_id, "evidence_withdrawn"),
        ("never-seen-before", "evidence_unknown"),
    ):
        found = check(wc001, visit, [good[0], bad])
        assert code in codes(found["missing"])
        assert len(found["missing"]) > 1  # the law's own wish is not met by it
        assert found["ready"] is False


def test_a_broken_photo_counts_neither_on_the_spot_nor_for_the_outcome(
    wc001: Phone, visit: Visit, send: Callable[..., str]
) -> None:
    paper, photo = send("signature_recipient", signature(seed=3)), send("photo_documents")
    EvidenceItem.objects(client_id=photo).update(set__analysis={"state": "broken"})
    found = check(wc001, visit, [paper, photo])
    assert found["items"][1] == {"client_id": photo, "state": "broken", "kind": "photo_documents"}
    assert "evidence_broken" in codes(found["missing_held"])
    outcome = {
        "client_id": new_id(),
        "code": "signed_recipient",
        "happened_at": make.now_text(),
        "signer": {"name": "当事人甲"},
        "evidence": [paper, photo],
    }
    refused = wc001.post(f"/api/phone/visits/{visit.id}/outcome", json=outcome)
    assert problem(refused) == (422, "outcome.evidence_missing")
    assert codes(refused.json["missing"]) == codes(found["missing_held"])
    again = send("photo_documents", small_photo(77))
    done = wc001.post(f"/api/phone/visits/{visit.id}/outcome", json={**outcome, "evidence": [paper, photo, again]})
    assert done.status_code == 201, done.get_data(as_text=True)
    kept = Visit.objects.get(id=visit.id).outcome.evidence
    assert kept == [EvidenceItem.objects.get(client_id=one).id for one in (paper, again)]


def test_the_gate_says_when_an_outcome_is_closed_or_a_visit_is_not_mine(
    wc001: Phone, visit: Visit, people: dict[str, Person]
) -> None:
    closed = check(wc001, visit, [], code="signed_organisation")
    assert closed["bar"]["code"] == "outcome.wrong_recipient"
    assert (closed["enough"], closed["ready"]) == (False, False)
    unknown = wc001.post(f"/api/phone/visits/{visit.id}/check", json={"code": "gone_fishing"})
    assert problem(unknown) == (422, "outcome.unknown")
    make.reassign(visit, people["wc002"])
    lost = wc001.post(f"/api/phone/visits/{visit.id}/check", json={"code": "nobody_home"})
    assert problem(lost) == (409, "visit.not_yours")
