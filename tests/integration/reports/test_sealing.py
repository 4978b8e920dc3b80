"""A paper is sealed once, the unsealed file stays, and keys are made once and kept encrypted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.stores import FileStore
from server.accounts.models import Court
from server.config import Settings
from server.core import redis_client
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.papers.seal.check import State
from server.reports import sealing
from server.reports.models import Paper
from server.service.actor import Actor
from server.service.models import ServiceTask
from tests.emulators.tsa import Tsa
from tests.factories import visits as make
from tests.unit.papers import seals

ACTOR = Actor("p1", "盖章人")

pytestmark = pytest.mark.usefixtures("database", "clean_redis", "live_news")


@pytest.fixture
def live_news(redis_url: str) -> Iterator[None]:
    redis_client.connect(redis_url)
    yield
    redis_client.client().close()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


def paper(store: FileStore) -> Paper:
    Court(id=make.COURT, name=seals.NAME, level=4).save()
    door = make.visit()
    held = store.put(io.BytesIO(seals.proof_pdf()), max_bytes=10**7)
    return Paper(
        court=make.COURT, task_id=door.task_id, visit_id=door.id, subject=f"visit:{door.id}", kind="proof",
        number="HZ1", version=1, basis="test", store_key=held.key, sha256=held.sha256, size=held.size, pages=1,
        made_at=utc_now(), made_by="test",
    ).save(force_insert=True)  # fmt: skip


def seal(store: FileStore, one: Paper, settings: Settings) -> Paper:
    return sealing.seal_paper(
        court=make.COURT,
        paper_id=one.id,
        provider=sealing.provider_from(settings),
        store=store,
        actor=ACTOR,
        now=utc_now(),
    )


def read(store: FileStore, key: str) -> bytes:
    with store.open(key) as source:
        return source.read()


def test_a_sealed_paper_keeps_both_files_and_is_recognised(store: FileStore, settings: Settings):
    one = paper(store)
    done = seal(store, one, settings)
    assert read(store, done.store_key) == seals.proof_pdf()
    sealed = read(store, done.sealed_store_key)
    report, known = sealing.look_at(sealed, court=make.COURT, settings=settings, now=utc_now())
    assert (report.state, report.court_name) == (State.VALID, seals.NAME)
    assert known is not None
    assert known.id == one.id
    assert (done.sealed_by, done.seal_level) == ("盖章人", "PAdES B-LTA")
    steps = [step.what for step in ServiceTask.objects(id=one.task_id).get().steps]
    assert steps.count("paper.sealed") == 1
    with pytest.raises(DomainError) as refused:
        seal(store, one, settings)
    assert refused.value.code == "seal.already_sealed"


def test_keys_are_made_once_and_stored_encrypted(store: FileStore, settings: Settings):
    first, second = paper(store), paper(store)
    serials = {seal(store, one, settings).seal_serial for one in (first, second)}
    assert len(serials) == 1
    rows = list(sealing.SealKey._get_collection().find())
    assert sorted(row["purpose"] for row in rows) == ["root", "seal", "time_stamps"]
    assert all(row["key"].startswith("2.") for row in rows)


def test_after_revocation_old_seals_hold_and_new_ones_have_another_certificate(store: FileStore, settings: Settings):
    before, after = paper(store), paper(store)
    old = seal(store, before, settings)
    later = utc_now() + timedelta(minutes=1)
    assert sealing.revoke(court=make.COURT, reason="更换印章", by="管理员", now=later) == 1
    new = seal(store, after, settings)
    assert new.seal_serial != old.seal_serial
    for one in (old, new):
        report, _ = sealing.look_at(read(store, one.sealed_store_key), court=make.COURT, settings=settings, now=later)
        assert report.state is State.VALID


def test_an_outside_time_stamp_authority_is_used_when_it_is_set(store: FileStore, settings: Settings, tmp_path: Path):
    with Tsa() as tsa:
        roots = tmp_path / "tsa.pem"
        roots.write_bytes(tsa.root.public_bytes(Encoding.PEM))
        asked = type(settings)(**{name: getattr(settings, name) for name in settings.__slots__} | {
            "tsa_url": tsa.url, "tsa_certificates": roots,
        })  # fmt: skip
        done = seal(store, paper(store), asked)
        assert tsa.asked
    assert isinstance(tsa.root, x509.Certificate)
    report, _ = sealing.look_at(read(store, done.sealed_store_key), court=make.COURT, settings=asked, now=utc_now())
    assert report.state is State.VALID, report
    assert report.time_stamped_by == "Drill TSA"
