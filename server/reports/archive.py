"""The archive package of a case: a zip in one format, made by a worker, read again and checked before it counts.

The zip holds every file uncompressed with a fixed date, in a stable order: the same facts give the same bytes. Files
are streamed from the store through a temporary file, so memory does not grow with the case.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

from pymongo.errors import DuplicateKeyError

from evidence.bundle.container import Writer, pieces_of
from evidence.errors import EvidenceError
from evidence.stores import Store
from server.accounts.models import Court
from server.cases.models import Case
from server.core.clock import utc_now
from server.core.errors import DomainError, NotFound
from server.core.ids import new_id
from server.reports import packaging
from server.reports.archive_content import Content, Member, gather, index_html, manifest_json
from server.reports.archive_models import CaseArchive
from server.reports.packaging import LEASE, Clock, LeaseLost
from server.service.actor import Actor

MAX_BYTES = 64 * 1024**3
KIND = packaging.Kind(
    CaseArchive,
    "archive.progress",
    "archive_id",
    ("archive.interrupted", "制作多次中断，已停止；请重新制作"),
)


__all__ = ["LEASE", "LeaseLost", "ask", "check", "get", "left_behind", "make", "not_found", "of_case", "write"]


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


def _claim(archive_id: str, clock: Clock) -> packaging.Progress | None:
    return packaging.claim(KIND, archive_id, clock)


def write(
    content: Content, path: Path, *, store: Store, moved: Callable[[int], None], filed: Callable[[], None]
) -> None:
    """The zip, in the one form bundles have. Raises `archive.file_lost`, `archive.damaged`."""
    sums: list[tuple[str, str]] = []
    with path.open("w+b") as out:
        package = Writer(out)
        for name, body in (("index.html", index_html(content.manifest)), ("manifest.json", manifest_json(content))):
            sums.append((package.add(name, len(body), [body]), name))
        for member in content.members:
            _copy(member, package, store, moved)
            sums.append((member.sha256, member.path))
            filed()
        body = "".join(f"{digest}  {name}\n" for digest, name in sums).encode()
        package.add("SHA256SUMS", len(body), [body])
        package.finish()


def _copy(member: Member, package: Writer, store: Store, moved: Callable[[int], None]) -> None:
    try:
        source = store.open(member.store_key)
    except EvidenceError as error:
        raise lost(member.path) from error
    with source:
        try:
            digest = package.add(member.path, member.size, pieces_of(source, moved))
        except EvidenceError as error:
            raise damaged(member.path) from error
    if digest != member.sha256:
        raise damaged(member.path)


def check(path: Path | BinaryIO, *, moved: Callable[[int], None] = lambda _: None) -> int:
    """Reads a package again: every file listed is there with its hash, and nothing else. Returns how many files.

    Packages of earlier versions, written in another form of zip, are read as well. Raises `archive.damaged`.
    """
    with zipfile.ZipFile(path) as package:
        lines = package.read("SHA256SUMS").decode().splitlines()
        listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        if {*listed, "SHA256SUMS"} != set(package.namelist()):
            raise damaged("SHA256SUMS")
        for name, expected in listed.items():
            digest = hashlib.sha256()
            with package.open(name) as source:
                for piece in pieces_of(cast(BinaryIO, source), moved):
                    digest.update(piece)
            if digest.hexdigest() != expected:
                raise damaged(name)
    return len(listed)


def left_behind(*, now: datetime, limit: int = 50) -> list[str]:
    """See `packaging.left_behind`."""
    return packaging.left_behind(KIND, now=now, limit=limit)
