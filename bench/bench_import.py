"""`python -m bench.bench_import [ROWS] [RUNS]`: brings a generated list into a real MongoDB; prints medians.

Needs MONGODB_URI, or starts a mongod of its own. Four things are timed: reading and checking alone, the first import,
the same file again, and a file in which every row was edited.
"""

from __future__ import annotations

import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import Workbook

from bench.figures import Figure
from evidence.stores import FileStore, Store
from server.addresses import services as addresses
from server.cases import services
from server.cases.models import ImportRun
from server.cases.reading import open_table
from server.cases.rules.columns import CASE_COLUMNS
from server.cases.rules.rows import check_case_row
from server.core import crypto, database, redis_client
from server.core.clock import utc_now
from server.core.crypto.mongo_keys import MongoKeys
from server.law.identity import resident_check_character
from server.service import intake
from tools.stack.mongo import Mongo
from tools.stack.ports import free_port

COURT = "京0102"
AIM_ROWS_PER_S = 1_500


@dataclass(frozen=True, slots=True)
class _Operator:
    id: str = "bench"
    name: str = "bench"


def make_list(rows: int, *, due_on: str) -> bytes:
    """An xlsx of `rows` valid rows, 1.7 parties per case as in a real list."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("送达任务")
    sheet.append([column.name for column in CASE_COLUMNS])
    for number in range(rows):
        sheet.append(_row(number, due_on))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _row(number: int, due_on: str) -> list[str | None]:
    born = f"{1950 + number % 50}{number % 12 + 1:02d}{number % 28 + 1:02d}"
    first = f"110102{born}{number % 1000:03d}"
    hearing = f"2026-12-{number % 20 + 8:02d} {9 + number % 6:02d}:30" if number % 3 == 0 else None
    return [
        f"（2026）京0102民初{10000 + number * 10 // 17}号",
        "民事",
        "民间借贷纠纷",
        "简易程序",
        f"法官{number % 12 + 1:02d}",
        f"010-839000{number % 12 + 1:02d}",
        f"书记员{number % 12 + 1:02d}",
        f"010-839100{number % 12 + 1:02d}",
        f"张某{number}",
        "自然人",
        "被告",
        first + resident_check_character(first),
        f"199{number:08d}",
        f"北京市西城区某某路{number}号院{number % 20 + 1}号楼{number % 6 + 1}单元{number % 18 + 1}01号",
        f"{116.2 + number % 4000 / 10000:.6f}",
        f"{39.8 + number % 2000 / 10000:.6f}",
        "GCJ-02",
        ("送达地址确认书", "户籍地址", "合同约定", "原告提供")[number % 4],
        ("起诉状副本；应诉通知书；举证通知书", "民事判决书", "民事裁定书")[number % 3],
        "直接送达",
        hearing,
        due_on,
        ("09:00-12:00", None, "14:00-17:00")[number % 3],
        ("须两人同往", None, "家中有犬", None)[number % 4],
    ]


def bring_in(content: bytes, store: Store) -> ImportRun:
    """One import from start to end, as a worker would do it."""
    run = services.start_import(
        court=COURT,
        kind="cases",
        filename="bench.xlsx",
        stream=io.BytesIO(content),
        day=None,
        actor=_Operator(),
        now=utc_now(),
        store=store,
        enqueue=False,
    )
    return services.run_import(run_id=run.id, now=datetime(2026, 11, 21, 2, tzinfo=UTC), store=store)


def read_only(content: bytes) -> int:
    """Reads and checks every row; writes nothing."""
    good = 0
    with open_table(io.BytesIO(content), filename="bench.xlsx", columns=CASE_COLUMNS) as table:
        for number, texts in table.rows():
            good += check_case_row(number, texts, court=COURT, today=date(2026, 11, 21)).row is not None
    return good


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(rows: int, runs: int, store: Store) -> dict[str, list[float]]:
    """Seconds of each repetition, by what was done."""
    first, edited = make_list(rows, due_on="2026-11-26"), make_list(rows, due_on="2026-11-28")
    found: dict[str, list[float]] = {"read and check": [], "first import": [], "same file": [], "all edited": []}
    for _ in range(runs):
        for name in ("cases", "parties", "contact_points", "service_tasks", "imported_rows", "import_runs"):
            database.database()[name].delete_many({})
        found["read and check"].append(seconds(lambda: read_only(first)))
        found["first import"].append(seconds(lambda: _expect(bring_in(first, store), "created", rows)))
        found["same file"].append(seconds(lambda: _expect(bring_in(first, store), "unchanged", rows)))
        found["all edited"].append(seconds(lambda: _expect(bring_in(edited, store), "updated", rows)))
    return found


def _expect(run: ImportRun, result: str, rows: int) -> None:
    if run.state != "done" or run.counts.get(result) != rows:
        raise SystemExit(f"the import did not do its work: {run.state} {run.counts} {run.problems[:3]}")


def main(arguments: list[str]) -> None:
    rows, runs = (int(arguments[0]) if arguments else 5_000), (int(arguments[1]) if len(arguments) > 1 else 3)
    report(rows, in_a_database_of_its_own(rows, runs))


def figures(quick: bool) -> list[Figure]:
    """Rows a second for `python -m bench`."""
    rows = 1_000 if quick else 5_000
    found = in_a_database_of_its_own(rows, 1 if quick else 5)
    return [
        Figure(
            f"{rows:,} rows: {name}",
            [rows / one for one in times],
            "rows/s",
            aim=AIM_ROWS_PER_S if name == "first import" else None,
            at_most=False,
        )
        for name, times in found.items()
    ]


def in_a_database_of_its_own(rows: int, runs: int) -> dict[str, list[float]]:
    """`measure` with a mongod started for it, unless MONGODB_URI names one."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        uri, mongo = os.environ.get("MONGODB_URI"), None
        if not uri:
            mongo = Mongo(base / "mongo", port=free_port(), log_path=base / "mongod.log")
            mongo.start()
            uri = mongo.uri_for("songda_bench")
        try:
            database.connect(uri)
            database.ensure_indexes()
            redis_client.connect("redis://127.0.0.1:9")  # live news is lossy: nobody listens here
            crypto.use(crypto.Vault.from_master(bytes(32), MongoKeys()))
            addresses.register()
            intake.register()
            return measure(rows, runs, FileStore(base / "store"))
        finally:
            database.disconnect()
            if mongo:
                mongo.stop()


def report(rows: int, found: dict[str, list[float]]) -> None:
    print(f"import of {rows} rows, median of {len(found['first import'])}, aim {AIM_ROWS_PER_S} rows/s")
    for name, times in found.items():
        middle = statistics.median(times)
        print(f"  {name:<15} {middle:7.2f} s {rows / middle:9.0f} rows/s")
    print(f"  peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
