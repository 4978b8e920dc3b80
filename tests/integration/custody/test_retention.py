"""Nothing goes before the court has it and its time has come; what goes leaves its trace; everything else stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from evidence.errors import EvidenceError
from evidence.stores import FileStore, Store
from server.config import Settings
from server.core import crypto
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.custody import cli, holdings, stores_tasks, timers
from server.custody.models.retention import ArchiveReceipt, Disposal
from server.custody.services import retention
from server.field.models import EvidenceItem
from server.reports import holdings as reports_holdings
from tests.integration.custody import stored
from tests.integration.custody.stored import CLERK, COURT, OTHER

pytestmark = pytest.mark.usefixtures("database")
DAY = timedelta(days=1)
TIMERS = timers.DEFAULTS


@pytest.fixture(autouse=True)
def ready(database: Any) -> None:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    reports_holdings.register_holdings()
    stored.courts()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "evidence")


@pytest.fixture
def now() -> datetime:
    return utc_now()


def may_go(now: datetime, court: str = COURT) -> set[str]:
    return {one.key for one in retention.due(court=court, timers=TIMERS, now=now)}


def remove(store: Store, now: datetime, court: str = COURT) -> retention.Removed:
    return retention.remove_due(court=court, timers=TIMERS, store=store, by_name="院长", reason="清册一号", now=now)


def test_without_a_receipt_originals_and_papers_stay_for_ever(store: FileStore, now: datetime) -> None:
    stored.item(store, b"photo", at=now - 9000 * DAY)
    stored.exhibit(store, b"exhibit")
    stored.paper(store, b"paper", b"sealed")
    stored.archive(store, b"photo", at=now - 9000 * DAY)
    assert may_go(now + 9000 * DAY) == set()


def test_what_the_archive_received_may_go_when_its_time_has_come_and_not_a_day_before(
    store: FileStore, now: datetime
) -> None:
    photo, late = stored.item(store, b"photo"), stored.item(store, b"came after the package was made")
    paper = stored.paper(store, b"paper", b"sealed")
    package = stored.receive(store, b"photo", b"paper", b"sealed", at=now)
    assert may_go(now + 364 * DAY) == set()
    assert may_go(now + 365 * DAY) == {package.store_key}
    assert may_go(now + 1094 * DAY) == {package.store_key}
    whole = {package.store_key, photo.store_key, paper.store_key, paper.sealed_store_key}
    assert may_go(now + 1095 * DAY) == whole
    assert late.store_key not in may_go(now + 9000 * DAY)


def test_refused_files_copies_and_batches_go_by_their_own_clocks(store: FileStore, now: datetime) -> None:
    photo = stored.item(store, b"photo", at=now)
    thumb = stored.copies(store, photo, "thumb")[0]
    kept = stored.refused(store, b"not a photo", at=now).kept_key
    batch = stored.batch(store, at=now)
    made = {batch.merged["store_key"], batch.zipped["store_key"]}
    assert may_go(now + 179 * DAY) == set()
    assert may_go(now + 180 * DAY) == made
    assert may_go(now + 365 * DAY) == made | {thumb}
    assert may_go(now + 1095 * DAY) == made | {thumb, kept}


def test_an_object_another_court_still_needs_stays(store: FileStore, now: datetime) -> None:
    mine, theirs = stored.item(store, b"same bytes"), stored.item(store, b"same bytes", court=OTHER)
    assert mine.store_key == theirs.store_key
    stored.receive(store, b"same bytes", at=now)
    later = now + 2000 * DAY
    assert mine.store_key not in may_go(later)
    stored.receive(store, b"same bytes", at=now, court=OTHER)
    assert mine.store_key in may_go(later)


@pytest.mark.parametrize("other", ["exhibit", "announced", "late"])
def test_an_object_somebody_else_names_or_is_sending_stays(store: FileStore, now: datetime, other: str) -> None:
    kept = stored.refused(store, b"the same bytes", at=now)
    assert kept.kept_key in may_go(now + 1095 * DAY)
    match other:
        case "exhibit":
            stored.exhibit(store, b"the same bytes", court=OTHER)
        case "announced":
            stored.announced(b"the same bytes", court=OTHER)
        case "late":
            stored.receive(store, b"the same bytes", at=now)
            stored.item(store, b"the same bytes", late={"why": "visit_closed", "state": "waiting"})
    assert kept.kept_key not in may_go(now + 1095 * DAY)


def test_the_list_is_exactly_what_a_removal_takes_and_each_leaves_a_row(
    store: FileStore, now: datetime, database: Any
) -> None:
    photo, other = stored.item(store, b"photo"), stored.item(store, b"not received")
    thumb = stored.copies(store, photo, "thumb")[0]
    package = stored.receive(store, b"photo", at=now)
    later = now + 1095 * DAY
    listed = may_go(later)
    assert listed == {photo.store_key, thumb, package.store_key}
    done = remove(store, later)
    assert (done.objects, done.locked) == (3, 0)
    assert not any(store.exists(key) for key in listed)
    assert store.exists(other.store_key)
    rows = list(database.audit_entries.find({"court": COURT, "action": "evidence.dispose"}))
    assert len(rows) == 3
    row = next(one for one in rows if one["object_id"] == photo.id and one["detail"]["class"] == "evidence")
    said = (row["detail"]["sha256"], row["detail"]["by_name"], row["detail"]["reason"])
    assert said == (photo.sha256, "院长", "清册一号")
    assert row["detail"]["receipt"] == ArchiveReceipt.objects.get().id
    found = EvidenceItem.objects(id=photo.id).get()
    assert (found.sha256, found.analysis["copies"]) == (photo.sha256, {})
    assert may_go(later) == set()
    assert remove(store, later).objects == 0


@pytest.mark.parametrize("at", ["announced", "removed", "told"])
def test_a_removal_killed_at_any_moment_ends_with_one_row_when_it_is_repeated(
    store: FileStore, now: datetime, database: Any, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    kept = stored.refused(store, b"refused", at=now - 1095 * DAY)

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if at == "announced":
            patched.setattr(FileStore, "remove", die)
        elif at == "removed":
            patched.setattr(retention, "append", die)
        else:
            appended = retention.append
            patched.setattr(retention, "append", lambda *a, **k: (appended(*a, **k), die()))
        with pytest.raises(Killed):
            remove(store, now)
    assert remove(store, now).objects == 1
    assert not store.exists(kept.kept_key)
    assert database.audit_entries.count_documents({"action": "evidence.dispose"}) == 1
    assert [one.state for one in Disposal.objects] == ["removed"]
    assert Disposal.objects.get().size == 7


def test_what_the_storage_locks_is_counted_and_stays(store: FileStore, now: datetime) -> None:
    class Locked(FileStore):
        def remove(self, key: str) -> bool:  # noqa: ARG002 - the power it does not have
            raise EvidenceError("evidence.locked", "证据文件受存储锁定保护，尚不能销毁")

    kept = stored.refused(store, b"refused", at=now - 1095 * DAY)
    done = remove(Locked(store.root), now)
    assert (done.objects, done.locked) == (0, 1)
    assert kept.kept_key in may_go(now)
    assert remove(store, now).objects == 1


def test_records_of_the_log_and_lists_are_never_removed_here() -> None:
    assert holdings.RECORDS not in TIMERS


# --- receipts


def record(store: Store, made: Any, now: datetime, **more: Any) -> ArchiveReceipt:
    said = {"reference": "档1", "received_by": "档案员", "received_at": now, "sha256": None}
    return retention.record_receipt(
        court=COURT, package=stored.package_of(made), store=store, actor=CLERK, now=now, **{**said, **more}
    )


def test_the_same_receipt_said_twice_is_one_and_another_is_refused(store: FileStore, now: datetime) -> None:
    made = stored.archive(store, b"photo", at=now - DAY)
    first = record(store, made, now, sha256=made.sha256.upper())
    assert record(store, made, now).id == first.id
    with pytest.raises(DomainError) as refused:
        record(store, made, now, reference="档2")
    assert (refused.value.code, refused.value.extra["reference"]) == ("receipt.exists", "档1")
    assert ArchiveReceipt.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"sha256": "0" * 64}, "receipt.mismatch"),
        ({"received_at": utc_now() + DAY}, "receipt.bad_time"),
        ({"received_at": utc_now() - 2 * DAY}, "receipt.bad_time"),
    ],
)
def test_a_receipt_that_cannot_be_right_is_refused(
    store: FileStore, now: datetime, more: dict[str, Any], code: str
) -> None:
    made = stored.archive(store, b"photo", at=now - DAY)
    with pytest.raises(DomainError) as refused:
        record(store, made, now, **more)
    assert refused.value.code == code
    assert ArchiveReceipt.objects.count() == 0


def test_a_receipt_for_a_package_that_is_damaged_here_is_refused(store: FileStore, now: datetime) -> None:
    made = stored.archive(store, b"photo", at=now - DAY)
    (store.root / made.store_key).chmod(0o600)
    (store.root / made.store_key).write_bytes(b"no zip")
    with pytest.raises(DomainError) as refused:
        record(store, made, now)
    assert refused.value.code == "receipt.package_damaged"


# --- settings and commands


def test_a_court_may_keep_longer_and_nobody_shorter_than_the_law_needs() -> None:
    assert timers.from_setting("evidence=1825, copies=90")["evidence"].days == 1825
    for text in ("evidence=729", "refused=183", "evidence=", "papers=x", "records=1", "evidence=99999"):
        with pytest.raises(timers.TimersRefused):
            timers.from_setting(text)


@pytest.fixture
def run(settings: Settings, store: FileStore) -> Callable[..., Any]:
    app = Flask("evidence")
    app.extensions["settings"], app.extensions["evidence_store"] = settings, store
    cli.init_app(app)
    return lambda *arguments: app.test_cli_runner().invoke(args=["evidence", *arguments])


def test_the_commands_list_without_removing_and_remove_on_somebodys_word(
    store: FileStore, now: datetime, run: Callable[..., Any]
) -> None:
    kept = stored.refused(store, b"refused", at=now - 1200 * DAY)
    found = run("due", "--all")
    assert found.exit_code == 0, found.output
    assert f"{COURT}　未采用的材料　{kept.id}" in found.stdout
    assert f"{OTHER}：可销毁 0 个文件" in found.stdout
    assert "申请执行的期间为二年" in found.stderr
    assert store.exists(kept.kept_key)
    assert run("dispose", "--court", COURT, "--by", "院长", "--reason", "清册").exit_code != 0  # nobody said yes
    assert store.exists(kept.kept_key)
    found = run("dispose", "--court", COURT, "--by", "院长", "--reason", "清册", "--yes")
    assert (found.exit_code, "已销毁 1 个文件" in found.output) == (0, True), found.output
    assert not store.exists(kept.kept_key)


def test_the_nightly_list_removes_nothing_and_tells_the_log(
    store: FileStore, now: datetime, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    kept = stored.refused(store, b"refused", at=now - 1200 * DAY)
    app = Flask("evidence")
    app.extensions["retention"] = timers.from_setting(settings.retention)
    with app.app_context(), caplog.at_level(logging.INFO):
        stores_tasks.list_due.run()
    assert [one.getMessage() for one in caplog.records if "retention" in one.getMessage()] == [
        f"retention: {COURT} may remove {{'refused': 1}}"
    ]
    assert store.exists(kept.kept_key)
