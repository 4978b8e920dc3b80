"""The archive package: whole, checked, masked, the same for the same case, and small in memory."""

from __future__ import annotations

import hashlib
import io
import json
import re
import resource
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from evidence.stores import FileStore
from server.cases.models import Case
from server.config import Settings
from server.core import redis_client
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.reports import archive, sealing, services
from server.reports.archive_content import Content, Member
from server.reports.archive_models import CaseArchive
from server.service.actor import Actor
from server.service.models import ServiceTask
from tests.factories import accepted, visits
from tests.factories.visits import COURT

ACTOR = Actor("p1", "书记员")
PHONE, NUMBER = "19912345678", "110101199001011234"
# Anything that looks like a mobile number or an identity number, standing alone.
CLEAR = re.compile(rb"(?<![\dA-Za-z._-])(1[3-9]\d{9}|\d{17}[\dXx])(?![\dA-Za-z._-])")

pytestmark = pytest.mark.usefixtures("database", "clean_redis", "live_news")


@pytest.fixture
def live_news(redis_url: str) -> Iterator[None]:
    redis_client.connect(redis_url)
    yield
    redis_client.client().close()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


@pytest.fixture
def case(store: FileStore, settings: Settings) -> Case:
    """A case with one visit, a sealed proof, and a photo."""
    now = utc_now()
    door: Visit = accepted.visit(accepted.server_of_process())
    visits.party_of(door, phone=PHONE, id_number=NUMBER)
    task = ServiceTask.objects(id=door.task_id).get()
    held = store.put(io.BytesIO(b"a photo" * 1000), max_bytes=10**6)
    EvidenceItem(
        court=COURT, visit_id=door.id, task_id=task.id, client_id="c1", server_id=door.server_id, digest="0" * 64,
        kind="photo_door", sha256=held.sha256, size=held.size, media_type="video/mp4", store_key=held.key,
        captured_at=now, received_at=now,
    ).save(force_insert=True)  # fmt: skip
    paper = services.make_paper(
        court=COURT, visit_id=door.id, kind="proof", basis="test", store=store, actor=ACTOR, now=now
    )
    provider = sealing.provider_from(settings)
    sealing.seal_paper(court=COURT, paper_id=paper.id, provider=provider, store=store, actor=ACTOR, now=now)
    return Case(
        id=task.case_id, court=COURT, number=task.case_number, kind="民事", created_at=now, updated_at=now
    ).save(force_insert=True)


def made(case: Case, store: FileStore) -> CaseArchive:
    wish = archive.ask(court=COURT, case_id=case.id, actor=ACTOR, now=utc_now())
    assert archive.make(archive_id=wish.id, store=store)
    return archive.get(court=COURT, archive_id=wish.id)


def opened(found: CaseArchive, store: FileStore) -> zipfile.ZipFile:
    with store.open(found.store_key) as source:
        return zipfile.ZipFile(io.BytesIO(source.read()))


def test_a_package_holds_everything_with_its_hash(case: Case, store: FileStore):
    found = made(case, store)
    assert (found.state, found.files_done, found.number) == ("done", 3, 1)
    package = opened(found, store)
    sums = dict(reversed(line.split("  ", 1)) for line in package.read("SHA256SUMS").decode().splitlines())
    assert {*sums, "SHA256SUMS"} == set(package.namelist())
    assert {name: hashlib.sha256(package.read(name)).hexdigest() for name in sums} == sums
    manifest = json.loads(package.read("manifest.json"))
    assert manifest["case"]["number"] == case.number
    (paper,) = manifest["papers"]
    assert sums[paper["file"]] == paper["sha256"]
    assert sums[paper["sealed_file"]] == paper["sealed_sha256"]
    (photo,) = manifest["evidence"]
    assert package.read(photo["file"]) == b"a photo" * 1000
    (visit,) = manifest["visits"]
    assert visit["outcome"] == "nobody_home"
    assert {"paper.made", "paper.sealed"} <= {step["what"] for step in manifest["tasks"][0]["timeline"]}
    page = package.read("index.html").decode()
    assert all(text in page for text in ("送达档案", case.number, paper["file"], photo["sha256"]))
    assert "<script" not in page
    assert "http" not in page


def test_no_full_number_and_no_full_address_stands_in_what_the_package_says(case: Case, store: FileStore):
    package = opened(made(case, store), store)
    texts = package.read("manifest.json") + package.read("index.html")
    assert CLEAR.findall(texts) == []
    assert PHONE.encode() not in texts
    assert NUMBER.encode() not in texts
    recipient = json.loads(package.read("manifest.json"))["tasks"][0]["recipients"][0]
    task = ServiceTask.objects(case_id=case.id).get()
    address = task.recipients[0].address.open(court=COURT)
    assert recipient["address_mask"] != address
    assert address.encode() not in texts


def test_the_same_case_gives_the_same_bytes(case: Case, store: FileStore):
    first, second = made(case, store), made(case, store)
    assert first.sha256 == second.sha256
    assert (first.number, second.number) == (1, 2)


def test_a_stored_file_that_was_altered_or_lost_fails_the_package_by_name(case: Case, store: FileStore):
    item = EvidenceItem.objects.get()
    path = store.root / item.store_key
    path.chmod(0o600)
    path.write_bytes(b"b" * item.size)
    for code in ("archive.damaged", "archive.file_lost"):
        wish = archive.ask(court=COURT, case_id=case.id, actor=ACTOR, now=utc_now())
        assert not archive.make(archive_id=wish.id, store=store)
        found = archive.get(court=COURT, archive_id=wish.id)
        assert (found.state, found.problem["code"]) == ("failed", code)
        assert "evidence/001" in found.problem["title"]
        path.unlink(missing_ok=True)


def test_a_package_whose_worker_died_is_found_and_made_once(case: Case, store: FileStore):
    now = utc_now()
    wish = archive.ask(court=COURT, case_id=case.id, actor=ACTOR, now=now)
    assert archive._claim(wish.id, lambda: now)
    assert archive.left_behind(now=now) == []
    assert not archive.make(archive_id=wish.id, store=store)
    later = now + archive.LEASE + timedelta(seconds=1)
    assert archive.left_behind(now=later) == [wish.id]
    assert archive.make(archive_id=wish.id, store=store, clock=lambda: later)
    assert not archive.make(archive_id=wish.id, store=store, clock=lambda: later + archive.LEASE * 2)
    assert archive.left_behind(now=later + archive.LEASE * 2) == []


def test_memory_does_not_grow_with_the_files(store: FileStore, tmp_path: Path):
    body = bytes(range(256)) * 4096 * 32  # 32 MiB
    held = store.put(io.BytesIO(body), max_bytes=10**9)
    del body
    members = tuple(Member(f"evidence/{number:03d}.mp4", held.key, held.sha256, held.size) for number in range(8))
    manifest = {"court": {"name": "法院"}, "case": {"number": "号", "cause": "", "judge": ""}}
    lists = ("tasks", "attempts", "effects", "papers", "evidence", "exhibits")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = tmp_path / "a.zip"
    content = Content({**manifest, **{name: [] for name in lists}}, members)
    archive.write(content, path, store=store, moved=lambda _: None, filed=lambda: None)
    assert archive.check(path) == 10
    assert path.stat().st_size > 8 * held.size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024  # KiB; the files are 256 MiB


def test_a_package_that_was_touched_fails_its_check(case: Case, store: FileStore, tmp_path: Path):
    found = made(case, store)
    with store.open(found.store_key) as source:
        body = bytearray(source.read())
    body[body.index(b"a photo")] ^= 1
    path = tmp_path / "touched.zip"
    path.write_bytes(body)
    with pytest.raises((DomainError, zipfile.BadZipFile)):
        archive.check(path)
