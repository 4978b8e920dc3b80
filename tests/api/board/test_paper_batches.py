"""Papers over the board: a batch, its files, a seal, a check of the file, and the package of the case."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from flask import Flask
from pypdf import PdfReader

from server.accounts.models import Person
from server.cases.models import Case
from server.core.clock import utc_now
from server.reports import archive_tasks, batch_tasks
from server.reports.models import Paper
from server.service.models import ServiceTask
from tests.api.conftest import COURT, Browser
from tests.factories import accepted

SignIn = Callable[[str], Browser]


def prepared(people: dict[str, Person], count: int = 3) -> tuple[list[str], Case]:
    """Accepted visits; the case of the first, its judge and clerk ours."""
    doors = [accepted.visit(people["wc001"], name=f"受送达人{number}") for number in range(count)]
    officers = {"set__judge_id": people["judge"].id, "set__clerk_id": people["clerk"].id}
    for door in doors:
        ServiceTask.objects(id=door.task_id).update(**officers)
    task, now = ServiceTask.objects(id=doors[0].task_id).get(), utc_now()
    official = {"name": "某书记员", "person_id": people["clerk"].id}
    case = Case(
        id=task.case_id,
        court=COURT,
        number=task.case_number,
        kind="民事",
        clerk=official,
        created_at=now,
        updated_at=now,
    ).save(force_insert=True)
    return [door.id for door in doors], case


def work(app: Flask, batch_id: str) -> None:
    """What the workers would do."""
    with app.app_context():
        batch_tasks.run_chunk.run(batch_id, 0)
        batch_tasks.finish_batch.run(batch_id)


def pdf_of(browser: Browser, path: str) -> bytes:
    answer = browser.get(path)
    body = answer.get_data()
    answer.close()
    assert answer.status_code == 200, body
    return body


def check(browser: Browser, pdf: bytes) -> dict[str, Any]:
    answer = browser.post(
        "/api/board/papers/verify", data={"file": (io.BytesIO(pdf), "a.pdf")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def test_from_a_batch_to_the_package_of_the_case(app: Flask, people: dict[str, Person], sign_in: SignIn):
    ids, case = prepared(people)
    specialist, officer = sign_in("specialist"), sign_in("admin")

    asked = specialist.post("/api/board/paper-batches", json={"kind": "proof", "visit_ids": ids})
    assert asked.status_code == 202, asked.get_data(as_text=True)
    batch_id = asked.json["id"]
    assert specialist.get(f"/api/board/paper-batches/{batch_id}/file").json["code"] == "batch.no_file"
    work(app, batch_id)
    batch = specialist.get(f"/api/board/paper-batches/{batch_id}").json
    assert (batch["state"], batch["done"], batch["failed"], batch["pages"]) == ("done", 3, 0, 3)
    assert [row["visit_id"] for row in batch["rows"]] == ids
    assert specialist.get("/api/board/paper-batches").json["total"] == 1
    merged = pdf_of(specialist, f"/api/board/paper-batches/{batch_id}/file")
    assert len(PdfReader(io.BytesIO(merged)).pages) == 3
    zipped = pdf_of(specialist, f"/api/board/paper-batches/{batch_id}/file?as=zip")
    assert len(zipfile.ZipFile(io.BytesIO(zipped)).namelist()) == 4
    assert specialist.post(f"/api/board/paper-batches/{batch_id}/stop", json={}).json["code"] == "batch.ended"
    # The day has no visit left without its paper.
    day = ServiceTask.objects(id=Paper.objects.first().task_id).get().created_at
    again = specialist.post("/api/board/paper-batches", json={"kind": "proof", "day": day.date().isoformat()})
    assert again.json["code"] == "batch.nothing"

    paper_id = batch["rows"][0]["paper_id"]
    assert specialist.get(f"/api/board/papers/{paper_id}/sealed").json["code"] == "seal.unsealed"
    sealed = officer.post(f"/api/board/papers/{paper_id}/seal", json={})
    assert sealed.status_code == 200, sealed.get_data(as_text=True)
    assert sealed.json["seal_level"] == "PAdES B-LTA"
    assert officer.post(f"/api/board/papers/{paper_id}/seal", json={}).json["code"] == "seal.already_sealed"
    pdf = pdf_of(officer, f"/api/board/papers/{paper_id}/sealed")
    report = check(officer, pdf)
    assert (report["state"], report["known"]["id"]) == ("valid", paper_id)
    assert check(officer, pdf + b" ")["changes"] == ["盖章后在文件末尾追加了1字节"]
    assert officer.post(
        "/api/board/papers/verify", data={"file": (io.BytesIO(b"no"), "a.pdf")}, content_type="multipart/form-data"
    ).json["code"] == "seal.not_a_pdf"  # fmt: skip

    wished = specialist.post(f"/api/board/cases/{case.id}/archive", json={})
    assert wished.status_code == 202, wished.get_data(as_text=True)
    archive_id = wished.json["id"]
    assert specialist.get(f"/api/board/archives/{archive_id}/file").json["code"] == "archive.not_ready"
    with app.app_context():
        archive_tasks.make_archive.run(archive_id)
    found = specialist.get(f"/api/board/archives/{archive_id}").json
    assert (found["state"], found["files_done"]) == ("done", 2)
    package = zipfile.ZipFile(io.BytesIO(pdf_of(specialist, f"/api/board/archives/{archive_id}/file")))
    manifest = json.loads(package.read("manifest.json"))
    assert package.read(manifest["papers"][0]["sealed_file"]) == pdf
    assert specialist.get(f"/api/board/cases/{case.id}/archive").json["total"] == 1


def test_who_may_not(people: dict[str, Person], sign_in: SignIn):
    ids, case = prepared(people, 1)
    specialist, elsewhere = sign_in("specialist"), sign_in("other-specialist")
    wish = {"kind": "proof", "visit_ids": ids}
    assert elsewhere.post("/api/board/paper-batches", json=wish).json["code"] == "batch.not_within"
    assert specialist.post("/api/board/paper-batches", json={**wish, "seal": True}).status_code == 403
    assert specialist.post("/api/board/paper-batches", json={**wish, "day": "2026-11-24"}).status_code == 422
    assert elsewhere.post(f"/api/board/cases/{case.id}/archive", json={}).status_code == 404
