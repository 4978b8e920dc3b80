"""The receipt of the court's archive, as the board takes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from evidence.stores import key_of
from server.accounts.models import Person
from server.core.clock import utc_now
from server.reports import archive_tasks
from tests.api.board.test_paper_batches import prepared
from tests.api.conftest import Browser


def test_a_package_is_received_once_and_only_when_it_is_made(
    app: Flask, people: dict[str, Person], sign_in: Callable[[str], Browser], database: Any
) -> None:
    _, case = prepared(people, 1)
    specialist, elsewhere = sign_in("specialist"), sign_in("other-specialist")
    archive_id = specialist.post(f"/api/board/cases/{case.id}/archive", json={}).json["id"]
    path = f"/api/board/archives/{archive_id}/receipt"
    said = {"reference": "档2026-0001", "received_by": "档案员甲", "received_at": utc_now().isoformat()}
    assert specialist.post(path, json=said).json["code"] == "archive.not_ready"
    with app.app_context():
        archive_tasks.make_archive.run(archive_id)
    said["received_at"] = utc_now().isoformat()
    sha256 = specialist.get(f"/api/board/archives/{archive_id}").json["sha256"]
    assert elsewhere.post(path, json=said).status_code == 404
    assert specialist.post(path, json=said | {"sha256": "0" * 64}).json["code"] == "receipt.mismatch"
    early = (utc_now() - timedelta(days=1)).isoformat()
    assert specialist.post(path, json=said | {"received_at": early}).json["code"] == "receipt.bad_time"
    assert specialist.post(path, json=said | {"received_at": "2026-11-24T10:00:00"}).status_code == 422
    for _ in range(2):
        found = specialist.post(path, json=said | {"sha256": sha256})
        assert (found.status_code, found.json["reference"]) == (200, "档2026-0001"), found.json
        assert found.json["files"] >= 3
    other = specialist.post(path, json=said | {"reference": "档2026-0002"})
    assert (other.status_code, other.json["code"], other.json["reference"]) == (409, "receipt.exists", "档2026-0001")
    rows = list(database.audit_entries.find({"action": "archive.receipt", "result": "done"}))
    assert [row["detail"]["reference"] for row in rows] == ["档2026-0001"] * 2


def test_a_package_whose_time_was_over_is_not_there_and_no_fault_of_the_program(
    app: Flask, people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    _, case = prepared(people, 1)
    specialist = sign_in("specialist")
    archive_id = specialist.post(f"/api/board/cases/{case.id}/archive", json={}).json["id"]
    with app.app_context():
        archive_tasks.make_archive.run(archive_id)
    sha256 = specialist.get(f"/api/board/archives/{archive_id}").json["sha256"]
    assert app.extensions["evidence_store"].remove(key_of(sha256))
    gone = specialist.get(f"/api/board/archives/{archive_id}/file")
    assert (gone.status_code, gone.json["code"]) == (404, "evidence.not_found")
