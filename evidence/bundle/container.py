"""The zip of a bundle in one form only: the same members give the same bytes, and no other bytes are that zip.

Members are stored, not compressed, in the order given, dated 1980-01-01, with UTF-8 names; no comments, no extra fields
(but zip64's where a number does not fit), nothing between members, before the first or behind the end. So a reader
rebuilds every header from name, size and CRC-32 and compares: whatever else somebody wrote into the file is found.
PKWARE APPNOTE 6.3.9 §4.3.7 (local header), §4.3.12 (central directory), §4.3.14–16 (ends).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from evidence.bundle.names import safe_name
from evidence.errors import EvidenceError

PIECE = 1024 * 1024
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_UTF8_NAME = 0x0800
_DATE = 0x0021  # 1980-01-01, the first a zip knows
_READ_ONLY_FILE = 0o100444 << 16
_UNIX = 3 << 8
_BIG, _MANY = 0xFFFFFFFF, 0xFFFF
_LOCAL_BYTES, _CENTRAL_BYTES, _CRC_AT = 30, 46, 14
_LONGEST_NAME = 255
_MOST_MEMBERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One member: `at` is where its header begins, `size` in bytes, `crc` its CRC-32."""

    name: str
    size: int
    crc: int
    at: int

    @property
    def data_at(self) -> int:
        return self.at + len(local_header(self))

    @property
    def ends_at(self) -> int:
        return self.data_at + self.size


@dataclass(frozen=True, slots=True)
class Scanned:
    """Members found from the beginning on. `fault_at`: where the file leaves the one form, None when it never does."""

    entries: tuple[Entry, ...]
    fault_at: int | None


class Writer:
    """Writes members to a seekable file, then its end. The caller opens and closes the file."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._entries: list[Entry] = []
        self._names: set[str] = set()
        self._at = 0

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> str:
        """One member of exactly `size` bytes; returns the SHA-256 of what was written, in hex.

        Raises ``bundle.bad_name``, and ``bundle.size_differs`` when there is more or less than was said.
        """
        if not safe_name(name) or name in self._names:
            raise EvidenceError("bundle.bad_name", f"证据包内的文件名不合规：{name}", name=name)
        head = local_header(Entry(name, size, 0, self._at))
        self._out.write(head)
        digest, crc, count = hashlib.sha256(), 0, 0
        for piece in pieces:
            count += len(piece)
            if count > size:
                break
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
            self._out.write(piece)
        if count != size:
            raise EvidenceError("bundle.size_differs", f"文件大小与登记的不符：{name}", name=name)
        self._out.seek(self._at + _CRC_AT)
        self._out.write(struct.pack("<L", crc))
        self._names.add(name)
        self._entries.append(Entry(name, size, crc, self._at))
        self._at = self._entries[-1].ends_at
        self._out.seek(self._at)
        return digest.hexdigest()

    def finish(self) -> int:
        """Writes the directory; returns the size of the file."""
        tail = directory(self._entries, self._at)
        self._out.write(tail)
        return self._at + len(tail)


def scan(file: BinaryIO) -> Scanned:
    """Reads headers, not contents. Never raises for what is in the file."""
    size = file.seek(0, 2)
    entries: list[Entry] = []
    names: set[str] = set()
    at = 0
    while len(entries) < _MOST_MEMBERS:
        found = _entry_at(file, at, size)
        if found is None or found.name in names:
            break
        entries.append(found)
        names.add(found.name)
        at = found.ends_at
    tail = directory(entries, at)
    file.seek(at)
    intact = size - at == len(tail) and file.read(len(tail)) == tail
    return Scanned(tuple(entries), None if intact else at)


def pieces(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """The content of a member. Raises EOFError when the file has become shorter."""
    file.seek(entry.data_at)
    left = entry.size
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise EOFError(entry.name)
        left -= len(piece)
        yield piece


def pieces_of(source: BinaryIO, moved: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """A stream in pieces, each counted."""
    while piece := source.read(PIECE):
        yield piece
        moved(len(piece))


def local_header(entry: Entry) -> bytes:
    """What stands before a member."""
    name = entry.name.encode()
    big = entry.size >= _BIG
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.size) if big else b""
    size = _BIG if big else entry.size
    fixed = struct.pack(
        "<4sHHHHHLLLHH", _LOCAL, _version(entry), _UTF8_NAME, 0, 0, _DATE, entry.crc, size, size, len(name), len(extra)
    )
    return fixed + name + extra


def directory(entries: Sequence[Entry], at: int) -> bytes:
    """The end of a file whose members end at `at`."""
    central = b"".join(_central(one) for one in entries)
    count, size, end64 = len(entries), len(central), b""
    if count >= _MANY or size >= _BIG or at >= _BIG:
        end64 = struct.pack("<4sQHHLLQQQQ", _END64, 44, _UNIX | 45, 45, 0, 0, count, count, size, at)
        end64 += struct.pack("<4sLQL", _LOCATOR64, 0, at + size, 1)
    short = min(count, _MANY)
    end = struct.pack("<4sHHHHLLH", _END, 0, 0, short, short, min(size, _BIG), min(at, _BIG), 0)
    return central + end64 + end


def _version(entry: Entry) -> int:
    return 45 if entry.size >= _BIG or entry.at >= _BIG else 20


def _central(entry: Entry) -> bytes:
    name, extra = entry.name.encode(), b""
    if entry.size >= _BIG:
        extra += struct.pack("<QQ", entry.size, entry.size)
    if entry.at >= _BIG:
        extra += struct.pack("<Q", entry.at)
    if extra:
        extra = struct.pack("<HH", 1, len(extra)) + extra
    size = min(entry.size, _BIG)
    version = _version(entry)
    fixed = struct.pack(
        "<4sHHHHHHLLLHHHHHLL",
        _CENTRAL, _UNIX | version, version, _UTF8_NAME, 0, 0, _DATE, entry.crc, size, size, len(name), len(extra),
        0, 0, 0, _READ_ONLY_FILE, min(entry.at, _BIG),
    )  # fmt: skip
    return fixed + name + extra


def _entry_at(file: BinaryIO, at: int, file_size: int) -> Entry | None:
    """The member whose header begins here, None when there is none in the one form."""
    file.seek(at)
    head = file.read(_LOCAL_BYTES + _LONGEST_NAME + 20)
    if len(head) < _LOCAL_BYTES or head[:4] != _LOCAL:
        return None
    crc, size, _, length, extra = struct.unpack_from("<LLLHH", head, _CRC_AT)
    if size == _BIG and extra == 20:
        size = int.from_bytes(head[_LOCAL_BYTES + length + 4 : _LOCAL_BYTES + length + 12], "little")
    try:
        name = head[_LOCAL_BYTES : _LOCAL_BYTES + length].decode()
    except UnicodeDecodeError:
        return None
    found = Entry(name, size, crc, at)
    if not safe_name(name) or not head.startswith(local_header(found)) or found.ends_at > file_size:
        return None
    return found
