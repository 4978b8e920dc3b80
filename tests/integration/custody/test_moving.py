"""Evidence goes from one store to another whole, once, while the court works; what is not sound is named."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import server.app  # noqa: F401  # imports every model
from evidence.errors import EvidenceError
from evidence.stores import FileStore, MovingStore, Store, place_of, store_from_url
from server.config import Settings
from server.core import crypto, database
from server.core.clock import utc_now
from server.custody import cli, holdings
from server.custody.services import moving
from server.custody.timers import DEFAULTS
from server.reports import holdings as reports_holdings
from tests.integration.custody import stored
from tests.integration.custody.stored import COURT, OTHER

pytestmark = pytest.mark.usefixtures("database")
DICT = re.compile(r"^    (\w+) = DictField\(\)  # (.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def ready(database: Any) -> None:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    reports_holdings.register_holdings()
    stored.courts()


@pytest.fixture
def old(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "new")


def moved(old: Store, new: Store, court: str | None = None) -> moving.Moved:
    return moving.move(source=old, target=new, place="file:///new", court=court, clock=utc_now)


def everything(store: Store) -> list[str]:
    """One of everything that names objects; their keys."""
    photo = stored.item(store, b"a photo")
    keys = [photo.store_key, *stored.copies(store, photo, "thumb", "display")]
    keys.append(stored.refused(store, b"refused", at=utc_now()).kept_key)
    keys.append(stored.exhibit(store, b"exhibit").store_key)
    paper = stored.paper(store, b"paper", b"sealed paper")
    keys += [paper.store_key, paper.sealed_store_key]
    batch = stored.batch(store, at=utc_now())
    keys += [batch.merged["store_key"], batch.zipped["store_key"]]
    keys.append(stored.archive(store, b"a photo").store_key)
    return keys


def test_everything_the_court_names_is_at_the_new_place_with_its_hash(old: FileStore, new: FileStore) -> None:
    keys = everything(old)
    done = moved(old, new)
    assert (done.verified, done.copied, done.problems) == (len(keys), len(keys), [])
    assert all(new.exists(key) and old.exists(key) for key in keys)


def test_every_field_of_every_model_that_names_an_object_is_moved() -> None:
    """A store key in a model that nobody registered would stay behind."""
    reached = {(one.name, path) for one in holdings.known() for path in one.keys}
    assert set(_named_in_models()) - reached == set()


def _named_in_models() -> Iterator[tuple[str, str]]:
    """Fields called so, and those inside a DictField, whose shape stands in the comment on its line."""
    for model in database.models():
        if not model.__module__.startswith("server."):
            continue
        name = model._get_collection_name()
        yield from ((name, field) for field in model._fields if field.endswith(("store_key", "kept_key")))
        for field, shape in DICT.findall(inspect.getsource(model)):
            yield from ((name, f"{field}.store_key") for _ in range("store_key" in shape))


def test_a_move_stopped_by_a_store_that_is_away_goes_on_where_it_was(old: FileStore, tmp_path: Path) -> None:
    class Failing(FileStore):
        left = 2

        def put(self, *args: Any, **more: Any) -> Any:
            if self.left == 0:
                raise EvidenceError("evidence.store_unavailable", "证据存储暂不可用")
            self.left -= 1
            return super().put(*args, **more)

    for number in range(5):
        stored.item(old, f"photo {number}".encode())
    new = Failing(tmp_path / "new")
    with pytest.raises(EvidenceError):
        moved(old, new)
    new.left = 100
    again = moved(old, new)
    assert (again.before, again.copied, again.verified) == (2, 3, 3)
    assert moved(old, new).before == 5


def test_more_than_a_page_of_objects_is_moved_and_cleared(
    old: FileStore, new: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_TOGETHER", 3)
    keys = [stored.refused(old, f"photo {number}".encode(), at=utc_now()).kept_key for number in range(7)]
    assert moved(old, new).verified == 7
    cleared = moving.clear(
        old=old, store=new, place="file:///new", court=COURT, timers=dict(DEFAULTS), progress=lambda: None
    )
    assert (cleared.removed, cleared.kept) == (7, {})
    assert [(old.exists(key), new.exists(key)) for key in keys] == [(False, True)] * 7


def test_what_was_altered_or_lost_at_the_old_place_is_named_and_not_carried_over(
    old: FileStore, new: FileStore
) -> None:
    good, altered, lost = (stored.item(old, data) for data in (b"good", b"to be altered", b"to be lost"))
    (old.root / altered.store_key).chmod(0o600)
    (old.root / altered.store_key).write_bytes(b"TO BE ALTERED")
    (old.root / lost.store_key).unlink()
    done = moved(old, new)
    assert {(what, one.key) for what, one in done.problems} == {
        ("altered", altered.store_key),
        ("missing", lost.store_key),
    }
    assert [new.exists(one.store_key) for one in (good, altered, lost)] == [True, False, False]


def test_an_object_damaged_at_the_new_place_is_found_by_reading_it_back(old: FileStore, new: FileStore) -> None:
    one = stored.item(old, b"whole")
    moved(old, new)
    (new.root / one.store_key).chmod(0o600)
    (new.root / one.store_key).write_bytes(b"WHOLE")
    database.database().moved_objects.delete_many({})
    assert [what for what, _ in moved(old, new).problems] == ["unsound"]


def test_one_court_moves_and_the_others_stay(old: FileStore, new: FileStore) -> None:
    mine, theirs = stored.item(old, b"mine"), stored.item(old, b"theirs", court=OTHER)
    assert moved(old, new, COURT).verified == 1
    assert (new.exists(mine.store_key), new.exists(theirs.store_key)) == (True, False)


def test_a_court_works_on_while_it_moves(old: FileStore, new: FileStore) -> None:
    before = stored.item(old, b"before the move")
    both = MovingStore(new, [old])
    during = stored.item(both, b"during the move")
    assert (old.exists(during.store_key), new.exists(during.store_key)) == (False, True)
    for one, data in ((before, b"before the move"), (during, b"during the move")):
        with both.open(one.store_key) as stream:
            assert stream.read() == data
    done = moving.move(source=moving.sources(both), target=new, place="file:///new", court=None, clock=utc_now)
    assert (done.problems, done.copied, done.verified) == ([], 1, 2)


# --- the commands


@pytest.fixture
def run(settings: Settings, tmp_path: Path) -> Callable[..., Any]:
    app = Flask("evidence")
    cli.init_app(app)

    def invoke(*arguments: str, store: str, **more: Any) -> Any:
        app.extensions["settings"] = replace(settings, evidence_store=store)
        app.extensions["evidence_store"] = store_from_url(store)
        return app.test_cli_runner().invoke(args=["evidence", *arguments], **more)

    return invoke


def urls(*stores: FileStore) -> str:
    return " ".join(one.root.as_uri() for one in stores)


def test_the_old_place_is_cleared_only_of_what_the_archive_has_received(
    old: FileStore, new: FileStore, run: Callable[..., Any]
) -> None:
    received, waiting = stored.item(old, b"received"), stored.item(old, b"still waiting")
    spare = stored.copies(old, received, "thumb")[0]
    stored.receive(old, b"received", at=utc_now())
    found = run("move", "--to", urls(new), store=urls(new, old))
    assert (found.exit_code, "有问题 0" in found.output) == (0, True), found.output
    assert all(old.exists(key) for key in (received.store_key, waiting.store_key, spare))
    refused = run("clear", "--from", urls(old), "--to", urls(new), "--yes", store=urls(old))
    assert refused.exit_code == 1
    assert old.exists(received.store_key)
    found = run("clear", "--from", urls(old), "--to", urls(new), "--yes", store=urls(new))
    assert found.exit_code == 0, found.output
    assert "保留 1 个：尚未登记归档回执" in found.output
    assert [old.exists(key) for key in (received.store_key, waiting.store_key, spare)] == [False, True, False]
    assert all(new.exists(key) for key in (received.store_key, waiting.store_key, spare))
    actions = {row["action"] for row in database.database().audit_entries.find({"court": COURT})}
    assert {"evidence.move", "evidence.clear"} <= actions


def test_the_old_place_keeps_what_the_new_one_has_lost(old: FileStore, new: FileStore, run: Callable[..., Any]) -> None:
    one = stored.item(old, b"received")
    stored.receive(old, b"received", at=utc_now())
    run("move", "--to", urls(new), store=urls(new, old))
    (new.root / one.store_key).unlink()
    found = run("clear", "--from", urls(old), "--to", urls(new), "--yes", store=urls(new))
    assert "在新存储中未能核对一致" in found.output
    assert old.exists(one.store_key)


def test_a_move_with_problems_ends_with_exit_1_and_names_them(
    old: FileStore, new: FileStore, run: Callable[..., Any]
) -> None:
    lost = stored.item(old, b"lost")
    (old.root / lost.store_key).unlink()
    found = run("move", "--to", urls(new), "--court", COURT, store=urls(old))
    assert found.exit_code == 1
    assert f"证据材料 {lost.id}" in found.output
    assert "原存储中没有这个文件" in found.output


def test_a_place_is_the_same_however_it_is_written() -> None:
    assert place_of("file:///srv/new/") == place_of("file:///srv/new")
