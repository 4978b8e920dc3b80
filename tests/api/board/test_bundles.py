"""Evidence bundles over the board: asked for, made by a worker, fetched, verified; proofs of the log; who may."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from evidence.bundle import Trust, verify
from evidence.log import Verifier, leaf_hash, verify_consistency, verify_inclusion
from server.accounts.models import Person
from server.cases.models import Case
from server.core.audit import checkpoints
from server.core.clock import utc_now
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.reports import bundle_tasks
from server.service.models import ServiceTask
from tests.api.conftest import COURT, OTHER_COURT, Browser, Phone
from tests.factories import visits as make
from tests.factories.media import small_photo

SignIn = Callable[[str], Browser]


@pytest.fixture
def door(people: dict[str, Person]) -> Visit:
    return make.visit(server=people["wc001"])


@pytest.fixture
def photo(door: Visit, phone: Callable[[str], Phone]) -> EvidenceItem:
    data = small_photo(1)
    form = {**make.form(data), "file": (io.BytesIO(data), "a.jpg")}
    answer = phone("wc001").post(f"/api/phone/visits/{door.id}/evidence", data=form)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: EvidenceItem = EvidenceItem.objects.get()
    return found


@pytest.fixture
def office(sign_in: SignIn) -> Browser:
    return sign_in("specialist")


def made(app: Flask, office: Browser, scope: str, object_id: str) -> dict[str, Any]:
    asked = office.post("/api/board/bundles", json={"scope": scope, "id": object_id})
    assert asked.status_code == 202, asked.get_data(as_text=True)
    with app.app_context():
        bundle_tasks.make_bundle.run(asked.json["id"])
    answer = office.get(f"/api/board/bundles/{asked.json['id']}")
    assert answer.json["state"] == "done", answer.json
    found: dict[str, Any] = answer.json
    return found


def test_a_bundle_is_asked_for_made_fetched_and_verified(
    app: Flask, office: Browser, door: Visit, photo: EvidenceItem, tmp_path: Path, database: Any
) -> None:
    for scope, object_id in (("visit", door.id), ("day", door.date)):
        bundle = made(app, office, scope, object_id)
        answer = office.get(f"/api/board/bundles/{bundle['id']}/file")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/zip"
        path = tmp_path / f"{scope}.zip"
        path.write_bytes(answer.get_data())
        answer.close()
        key = office.get("/api/board/log/checkpoint").json["key"]
        report = verify(path, Trust([key]))
        assert report.ok, report.document()
        assert [one.id for one in report.items] == [photo.id]
        listed = office.get(f"/api/board/bundles?scope={scope}&id={object_id}")
        assert [one["id"] for one in listed.json["items"]] == [bundle["id"]]
    actions = [row["action"] for row in database.audit_entries.find().sort("seq", 1)]
    assert [actions.count(one) for one in ("bundle.make", "bundle.made", "bundle.download")] == [2, 2, 2]


def test_what_is_not_made_yet_cannot_be_fetched(office: Browser, door: Visit) -> None:
    asked = office.post("/api/board/bundles", json={"scope": "visit", "id": door.id}).json
    answer = office.get(f"/api/board/bundles/{asked['id']}/file")
    assert (answer.status_code, answer.json["code"]) == (409, "bundle.not_ready")


@pytest.mark.parametrize("who", ["judge", "clerk"])
def test_nobody_exports_without_the_right(sign_in: SignIn, door: Visit, who: str) -> None:
    browser = sign_in(who)
    assert browser.post("/api/board/bundles", json={"scope": "visit", "id": door.id}).status_code == 403
    assert browser.get("/api/board/log/checkpoint").status_code == 403


def test_another_courts_objects_are_not_there(office: Browser, people: dict[str, Person]) -> None:
    other = make.visit(server=people["other-wc001"], court=OTHER_COURT)
    task = ServiceTask.objects(id=other.task_id).get()
    now = utc_now()
    Case(id=task.case_id, court=OTHER_COURT, number="号", kind="民事", created_at=now, updated_at=now).save(
        force_insert=True
    )
    for scope, object_id in (("visit", other.id), ("case", task.case_id), ("report", "none")):
        answer = office.post("/api/board/bundles", json={"scope": scope, "id": object_id})
        assert (answer.status_code, answer.json["code"].endswith("not_found")) == (404, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"scope": "visit"}, 422),
        ({"scope": "year", "id": "2026"}, 422),
        ({"scope": "day", "id": "yesterday"}, 422),
        ({"scope": "day", "id": "2026-02-30"}, 422),
        ({"scope": "visit", "id": ""}, 422),
        ({"scope": "visit", "id": "x" * 65}, 422),
        ({"scope": "visit", "id": {"$ne": ""}}, 422),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(office: Browser, body: dict[str, Any], status: int) -> None:
    assert office.post("/api/board/bundles", json=body).status_code == status


def test_inclusion_and_consistency_are_proven_over_the_board(
    app: Flask, office: Browser, photo: EvidenceItem, database: Any
) -> None:
    early = office.get(f"/api/board/log/inclusion?evidence_id={photo.id}")
    assert (early.status_code, early.json["code"]) == (409, "log.no_checkpoint")
    checkpoints.make(now=utc_now(), tsa=None, courts=[COURT])
    found = office.get(f"/api/board/log/inclusion?evidence_id={photo.id}").json
    signed = Verifier.from_text(found["checkpoint"]["key"]).open(found["checkpoint"]["note"])
    hashes = [bytes.fromhex(one) for one in found["hashes"]]
    assert leaf_hash(found["entry"].encode()).hex() == found["leaf"]
    assert verify_inclusion(bytes.fromhex(found["leaf"]), found["index"], signed.size, hashes, signed.root)
    assert found["manifest"].encode() == bytes(photo.manifest)
    office.get(f"/api/board/evidence/{photo.id}/file?size=original").close()  # one row more
    office.post("/api/board/bundles", json={"scope": "visit", "id": "none"})
    checkpoints.make(now=utc_now(), tsa=None, courts=[COURT])
    newest = office.get("/api/board/log/checkpoint").json
    between = office.get(f"/api/board/log/consistency?old={signed.size}&new={newest['size']}").json
    roots = [bytes.fromhex(between[name]["root"]) for name in ("old", "new")]
    assert newest["size"] > signed.size
    assert verify_consistency(signed.size, newest["size"], *roots, [bytes.fromhex(one) for one in between["hashes"]])


def test_proofs_nobody_can_give_are_refused(office: Browser, photo: EvidenceItem) -> None:
    checkpoints.make(now=utc_now(), tsa=None, courts=[COURT])
    asked = {
        "inclusion?evidence_id=none": (404, "evidence.not_found"),
        "inclusion": (422, None),
        "consistency?old=5&new=2": (422, "log.bad_sizes"),
        "consistency?old=0&new=2": (422, None),
        "consistency?old=1000000&new=1000001": (409, "log.no_checkpoint"),
        "consistency?old=x&new=1": (422, None),
    }
    for path, (status, code) in asked.items():
        answer = office.get(f"/api/board/log/{path}")
        assert answer.status_code == status, path
        assert code is None or answer.json["code"] == code
