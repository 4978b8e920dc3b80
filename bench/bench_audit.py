"""The audit log: appends by sixteen writers at once, and `flask audit verify` of a million entries.

A mongod of its own on this machine's disk, as `make run` starts it. The writers are processes of several threads, as
web processes are, all appending to one court; afterwards the chain is verified: no fork, nothing lost. The long log is
written through the same code in batches (not what is measured), then verified in a process of its own, whose memory is
read after two seconds and at the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from bench.figures import Figure
from server.core import crypto, database
from server.core.audit import checkpoints
from server.core.audit.chain import append
from server.core.audit.models import ChainEntry, ChainHead
from server.core.audit.rows import Row
from server.core.audit.verify import verify
from server.core.crypto.mongo_keys import MongoKeys
from tools.stack.mongo import Mongo
from tools.stack.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
COURT, LONG_COURT = "京0102", "京0105"
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PROCESSES, THREADS = 4, 4
SECONDS, QUICK_SECONDS = 15.0, 3.0
ENTRIES, QUICK_ENTRIES = 1_000_000, 50_000
BATCH = 1_000
AIM_VERIFY_S = 60.0
ALLOWED_GROWTH_MB = 8.0


def row(n: int, court: str) -> Row:
    """As a request of a manager leaves it."""
    return Row(
        court=court,
        at=START + timedelta(milliseconds=37 * n),
        action="visit.assign",
        person_id=f"01hpersonperson{n % 60:011d}",
        person_name="李示例",
        person_court=court,
        roles=("manager",),
        session_id="0123456789ab",
        kind="web",
        object_type="visit",
        object_id=f"01hvisitvisitvi{n % 9973:011d}",
        remote="203.0.113.7",
        request_id=f"{n:026d}",
        subjects=(f"{n % 7919:032x}",) if n % 4 == 0 else (),
        before={"server": "王示例", "state": "planned"},
        after={"server": "赵示例", "state": "assigned"},
        detail={"reason": "改派：原送达员请假"},
    )


def open_log(uri: str) -> None:
    """Connects this process."""
    database.connect(uri)
    crypto.use(crypto.Vault.from_master(bytes(range(32)), MongoKeys()))


def write(uri: str, seconds: float, threads: int = THREADS) -> None:
    """A process of `threads` writers: prints READY, waits for a line, appends, prints milliseconds of each append."""
    open_log(uri)
    append([row(0, COURT)])
    times: list[float] = []

    def one() -> None:
        n, end = 0, time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            append([row(n, COURT)])
            times.append((time.perf_counter() - start) * 1000)
            n += 1

    print("READY", flush=True)
    sys.stdin.readline()
    writers = [threading.Thread(target=one) for _ in range(threads)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    print(json.dumps(times))


def check(uri: str) -> None:
    """A process that verifies the long log: prints seconds, entries, seconds of work, MB of memory warm and last."""
    open_log(uri)
    start, worked = time.perf_counter(), time.process_time()
    with _Watch() as watch:
        report = verify(LONG_COURT)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    if not report.ok:
        raise SystemExit(f"the log does not verify: {report}")
    print(json.dumps([seconds, report.entries, worked, watch.first, rss_mb()]))


class _Watch:
    """Reads this process's memory once it has been at work for a while."""

    def __init__(self) -> None:
        self.first = 0.0
        self._timer = threading.Timer(2.0, self._read)

    def _read(self) -> None:
        self.first = rss_mb()

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.first = self.first or rss_mb()


def rss_mb() -> float:
    """Resident memory of this process."""
    line = next(one for one in Path("/proc/self/status").read_text("ascii").splitlines() if one.startswith("VmRSS"))
    return float(line.split()[1]) * 1024 / 1e6


def _child(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.bench_audit", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def appends(uri: str, seconds: float, *, threads: int = THREADS, aim: float | None = None) -> list[Figure]:
    """PROCESSES processes of `threads` writers, all appending to one court's log; what they wrote is verified."""
    children = [_child("write", uri, str(seconds), str(threads)) for _ in range(PROCESSES)]
    for one in children:
        if one.stdout is None or one.stdout.readline() != "READY\n":
            raise SystemExit("a writer did not start")
    told = [one.communicate("\n")[0] for one in children]
    times = [value for one in told for value in json.loads(one)]
    written = len(times) + PROCESSES
    report = verify(COURT)
    there = ChainEntry._get_collection().count_documents({"court": COURT})
    if not report.ok or not report.entries == there == written:
        raise SystemExit(f"{written} appends were acknowledged, {there} are there: {report}")
    label = f"audit append, {PROCESSES * threads} writers in {PROCESSES} processes"
    return [
        Figure(label, [len(times) / seconds], "entries/s", aim=aim, at_most=False),
        Figure(f"{label}, each", times, "ms"),
        Figure(f"{label}, forks and losses", [float(written - there)], "entries", aim=0.0),
    ]


def _verification(uri: str, count: int, rounds: int) -> list[Figure]:
    for begin in range(0, count, BATCH):
        append([row(n, LONG_COURT) for n in range(begin, begin + BATCH)])
        if begin % (50 * BATCH) == 0:
            checkpoints.checkpoint(LONG_COURT, now=START)
    if ChainHead._get_collection().find_one({"_id": LONG_COURT})["size"] != count:
        raise SystemExit("the long log is not as long as it should be")
    found: list[list[float]] = []
    for _ in range(rounds):
        told, _ = _child("check", uri).communicate()
        found.append(json.loads(told))
    growth = [max(end - warm, 0.0) for _, _, _, warm, end in found]
    return [
        Figure(f"audit verify, {count:,} entries", [one[0] for one in found], "s", aim=AIM_VERIFY_S),
        Figure("audit verify", [one[1] / one[0] for one in found], "entries/s"),
        Figure("audit verify, processor time of its process", [one[2] for one in found], "s"),
        Figure("audit verify, memory after 2 s", [one[3] for one in found], "MB RSS"),
        Figure("audit verify, memory at the end", [one[4] for one in found], "MB RSS"),
        Figure("audit verify, memory grown meanwhile", growth, "MB", aim=ALLOWED_GROWTH_MB),
    ]


def figures(quick: bool) -> list[Figure]:
    """Appends, then verification."""
    with tempfile.TemporaryDirectory(prefix="songda-bench-") as folder:
        mongo = Mongo(Path(folder) / "mongo", port=free_port(), log_path=Path(folder) / "mongod.log")
        mongo.start()
        try:
            uri = mongo.uri_for("songda_bench")
            open_log(uri)
            database.ensure_indexes()
            found = appends(uri, QUICK_SECONDS if quick else SECONDS)
            found += _verification(uri, QUICK_ENTRIES if quick else ENTRIES, 1 if quick else 2)
        finally:
            database.disconnect()
            mongo.kill()
    return found


def main(arguments: list[str]) -> Any:
    """Called by itself as a child; by hand: `python -m bench audit`."""
    if arguments[:1] == ["write"]:
        return write(arguments[1], float(arguments[2]), int(arguments[3]))
    if arguments[:1] == ["check"]:
        return check(arguments[1])
    return subprocess.call([sys.executable, "-m", "bench", "audit"], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
