"""`flask evidence export`: a bundle made at once and written whole, or a refusal in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from evidence.bundle import verify
from evidence.stores import FileStore
from server.cases.models import Case
from server.config import Settings
from server.core import redis_client
from server.core.clock import utc_now
from server.dispatch.models import Visit
from server.reports import bundle_stamps, bundles_cli
from server.service.models import ServiceTask
from tests.factories import accepted, visits
from tests.integration.custody.handset import Handset

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


@pytest.fixture
def app(store: FileStore, settings: Settings, redis_url: str) -> Flask:
    redis_client.connect(redis_url)
    app = Flask("export")
    app.extensions |= {
        "settings": settings,
        "evidence_store": store,
        "time_stamps": bundle_stamps.from_settings(settings),
    }
    bundles_cli.init_app(app)
    return app


@pytest.fixture
def visit(store: FileStore) -> Visit:
    server = accepted.server_of_process()
    door: Visit = visits.visit(server=server)
    task = ServiceTask.objects(id=door.task_id).get()
    now = utc_now()
    Case(
        id=task.case_id, court=visits.COURT, number=task.case_number, kind="民事", created_at=now, updated_at=now
    ).save(force_insert=True)
    handset = Handset(server, door, store)
    handset.bring(handset.shoot(0), 0)
    return door


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["evidence", "export", *arguments])


def test_day_visit_and_case_are_exported_and_verify(app: Flask, visit: Visit, tmp_path: Path, database: Any) -> None:
    for name, value in (("--day", visit.date), ("--visit", visit.id), ("--case", visit.case_number)):
        out = tmp_path / "made" / f"{name}.zip"
        done = run(app, name, value, "--out", str(out))
        assert done.exit_code == 0, done.output
        report = verify(out)
        assert report.ok, report.document()
        assert len(report.items) == 1
        assert "SHA-256 " in done.output
    assert database.audit_entries.count_documents({"action": "bundle.made"}) == 3
    assert [one.name for one in (tmp_path / "made").iterdir() if one.suffix != ".zip"] == []


def test_what_cannot_be_exported_is_told(app: Flask, visit: Visit, store: FileStore, tmp_path: Path) -> None:
    out = str(tmp_path / "a.zip")
    assert run(app, "--out", out).exit_code == 2
    assert run(app, "--day", "2026-11-24", "--visit", "x", "--out", out).exit_code == 2
    assert run(app, "--day", "yesterday", "--out", out).exit_code == 2
    refused = run(app, "--visit", "none", "--out", out)
    assert (refused.exit_code, "visit.not_found" in refused.output) == (1, True)
    assert "case.not_found" in run(app, "--case", "（2026）无此案号", "--out", out).output
    for path in (store.root / "sha256").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"other")
    damaged = run(app, "--visit", visit.id, "--out", out)
    assert (damaged.exit_code, "bundle.damaged" in damaged.output) == (1, True)
    assert not Path(out).exists()


def test_with_several_courts_one_must_be_named(app: Flask, visit: Visit, tmp_path: Path) -> None:
    visits.visit(court="京0105")
    refused = run(app, "--day", visit.date, "--out", str(tmp_path / "a.zip"))
    assert (refused.exit_code, "--court" in refused.output) == (2, True)
    done = run(app, "--day", visit.date, "--court", visits.COURT, "--out", str(tmp_path / "a.zip"))
    assert done.exit_code == 0, done.output
