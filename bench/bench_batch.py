"""`python -m bench batch`: 500 proofs in one batch on two worker processes; a sealed report; sealing and checking.

The batch runs as the workers run it (chunks claimed in MongoDB, every paper rendered, stored with fsync, recorded, told
in the timeline), without the queue between: two processes take the chunks in turn. Needs MONGODB_URI, or starts a
mongod of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pymongo.uri_parser import parse_uri

from bench.figures import Figure
from evidence.stores import FileStore
from server.config import Settings
from server.core import crypto, database, redis_client
from server.core.clock import utc_now
from server.core.crypto.mongo_keys import MongoKeys
from server.papers.render import render_proof, render_report
from server.papers.seal.check import State, verify
from server.reports import batches, sealing
from server.service.actor import Actor
from tests.factories import accepted
from tests.factories.visits import COURT
from tests.unit.papers import samples, seals
from tools.stack.mongo import Mongo
from tools.stack.ports import free_port

WORKERS = 2
AIM_PER_S, AIM_REPORT_MS = 40.0, 1000.0
NOBODY = "redis://127.0.0.1:9"  # live news is lossy: nobody listens here


def _tools(folder: str) -> batches.Tools:
    return batches.Tools(FileStore(Path(folder, "store")), sealing.provider_from(Settings()))


def _connect(uri: str) -> None:
    database.connect(uri)
    redis_client.connect(NOBODY)
    crypto.use(crypto.Vault.from_master(bytes(32), MongoKeys()))


def _worker(uri: str, folder: str, batch_id: str, numbers: list[int], go: object, told: object) -> None:
    """One worker process: warm, as a worker that has printed before; tells its memory in MiB before and after."""
    _connect(uri)
    render_proof(samples.proof(samples.BY_RECIPIENT))
    tools = _tools(folder)
    told.put(_mib())  # type: ignore[attr-defined]  # multiprocessing's queue has no class of its own
    go.wait()  # type: ignore[attr-defined]  # nor has its event
    half = len(numbers) // 2
    for turn, number in enumerate(numbers):
        batches.run_chunk(batch_id=batch_id, number=number, tools=tools)
        if turn == half:
            told.put(_mib())  # type: ignore[attr-defined]  # as above
    told.put(_mib())  # type: ignore[attr-defined]  # as above


def _mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(uri: str, folder: str, count: int) -> tuple[float, float, int]:
    """(papers a second until the last is made, seconds for merged PDF and zip, MiB grown in the second half)."""
    server = accepted.server_of_process()
    ids = [accepted.visit(server, name=f"受送达人{number:04d}").id for number in range(count)]
    rows = batches.of_visits(court=COURT, kind="proof", visit_ids=ids)
    batch = batches.start(court=COURT, kind="proof", rows=rows, actor=Actor("bench", "测量"), now=utc_now())
    spawn = multiprocessing.get_context("spawn")
    go, told = spawn.Event(), spawn.Queue()
    numbers = list(range(len(batch.chunks)))
    workers = [
        spawn.Process(target=_worker, args=(uri, folder, batch.id, numbers[one::WORKERS], go, told))
        for one in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        told.get(timeout=120)
    start = time.perf_counter()
    go.set()
    grown = [told.get(timeout=600) for _ in range(2 * WORKERS)]
    took = time.perf_counter() - start
    for worker in workers:
        worker.join(timeout=60)
    start = time.perf_counter()
    batches.finish(batch_id=batch.id, store=_tools(folder).store)
    end = time.perf_counter() - start
    found = batches.get(court=COURT, batch_id=batch.id)
    if (found.state, found.done, found.merged["pages"]) != ("done", count, count):
        raise SystemExit(f"the batch did not do its work: {found.state} {found.done} {found.failed}")
    return count / took, end, max(grown) - min(grown)


def in_a_database_of_its_own(count: int) -> tuple[float, float, int]:
    """`run` with a mongod started for it, unless MONGODB_URI names one with a database for it."""
    with tempfile.TemporaryDirectory() as folder:
        uri, mongo = os.environ.get("MONGODB_URI"), None
        if not uri:
            mongo = Mongo(Path(folder, "mongo"), port=free_port(), log_path=Path(folder, "mongod.log"))
            mongo.start()
            uri = mongo.uri_for("songda_bench")
        if not parse_uri(uri)["database"]:
            raise SystemExit("MONGODB_URI must name a database that may be filled")
        try:
            _connect(uri)
            database.ensure_indexes()
            return run(uri, folder, count)
        finally:
            database.disconnect()
            if mongo:
                mongo.stop()


def _times(work: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds."""
    work()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1000)
    return found


def _sealing(rounds: int) -> list[Figure]:
    now = datetime.now(UTC)
    made = seals.new(now)
    sealed = made.seal(seals.proof_pdf(), at=now)
    photos = samples.photos(12)
    data = samples.report(samples.attempt(0, photos=photos))
    pages = render_report(data).pages

    def check() -> None:
        if verify(sealed.pdf, trust=made.trust, now=datetime.now(UTC)).state is not State.VALID:
            raise SystemExit("the seal does not hold")

    return [
        Figure("seal on a proof", _times(lambda: made.seal(seals.proof_pdf(), at=now), rounds), "ms"),
        Figure("seal checked", _times(check, rounds), "ms"),
        Figure(
            f"report of {pages} pages, made and sealed",
            _times(lambda: made.seal(render_report(data).pdf, at=now), rounds),
            "ms",
            aim=AIM_REPORT_MS,
        ),
    ]


def figures(quick: bool) -> list[Figure]:
    """For `python -m bench`."""
    count, turns = (60, 1) if quick else (500, 3)
    runs = [in_a_database_of_its_own(count) for _ in range(turns)]
    return [
        Figure(f"batch of {count} proofs", [one[0] for one in runs], "per s", aim=AIM_PER_S, at_most=False),
        Figure(f"its merged PDF and zip ({count})", [one[1] for one in runs], "s"),
        Figure("worker grew in the second half of the batch", [float(one[2]) for one in runs], "MiB"),
        *_sealing(3 if quick else 15),
    ]
