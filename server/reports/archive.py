"""The archive package of a case: a zip in one format, made by a worker, read again and checked before it counts.

The zip holds every file uncompressed with a fixed date, in a stable order: the same facts give the same bytes. Files
are streamed from the store through a temporary file, so memory does not grow with the case.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.stores import Store
from server.accounts.models import Court
from server.cases.models import Case
from server.core import live
from server.core.clock import utc_now
from server.core.errors import DomainError, NotFound
from server.core.ids import new_id
from server.reports.archive_content import Content, Member, gather, index_html, manifest_json
from server.reports.archive_models import CaseArchive
from server.service.actor import Actor

LEASE = timedelta(seconds=120)
MAX_TRIES = 5
MAX_BYTES = 64 * 1024**3
PIECE = 1024 * 1024
_BEAT_BYTES = 64 * 1024 * 1024
_DATE = (1980, 1, 1, 0, 0, 0)  # the first a zip knows
_READ_ONLY = 0o100444 << 16
Clock = Callable[[], datetime]


def not_found() -> NotFound:
    return NotFound(code="archive.not_found", title="没有这份送达档案")


def damaged(path: str) -> DomainError:
    return DomainError(
        code="archive.damaged", status=500, title=f"存档文件与登记的摘要不符，未能制作送达档案：{path}", file=path
    )


def lost(path: str) -> DomainError:
    return DomainError(code="archive.file_lost", status=500, title=f"存档文件缺失，未能制作送达档案：{path}", file=path)


def ask(*, court: str, case_id: str, actor: Actor, now: datetime) -> CaseArchive:
    """Remembers the wish; a worker makes the package. Raises `case.not_found`."""
    case = Case.objects(court=court, id=case_id).first()
    if case is None:
        raise NotFound(code="case.not_found", title="没有这个案件")
    while True:
        made = CaseArchive(
            id=new_id(),
            court=court,
            case_id=case_id,
            case_number=case.number,
            number=CaseArchive.objects(court=court, case_id=case_id).count() + 1,
            asked_by=actor.id,
            asked_by_name=actor.name,
            asked_at=now,
            queued_at=now,
        )
        try:
            CaseArchive._get_collection().insert_one(made.to_mongo().to_dict())
        except DuplicateKeyError:
            continue  # somebody asked at the same moment: ours is the next
        return made


def get(*, court: str, archive_id: str) -> CaseArchive:
    """Raises `archive.not_found`."""
    found: CaseArchive | None = CaseArchive.objects(court=court, id=archive_id).first()
    if found is None:
        raise not_found()
    return found


def of_case(*, court: str, case_id: str) -> list[CaseArchive]:
    """Newest first."""
    return list(CaseArchive.objects(court=court, case_id=case_id).order_by("-number").limit(100))


def make(*, archive_id: str, store: Store, clock: Clock = utc_now) -> bool:
    """Makes the package, unless it is made or another worker is at it."""
    progress = _claim(archive_id, clock)
    if progress is None:
        return False
    archive = CaseArchive.objects(id=archive_id).get()
    case, court = Case.objects(id=archive.case_id).get(), Court.objects(id=archive.court).get()
    content = gather(court=archive.court, court_name=court.name, case=case)
    progress.begin(len(content.members))
    try:
        with TemporaryDirectory(prefix="songda-archive-") as folder:
            path = Path(folder, "archive.zip")
            write(content, path, store=store, moved=progress.moved, filed=progress.filed)
            check(path, moved=progress.moved)
            with path.open("rb") as source:
                kept = store.put(source, max_bytes=MAX_BYTES, content_type="application/zip")
    except DomainError as refusal:
        progress.end({"state": "failed", "problem": {"code": refusal.code, "title": refusal.title}})
        return False
    progress.end({"state": "done", "store_key": kept.key, "sha256": kept.sha256, "size": kept.size})
    return True


def _claim(archive_id: str, clock: Clock) -> _Progress | None:
    lease, now = new_id(), clock()
    free = [{"state": "queued"}, {"state": "running", "beat_at": {"$lt": now - LEASE}}]
    taken = CaseArchive._get_collection().update_one(
        {"_id": archive_id, "$or": free},
        {
            "$set": {"state": "running", "lease": lease, "beat_at": now, "files_done": 0, "bytes_done": 0},
            "$inc": {"tries": 1},
        },
    )
    return _Progress(archive_id, lease, clock) if taken.modified_count else None


class LeaseLost(Exception):
    """Another worker has taken the package over."""


class _Progress:
    """Written as long as this worker holds the package, and told to the boards."""

    def __init__(self, archive_id: str, lease: str, clock: Clock) -> None:
        self._held = {"_id": archive_id, "state": "running", "lease": lease}
        self._clock = clock
        self._since = self._bytes = self._files = self._total = 0
        self._court = str(CaseArchive.objects(id=archive_id).get().court)

    def begin(self, files: int) -> None:
        self._total = files
        self._write({"files_total": files})

    def moved(self, count: int) -> None:
        """So many bytes more were read or written."""
        self._bytes += count
        self._since += count
        if self._since >= _BEAT_BYTES:
            self._write({})

    def filed(self) -> None:
        self._files += 1
        if self._files % 20 == 0 or self._files == self._total:
            self._write({})

    def end(self, change: dict[str, Any]) -> None:
        self._write({**change, "finished_at": self._clock()})

    def _write(self, change: dict[str, Any]) -> None:
        self._since = 0
        values = {"beat_at": self._clock(), "files_done": self._files, "bytes_done": self._bytes, **change}
        if not CaseArchive._get_collection().update_one(self._held, {"$set": values}).matched_count:
            raise LeaseLost
        news = {"files_done": self._files, "files_total": self._total, "state": change.get("state", "running")}
        live.publish(self._court, "archive.progress", archive_id=self._held["_id"], **news)


def write(
    content: Content, path: Path, *, store: Store, moved: Callable[[int], None], filed: Callable[[], None]
) -> None:
    """The zip. Raises `archive.file_lost`, `archive.damaged` for a file that is not what was recorded."""
    sums: list[tuple[str, str]] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as package:
        for name, body in (("index.html", index_html(content.manifest)), ("manifest.json", manifest_json(content))):
            package.writestr(_entry(name), body)
            sums.append((hashlib.sha256(body).hexdigest(), name))
        for member in content.members:
            _copy(member, package, store, moved)
            sums.append((member.sha256, member.path))
            filed()
        package.writestr(_entry("SHA256SUMS"), "".join(f"{digest}  {name}\n" for digest, name in sums).encode())


def _entry(name: str, size: int = 0) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = _READ_ONLY
    entry.create_system = 3
    entry.file_size = size
    return entry


def _copy(member: Member, package: zipfile.ZipFile, store: Store, moved: Callable[[int], None]) -> None:
    digest = hashlib.sha256()
    try:
        source = store.open(member.store_key)
    except EvidenceError as error:
        raise lost(member.path) from error
    with source, package.open(_entry(member.path, member.size), "w") as target:
        for piece in _pieces(source):
            digest.update(piece)
            target.write(piece)
            moved(len(piece))
    if digest.hexdigest() != member.sha256:
        raise damaged(member.path)


def _pieces(source: Any) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


def check(path: Path | BinaryIO, *, moved: Callable[[int], None] = lambda _: None) -> int:
    """Reads a package again: every file listed is there with its hash, and nothing else. Returns how many files.

    Raises `archive.damaged`.
    """
    with zipfile.ZipFile(path) as package:
        lines = package.read("SHA256SUMS").decode().splitlines()
        listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        if {*listed, "SHA256SUMS"} != set(package.namelist()):
            raise damaged("SHA256SUMS")
        for name, expected in listed.items():
            digest = hashlib.sha256()
            with package.open(name) as source:
                for piece in _pieces(source):
                    digest.update(piece)
                    moved(len(piece))
            if digest.hexdigest() != expected:
                raise damaged(name)
    return len(listed)


def left_behind(*, now: datetime, limit: int = 50) -> list[str]:
    """Packages that a lost message or a dead worker left; one that failed too often is given up."""
    collection, old = CaseArchive._get_collection(), now - LEASE
    collection.update_many(
        {"state": "running", "beat_at": {"$lt": old}, "tries": {"$gte": MAX_TRIES}},
        {
            "$set": {
                "state": "failed",
                "finished_at": now,
                "problem": {"code": "archive.interrupted", "title": "制作多次中断，已停止；请重新制作"},
            }
        },
    )
    waiting = {"$or": [{"state": "queued"}, {"state": "running", "beat_at": {"$lt": old}}], "queued_at": {"$lt": old}}
    found = [one["_id"] for one in collection.find(waiting, {"_id": 1}).limit(limit)]
    collection.update_many({"_id": {"$in": found}}, {"$set": {"queued_at": now}})
    return found
