"""The rescue export of a phone: everything it still holds, in one file, when its own way to the court is broken.

Format "songda-rescue/1": a zip with `rescue.json`

    {"schema": "songda-rescue/1", "court": …, "staff_no": …, "made_at": …,
     "items": [{"visit_id": "" or id, "client_id", "kind", "sha256", "size", "captured_at",
                "fix": {"point": {"lng", "lat", "datum"}, "accuracy_m", "provider", "at"} or null,
                "envelope": {"payload", "signature" (base64), "device_id"} or null}]}

and the bytes of each item under `files/<client_id>`. Nothing is ever unpacked under a name of the file's choosing: an
item's bytes are read from exactly that entry, never more of them than were announced. A damaged item spoils no other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import IO, Any, BinaryIO

from evidence.capture import Sent
from evidence.errors import EvidenceError

SCHEMA = "songda-rescue/1"
INDEX = "rescue.json"
MOST_ITEMS = 2_000
MAX_INDEX_BYTES = 32 * 1024 * 1024
MAX_ITEM_BYTES = 500 * 1024 * 1024
_MAX_DIRECTORY_BYTES = 2 * 1024 * 1024
_IN_MEMORY = 8 * 1024 * 1024
_PIECE = 1024 * 1024
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_ID = re.compile(r"[0-9A-Za-z_-]{0,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for any amount of memory
# End of central directory record (APPNOTE 6.3.10, 4.3.16): signature, …, size of the directory, …, comment length.
_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE, _ZIP64_LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_LONGEST_COMMENT = 0xFFFF


@dataclass(frozen=True, slots=True)
class RescuePoint:
    """Where it was captured, as the phone wrote it: degrees in `datum`, accuracy in metres."""

    lng: float
    lat: float
    datum: str
    accuracy_m: float
    provider: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RescueItem:
    """One announcement of the export. `problem`: why it cannot even be announced; the rest is empty then.

    `envelope` is None when there was none, or none that has the right shape.
    """

    client_id: str
    visit_id: str = ""
    kind: str = ""
    sha256: str = ""
    size: int = 0
    captured_at: datetime = _UNKNOWN
    fix: RescuePoint | None = None
    envelope: Sent | None = None
    problem: EvidenceError | None = None


@dataclass(slots=True)
class Rescue:
    """An open export. `strange` entries belong to no item and are left alone."""

    court: str
    staff_no: str
    made_at: datetime
    items: list[RescueItem]
    strange: int
    _archive: zipfile.ZipFile = field(repr=False)
    _entries: dict[str, zipfile.ZipInfo] = field(repr=False)

    @contextmanager
    def bytes_of(self, item: RescueItem) -> Iterator[BinaryIO]:
        """The item's bytes, checked against what was announced, in a seekable file of its own.

        Raises ``rescue.file_missing``, ``rescue.file_damaged``, ``rescue.file_other`` (not the announced bytes).
        """
        entry = self._entries.get(f"files/{item.client_id}")
        if entry is None:
            raise EvidenceError("rescue.file_missing", "导出包中没有这份材料的文件")
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
            if not _readable(entry):
                raise _damaged()
            if entry.file_size != item.size:
                raise _other()
            if self._copy(entry, copy, item.size) != item.sha256:
                raise _other()
            copy.seek(0)
            yield copy  # type: ignore[misc]  # a SpooledTemporaryFile is a binary file in all but name (typeshed)

    def _copy(self, entry: zipfile.ZipInfo, target: IO[bytes], size: int) -> str:
        """SHA-256 of what was copied. Reads at most one byte more than `size`, whatever the entry claims."""
        digest, left = hashlib.sha256(), size + 1
        try:
            with self._archive.open(entry) as source:
                while left > 0 and (piece := source.read(min(_PIECE, left))):
                    digest.update(piece)
                    target.write(piece)
                    left -= len(piece)
        except _UNREADABLE as error:
            raise _damaged() from error
        if left != 1:
            raise _other()
        return digest.hexdigest()


_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@contextmanager
def open_rescue(source: BinaryIO) -> Iterator[Rescue]:
    """Opens an export for reading; `source` is seekable.

    Raises ``rescue.not_an_export`` (no zip, cut off, or without a readable index), ``rescue.other_schema``,
    ``rescue.too_many_items``, ``rescue.doubled`` (two entries or two items of one name).
    """
    _check_directory(source)
    try:
        archive = zipfile.ZipFile(source)
    except _UNREADABLE as error:
        raise _no_export() from error
    with archive:
        entries = _entries(archive)
        index = _index(archive, entries)
        items = _items(index)
        wanted = {f"files/{one.client_id}" for one in items} | {INDEX}
        yield Rescue(
            court=_text(index, "court", 32),
            staff_no=_text(index, "staff_no", 64),
            made_at=_made_at(index),
            items=items,
            strange=len(entries.keys() - wanted),
            _archive=archive,
            _entries=entries,
        )


def _readable(entry: zipfile.ZipInfo) -> bool:
    return entry.compress_type in _METHODS and not entry.flag_bits & _ENCRYPTED


def _no_export() -> EvidenceError:
    return EvidenceError("rescue.not_an_export", "这不是手机应急导出包，或者文件不完整，请在手机上重新导出")


def _damaged() -> EvidenceError:
    return EvidenceError("rescue.file_damaged", "导出包中这份材料的文件已损坏")


def _other() -> EvidenceError:
    return EvidenceError("rescue.file_other", "导出包中的文件与登记的大小或哈希值不一致")


def _check_directory(source: BinaryIO) -> None:
    """The directory of a zip is read whole, whatever its size: look at what its end says before anybody does.

    ZIP64 is for archives of more entries or bytes than an export may have.
    """
    source.seek(0, 2)
    length = source.tell()
    source.seek(max(0, length - _END.size - _LONGEST_COMMENT - 20))
    tail = source.read()
    source.seek(0)
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END.size:
        raise _no_export()
    said = _END.unpack_from(tail, at)
    entries, directory = said[4], said[5]
    if (
        entries > MOST_ITEMS + 100
        or directory > _MAX_DIRECTORY_BYTES
        or tail[max(0, at - 20) : at][:4] == _ZIP64_LOCATOR
    ):
        raise EvidenceError("rescue.too_many_items", f"导出包中的材料过多，一次最多 {MOST_ITEMS} 份", most=MOST_ITEMS)


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        if entry.filename in found:
            raise EvidenceError("rescue.doubled", "导出包中有重名的材料")
        found[entry.filename] = entry
    return found


def _index(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> dict[str, Any]:
    entry = entries.get(INDEX)
    if entry is None or not _readable(entry):
        raise _no_export()
    try:
        with archive.open(entry) as source:
            text = source.read(MAX_INDEX_BYTES + 1)
        if len(text) > MAX_INDEX_BYTES:
            raise _no_export()
        index = json.loads(text)
    except (*_UNREADABLE, RecursionError) as error:
        raise _no_export() from error
    if not isinstance(index, dict):
        raise _no_export()
    if index.get("schema") != SCHEMA:
        raise EvidenceError("rescue.other_schema", "导出包的格式不是 songda-rescue/1，请更新小程序后重新导出")
    return index


def _items(index: Mapping[str, Any]) -> list[RescueItem]:
    given = index.get("items")
    if not isinstance(given, list):
        raise _no_export()
    if len(given) > MOST_ITEMS:
        raise EvidenceError("rescue.too_many_items", f"导出包中的材料过多，一次最多 {MOST_ITEMS} 份", most=MOST_ITEMS)
    items = [_item(one) for one in given]
    names = [one.client_id for one in items if one.client_id]
    if len(set(names)) < len(names):
        raise EvidenceError("rescue.doubled", "导出包中有重名的材料")
    return items


def _item(given: Any) -> RescueItem:
    """An item of the wrong shape keeps its name, so that the office can tell which one it is."""
    said = given if isinstance(given, dict) else {}
    client_id = said.get("client_id")
    name = client_id if isinstance(client_id, str) and _CLIENT_ID.fullmatch(client_id) else ""
    try:
        return RescueItem(
            client_id=_matching(said, "client_id", _CLIENT_ID),
            visit_id=_matching(said, "visit_id", _ID),
            kind=_text(said, "kind", 64),
            sha256=_matching(said, "sha256", _SHA256),
            size=_size(said.get("size")),
            captured_at=_moment(said.get("captured_at")),
            fix=_point(said.get("fix")),
            envelope=_envelope(said.get("envelope")),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        problem = EvidenceError("rescue.item_unreadable", "这份材料的登记信息无法读取")
        return RescueItem(client_id=name, problem=problem)


def _matching(said: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = said[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(name)
    return value


def _text(said: Mapping[str, Any], name: str, most: int) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise _no_export() if name in ("court", "staff_no") else ValueError(name)
    return value


def _size(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_ITEM_BYTES:
        raise ValueError("size")
    return value


def _made_at(index: Mapping[str, Any]) -> datetime:
    try:
        return _moment(index.get("made_at"))
    except (TypeError, ValueError, OverflowError) as error:
        raise _no_export() from error


def _moment(value: Any) -> datetime:
    """ISO 8601 with its offset, in UTC and whole milliseconds, as everything a phone says."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _point(value: Any) -> RescuePoint | None:
    if value is None:
        return None
    point = value["point"]
    numbers = [float(one) for one in (point["lng"], point["lat"], value["accuracy_m"])]
    if not all(isfinite(one) for one in numbers):
        raise ValueError("fix")
    return RescuePoint(
        lng=numbers[0],
        lat=numbers[1],
        datum=_text(point, "datum", 16),
        accuracy_m=numbers[2],
        provider=_text(value, "provider", 32),
        at=_moment(value["at"]),
    )


def _envelope(value: Any) -> Sent | None:
    """An envelope that is none is left out: the item is kept without it, and counts as unsealed."""
    try:
        return Sent(
            base64.b64decode(value["payload"], validate=True),
            base64.b64decode(value["signature"], validate=True),
            _matching(value, "device_id", _ID),
        )
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
