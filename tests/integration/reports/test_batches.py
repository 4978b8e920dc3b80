"""Batches: every row once, whoever dies; in order; stoppable; the whole thing survives its workers."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader

from evidence.stores import FileStore
from server.config import Settings
from server.core import redis_client
from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.papers.seal.check import State
from server.reports import batches, sealing
from server.reports.batch_models import PaperBatch
from server.reports.batches import Tools
from server.reports.models import Paper
from server.service.actor import Actor
from tests.factories import accepted
from tests.factories.visits import COURT

ACTOR = Actor("p1", "书记员")

pytestmark = pytest.mark.usefixtures("database", "clean_redis", "live_news")


@pytest.fixture
def live_news(redis_url: str) -> Iterator[None]:
    redis_client.connect(redis_url)
    yield
    redis_client.client().close()


@pytest.fixture
def tools(tmp_path: Path, settings: Settings) -> Tools:
    return Tools(FileStore(tmp_path / "store"), sealing.provider_from(settings))


@pytest.fixture
def visit_ids() -> list[str]:
    """Twelve visits: a full chunk and a bit."""
    server = accepted.server_of_process()
    return [accepted.visit(server, name=f"受送达人{number:02d}").id for number in range(12)]


def begin(visit_ids: list[str], *, seal: bool = False) -> PaperBatch:
    rows = batches.of_visits(court=COURT, kind="proof", visit_ids=visit_ids)
    return batches.start(court=COURT, kind="proof", rows=rows, wants_seal=seal, actor=ACTOR, now=utc_now())


def run(batch: PaperBatch, tools: Tools) -> PaperBatch:
    for number in range(len(batch.chunks)):
        batches.run_chunk(batch_id=batch.id, number=number, tools=tools)
    batches.finish(batch_id=batch.id, store=tools.store)
    return batches.get(court=COURT, batch_id=batch.id)


def read(tools: Tools, kept: dict) -> bytes:
    with tools.store.open(kept["store_key"]) as source:
        return source.read()


def test_a_batch_makes_one_pdf_in_order_and_a_zip_with_a_list(visit_ids: list[str], tools: Tools):
    batch = run(begin([*visit_ids, visit_ids[0]]), tools)
    assert (batch.state, batch.total, batch.done, batch.failed) == ("done", 12, 12, 0)
    pages = PdfReader(io.BytesIO(read(tools, batch.merged))).pages
    assert [f"受送达人{number:02d}" in page.extract_text() for number, page in enumerate(pages)] == [True] * 12
    with zipfile.ZipFile(io.BytesIO(read(tools, batch.zipped))) as package:
        names = package.namelist()
        lines = list(csv.reader(io.StringIO(package.read("清单.csv").decode("utf-8-sig"))))
        digests = [line[3] for line in lines[1:]]
        with pikepdf.open(io.BytesIO(package.read(names[3]))) as one:
            assert len(one.pages) == 1
    assert names[:2] == [line[2] for line in lines[1:3]]
    assert digests == [Paper.objects(id=row.paper_id).get().sha256 for row in batch.rows]


def test_a_bad_row_is_named_and_stops_nobody_else(visit_ids: list[str], tools: Tools):
    accepted.Visit.objects(id=visit_ids[4]).update(set__recipient_name="王\U000f0001")
    batch = run(begin(visit_ids), tools)
    assert (batch.state, batch.done, batch.failed) == ("done", 11, 1)
    assert batch.rows[4].state == "failed"
    assert batch.rows[4].problem["code"] == "papers.missing_glyph"
    assert batch.merged["pages"] == 11


def test_a_chunk_that_runs_twice_counts_once_and_makes_one_version(visit_ids: list[str], tools: Tools):
    batch = begin(visit_ids)
    batches.run_chunk(batch_id=batch.id, number=0, tools=tools)
    batches.run_chunk(batch_id=batch.id, number=0, tools=tools)
    batch = run(batch, tools)
    assert (batch.done, Paper.objects.count()) == (12, 12)
    assert not batches.finish(batch_id=batch.id, store=tools.store)


def test_a_chunk_whose_worker_died_is_found_and_taken_over(visit_ids: list[str], tools: Tools):
    batch, now = begin(visit_ids), utc_now()
    assert batches._claim(batch.id, 0, "dead", now)
    batches.run_chunk(batch_id=batch.id, number=1, tools=tools)
    assert batches.left_behind(now=now) == []
    assert not batches.run_chunk(batch_id=batch.id, number=0, tools=tools)
    later = now + batches.LEASE + timedelta(seconds=5)
    assert batches.left_behind(now=later) == [(batch.id, [0])]
    assert batches.run_chunk(batch_id=batch.id, number=0, tools=tools, clock=lambda: later)
    assert batches.left_behind(now=later + 2 * batches.LEASE) == [(batch.id, [])]
    assert run(batch, tools).done == 12


def test_a_stopped_batch_makes_nothing_more_and_keeps_what_was_made(visit_ids: list[str], tools: Tools):
    batch = begin(visit_ids)
    batches.run_chunk(batch_id=batch.id, number=1, tools=tools)
    batches.stop(court=COURT, batch_id=batch.id, now=utc_now())
    batch = run(batch, tools)
    assert (batch.state, batch.done, Paper.objects.count()) == ("stopped", 2, 2)
    assert {row.state for row in batch.rows[:10]} == {"stopped"}
    with pytest.raises(DomainError) as refused:
        batches.stop(court=COURT, batch_id=batch.id, now=utc_now())
    assert refused.value.code == "batch.ended"


def test_papers_of_a_day_are_those_that_are_missing(visit_ids: list[str], tools: Tools):
    run(begin(visit_ids[:5]), tools)
    day = court_day(utc_now()).isoformat()
    rows = batches.of_a_day(court=COURT, kind="proof", day=day, within={"court": COURT})
    assert sorted(row.visit_id for row in rows) == sorted(visit_ids[5:])


def test_a_batch_may_be_sealed(visit_ids: list[str], tools: Tools, settings: Settings):
    batch = run(begin(visit_ids[:2], seal=True), tools)
    with zipfile.ZipFile(io.BytesIO(read(tools, batch.zipped))) as package:
        pdf = package.read(package.namelist()[0])
    report, _ = sealing.look_at(pdf, court=COURT, settings=settings, now=utc_now())
    assert report.state is State.VALID


def test_a_batch_of_nothing_and_one_of_the_wrong_kind_are_refused(visit_ids: list[str]):
    for kind, ids, code in (("proof", ["unknown"], "batch.nothing"), ("notice", visit_ids, "batch.wrong_kind")):
        with pytest.raises(DomainError) as refused:
            begin_kind(kind, ids)
        assert refused.value.code == code


def begin_kind(kind: str, ids: list[str]) -> PaperBatch:
    rows = batches.of_visits(court=COURT, kind=kind, visit_ids=ids)
    return batches.start(court=COURT, kind=kind, rows=rows, actor=ACTOR, now=utc_now())
