"""Evidence bundles: whole, proven, masked, of every scope, found again when a worker died, and recorded."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from evidence.bundle import Report, Trust, verify
from evidence.stores import FileStore
from server.cases.models import Case
from server.config import Settings
from server.core import redis_client
from server.core.audit import checkpoints
from server.core.audit import verify as auditing
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.reports import bundle_stamps, bundles, sealing, services
from server.reports.bundle_models import EvidenceBundle
from server.reports.bundles import Workshop
from server.service.actor import Actor
from server.service.models import ServiceTask
from tests.factories import accepted, visits
from tests.factories.visits import COURT
from tests.integration.custody.handset import PHOTOS, Handset

ACTOR = Actor("p1", "送达专员")
PHONE, NUMBER = "19912345678", "110101199001011234"
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
def workshop(store: FileStore, settings: Settings) -> Workshop:
    return Workshop(store, bundle_stamps.from_settings(settings))


@pytest.fixture
def visit(store: FileStore) -> Visit:
    """Two sealed photos, one without a seal, one announced and not come."""
    server = accepted.server_of_process()
    door: Visit = visits.visit(server=server)
    visits.party_of(door, phone=PHONE, id_number=NUMBER)
    handset = Handset(server, door, store)
    for number in range(2):
        handset.bring(handset.shoot(number), number)
    handset.bring(handset.item("unsealed-0001", PHOTOS[2], None), 2)
    handset.announce(handset.shoot(3))
    return door


@pytest.fixture
def reported(visit: Visit, store: FileStore, settings: Settings) -> Visit:
    """The visit with its outcome accepted, a sealed report on it, and the case."""
    then = utc_now() - timedelta(minutes=5)
    outcome = {"code": "nobody_home", "happened_at": then, "received_at": then}
    review = {"state": "accepted", "round": 1, "at": then, "by_name": "审核员"}
    change = {"state": "ended", "outcome": outcome, "review": review, "papers_at": then}
    Visit._get_collection().update_one({"_id": visit.id}, {"$set": change})
    paper = services.make_paper(
        court=COURT, visit_id=visit.id, kind="report", basis="test", store=store, actor=ACTOR, now=utc_now()
    )
    provider = sealing.provider_from(settings)
    sealing.seal_paper(court=COURT, paper_id=paper.id, provider=provider, store=store, actor=ACTOR, now=utc_now())
    task = ServiceTask.objects(id=visit.task_id).get()
    Case(id=task.case_id, court=COURT, number=task.case_number, kind="民事", created_at=then, updated_at=then).save(
        force_insert=True
    )
    return visit


def made(workshop: Workshop, scope: str, object_id: str, **more: Any) -> EvidenceBundle:
    wish = bundles.ask(court=COURT, scope=scope, object_id=object_id, actor=ACTOR, now=utc_now(), **more)
    assert bundles.make(bundle_id=wish.id, workshop=workshop), wish.reload().problem
    return bundles.get(court=COURT, bundle_id=wish.id)


def saved(found: EvidenceBundle, store: FileStore, folder: Path) -> Path:
    path = folder / "bundle.zip"
    with store.open(found.store_key) as source:
        path.write_bytes(source.read())
    return path


def looked_at(found: EvidenceBundle, store: FileStore, folder: Path) -> Report:
    key = str(checkpoints.verifier(COURT))
    roots = [x509.load_der_x509_certificate(one) for one in sealing.own_roots()]
    return verify(saved(found, store, folder), Trust([key], roots))


def objects_of(visit: Visit) -> dict[str, str]:
    task = ServiceTask.objects(id=visit.task_id).get()
    paper = services.list_papers(court=COURT, visit_id=visit.id)[0]
    return {"visit": visit.id, "case": task.case_id, "day": visit.date, "report": paper.id}


def test_a_bundle_of_every_scope_verifies_against_the_courts_key_and_root(
    reported: Visit, workshop: Workshop, store: FileStore, tmp_path: Path
) -> None:
    for scope, object_id in objects_of(reported).items():
        found = made(workshop, scope, object_id, whole_day=scope == "day")
        report = looked_at(found, store, tmp_path)
        assert report.ok, report.document()
        assert report.counts == found.counts
        assert len(report.items) == 3
        assert len(report.documents) == (3 if scope == "case" else 2)
        assert report.stamp is not None
        assert (report.stamp.by, report.stamp.trusted) == ("court", True)
        assert "remark.court_stamp" in [one.code for one in report.remarks]
        assert [one.code for item in report.items for one in item.remarks] == ["remark.no_envelope"]
        assert found.files_done == found.files_total


def test_what_the_phones_reported_and_is_not_there_is_named(
    visit: Visit, workshop: Workshop, store: FileStore, tmp_path: Path
) -> None:
    with zipfile.ZipFile(saved(made(workshop, "visit", visit.id), store, tmp_path)) as package:
        said = json.loads(package.read("bundle.json"))
        page = package.read("index.html").decode()
    assert (said["ledger"]["total"], said["ledger"]["held"], said["ledger"]["announced"]) == (4, 3, 1)
    (absent,) = said["ledger"]["absent"]
    assert absent["state_text"] == "待上传"
    assert "登记材料共4件，法院收妥3件" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_no_full_number_and_no_full_address_stands_in_what_the_bundle_says(
    reported: Visit, workshop: Workshop, store: FileStore, tmp_path: Path
) -> None:
    with zipfile.ZipFile(saved(made(workshop, "case", objects_of(reported)["case"]), store, tmp_path)) as package:
        texts = b"".join(package.read(name) for name in ("bundle.json", "index.html", "case.json"))
    assert CLEAR.findall(texts) == []
    task = ServiceTask.objects(id=reported.task_id).get()
    assert task.recipients[0].address.open(court=COURT).encode() not in texts
    assert task.recipients[0].address.mask.encode() in texts


def test_a_cases_bundle_says_all_that_its_archive_says(
    reported: Visit, workshop: Workshop, store: FileStore, tmp_path: Path
) -> None:
    with zipfile.ZipFile(saved(made(workshop, "case", objects_of(reported)["case"]), store, tmp_path)) as package:
        names, facts = package.namelist(), json.loads(package.read("case.json"))
    assert facts["schema"] == "songda-archive/1"
    rows = [*facts["evidence"], *facts["papers"], *facts["exhibits"]]
    assert len(rows) == 4
    assert {one["file"] for one in rows} <= set(names)


def test_an_item_whose_log_row_is_missing_is_logged_before_it_leaves(
    visit: Visit, workshop: Workshop, store: FileStore, database: Any
) -> None:
    # As a death between the item and its row leaves it.
    database.evidence_items.update_many({}, {"$set": {"log": {"state": "waiting"}}})
    made(workshop, "visit", visit.id)
    assert {one.log["state"] for one in EvidenceItem.objects} == {"logged"}
    assert auditing.verify(COURT).ok


def test_every_bundle_is_in_the_audit_log_with_its_hash(visit: Visit, workshop: Workshop, database: Any) -> None:
    found = made(workshop, "visit", visit.id)
    row = database.audit_entries.find_one({"action": "bundle.made"})
    assert (row["object_id"], row["detail"]["sha256"]) == (found.id, found.sha256)


def test_a_manifest_altered_in_the_database_leaves_as_altered_and_says_so(
    visit: Visit, workshop: Workshop, store: FileStore, tmp_path: Path
) -> None:
    made(workshop, "visit", visit.id)
    item = EvidenceItem.objects.order_by("captured_at", "id").first()
    forged = bytes(item.manifest).replace(item.kind.encode(), b"photo_other")
    EvidenceItem.objects(id=item.id).update(set__manifest=forged, set__kind="photo_other")
    found = made(workshop, "visit", visit.id)
    assert found.counts["ALTERED"] == 1
    report = looked_at(found, store, tmp_path)
    (altered,) = [one for one in report.items if one.verdict == "ALTERED"]
    assert altered.id == item.id
    assert "entry.differs" in [one.code for one in altered.reasons]


def test_a_seal_nobody_can_vouch_for_leaves_as_unproven_not_as_altered(
    visit: Visit, workshop: Workshop, store: FileStore, tmp_path: Path, database: Any
) -> None:
    sealed = EvidenceItem.objects(envelope__exists=True).order_by("captured_at", "id")
    one, other = sealed
    database.evidence_items.update_one({"_id": one.id}, {"$set": {"envelope.device_id": "../unknown"}})
    database.evidence_items.update_one({"_id": other.id}, {"$set": {"envelope.signature": bytes(64)}})
    report = looked_at(made(workshop, "visit", visit.id), store, tmp_path)
    found = {item.id: (item.verdict, [why.code for why in item.reasons]) for item in report.items}
    assert found[one.id] == ("OK", [])  # the ticket the court signed names the key
    assert found[other.id] == ("UNPROVEN", ["envelope.unsigned"])
    database.capture_tickets.delete_many({})
    report = looked_at(made(workshop, "visit", visit.id), store, tmp_path)
    assert {item.verdict for item in report.items if item.id in (one.id, other.id)} == {"UNPROVEN"}


@pytest.mark.parametrize(("lost", "code"), [(False, "bundle.damaged"), (True, "bundle.file_lost")])
def test_a_stored_file_that_was_altered_or_lost_fails_the_bundle_by_name(
    visit: Visit, workshop: Workshop, store: FileStore, lost: bool, code: str
) -> None:
    item = EvidenceItem.objects.first()
    path = store.root / item.store_key
    path.chmod(0o600)
    path.write_bytes(b"b" * item.size)
    if lost:
        path.unlink()
    wish = bundles.ask(court=COURT, scope="visit", object_id=visit.id, actor=ACTOR, now=utc_now())
    assert not bundles.make(bundle_id=wish.id, workshop=workshop)
    assert (wish.reload().state, wish.problem["code"]) == ("failed", code)


def test_a_bundle_whose_worker_died_is_found_and_made_once(visit: Visit, workshop: Workshop) -> None:
    now = utc_now()
    wish = bundles.ask(court=COURT, scope="visit", object_id=visit.id, actor=ACTOR, now=now)
    assert bundles.packaging.claim(bundles.KIND, wish.id, lambda: now)
    assert not bundles.make(bundle_id=wish.id, workshop=workshop)
    later = now + bundles.LEASE + timedelta(seconds=1)
    assert bundles.left_behind(now=later) == [wish.id]
    then = Workshop(workshop.store, workshop.stamps, lambda: later)
    assert bundles.make(bundle_id=wish.id, workshop=then)
    assert not bundles.make(bundle_id=wish.id, workshop=then)


def test_what_is_not_in_the_court_is_not_found(reported: Visit) -> None:
    for scope in ("visit", "case", "report"):
        with pytest.raises(DomainError, match=r"not_found"):
            bundles.ask(court="京0199", scope=scope, object_id=objects_of(reported)[scope], actor=ACTOR, now=utc_now())


def test_the_courts_own_stamps_survive_the_verification_of_the_log(visit: Visit, workshop: Workshop) -> None:
    made(workshop, "visit", visit.id)
    report = auditing.verify(COURT)
    assert (report.ok, report.stamped) == (True, 1)
    assert checkpoints._collection().find_one()["stamped_by"] == "court"
    checkpoints._collection().update_one({}, {"$unset": {"stamped_by": ""}})
    assert not auditing.verify(COURT).ok  # nobody passes it off as a third party's


def test_an_empty_visit_makes_a_bundle_of_nothing(workshop: Workshop, store: FileStore, tmp_path: Path) -> None:
    door = visits.visit(server=accepted.server_of_process())
    report = looked_at(made(workshop, "visit", door.id), store, tmp_path)
    assert report.ok
    assert report.items == []
