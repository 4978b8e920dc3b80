"""Opening what may be a bundle: in its one form, or, to say what is wrong with it, as any other zip.

A zip in another form is never accepted; its members are still read, within limits, so that each can be judged.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evidence.bundle.container import PIECE, Entry, Scanned, pieces, scan
from evidence.bundle.content import SCHEMA
from evidence.bundle.names import safe_name
from evidence.bundle.words import Reason
from evidence.errors import EvidenceError

MAX_LISTING_BYTES = 256 * 1024 * 1024
_MOST_SMALL = 1024 * 1024
_MOST_MEMBERS = 1_000_000
_MOST_RATIO, _RATIO_FROM = 200, 1024 * 1024
_HEAD = 4096
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Digest:
    """What a member holds: SHA-256 in hex, size, whether the zip's own checksum fits, the bytes when wanted and few."""

    sha256: str
    size: int
    crc_fits: bool
    body: bytes | None


class Package(Protocol):
    """Members by name, in the order they lie in the file; `problems` of the zip as such."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def problems(self) -> tuple[Reason, ...]: ...

    def size(self, name: str) -> int: ...

    def digest(self, name: str, *, keep: bool) -> Digest | None:
        """None when the member cannot be read. May be called from several threads."""
        ...


def open_package(path: Path) -> Package:
    """Raises ``bundle.none`` when this is no bundle at all, OSError when the file cannot be read."""
    with path.open("rb") as file:
        found = scan(file)
        file.seek(0)
        head = file.read(_HEAD)
    strict = _Strict(path, found)
    if found.fault_at is None:
        return _refuse_others(strict, head)
    other = _lenient(path, found.fault_at)
    chosen: Package = strict if other is None or len(other.names) < len(strict.names) else other
    return _refuse_others(chosen, head)


def _refuse_others(package: Package, head: bytes) -> Package:
    """A bundle names itself in its first bytes; one that lost them still has the names of its own members."""
    if SCHEMA.encode() in head or "bundle.note" in package.names:
        return package
    listing = package.digest("bundle.json", keep=True) if "bundle.json" in package.names else None
    if listing is not None and listing.body is not None and SCHEMA.encode() in listing.body:
        return package
    raise none()


def none() -> EvidenceError:
    """Not a bundle."""
    return EvidenceError("bundle.none", "这不是送达系统的证据包")


class _Strict:
    """A file in the one form, at least up to a fault."""

    def __init__(self, path: Path, found: Scanned) -> None:
        self._path = path
        self._entries = {one.name: one for one in found.entries}
        self.names = tuple(self._entries)
        fault = found.fault_at
        self.problems: tuple[Reason, ...] = () if fault is None else (Reason("bundle.container", str(fault)),)

    def size(self, name: str) -> int:
        return self._entries[name].size

    def digest(self, name: str, *, keep: bool) -> Digest | None:
        entry: Entry = self._entries[name]
        try:
            # A file of its own: threads must not move each other's place.
            with self._path.open("rb") as file:
                return _digest(pieces(file, entry), entry.crc, keep=keep and entry.size <= _most(name))
        except (OSError, EOFError):
            return None


class _Lenient:
    """Any other zip, read by the standard library under limits."""

    def __init__(self, path: Path, infos: list[zipfile.ZipInfo], problems: list[Reason]) -> None:
        self._path = path
        self._infos = {one.filename: one for one in infos}
        self.names = tuple(self._infos)
        self.problems = tuple(problems)

    def size(self, name: str) -> int:
        return self._infos[name].file_size

    def digest(self, name: str, *, keep: bool) -> Digest | None:
        info = self._infos[name]
        try:
            with zipfile.ZipFile(self._path) as package, package.open(info) as source:
                parts = iter(lambda: source.read(PIECE), b"")
                return _digest(parts, info.CRC, keep=keep and info.file_size <= _most(name))
        except _UNREADABLE:
            return None


def _lenient(path: Path, fault_at: int) -> _Lenient | None:
    try:
        with zipfile.ZipFile(path) as package:
            infos = package.infolist()
    except _UNREADABLE:
        return None
    problems = [Reason("bundle.container", str(fault_at))]
    if len(infos) > _MOST_MEMBERS or sum(one.compress_size for one in infos) > path.stat().st_size:
        return _Lenient(path, [], [*problems, Reason("bundle.unsafe", "overlapping members")])
    kept: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        fault = _unsafe(info, kept)
        if fault:
            problems.append(Reason("bundle.unsafe", f"{fault}: {info.filename[:100]!r}"))
        else:
            kept[info.filename] = info
    return _Lenient(path, list(kept.values()), problems)


def _unsafe(info: zipfile.ZipInfo, kept: dict[str, zipfile.ZipInfo]) -> str:
    """Why this member is not even read."""
    if info.filename in kept:
        return "duplicate name"
    if not safe_name(info.filename):
        return "unsafe name"
    if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "encrypted or unknown compression"
    if info.file_size > _RATIO_FROM and info.file_size > _MOST_RATIO * info.compress_size:
        return "zip bomb"
    return ""


def _most(name: str) -> int:
    return MAX_LISTING_BYTES if name in ("bundle.json", "SHA256SUMS") else _MOST_SMALL


def _digest(parts: Iterator[bytes], crc: int, *, keep: bool) -> Digest:
    digest, found, count = hashlib.sha256(), 0, 0
    kept: list[bytes] = []
    for part in parts:
        digest.update(part)
        found = zlib.crc32(part, found)
        count += len(part)
        if keep:
            kept.append(part)
    return Digest(digest.hexdigest(), count, found == crc, b"".join(kept) if keep else None)
