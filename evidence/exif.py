"""The few EXIF facts evidence needs, read by a small bounded parser (TIFF 6.0 §2, Exif 2.32 §4.6).

Pillow's own reader reports damage through ``warnings``, which is global state in a threaded server, and may
allocate what a hostile file asks for. This one touches only the tags below, never follows a pointer twice,
and answers damage with a warning code beside whatever could still be read.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite

from evidence.geo import GeoPoint

# Cameras that write no offset show the wall clock of the place, and China has one.
CHINA_TIME = timezone(timedelta(hours=8))

_PREFIX = b"Exif\x00\x00"
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_MAX_ENTRIES = 512
_MAX_VALUE_BYTES = 4096
_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD, _GPS_IFD = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825
_TAKEN, _OFFSET_TAKEN = 0x9003, 0x9011
_LAT_REF, _LAT, _LNG_REF, _LNG = 1, 2, 3, 4
_STAMP = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")

_Value = str | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What a camera wrote. ``taken_at`` is aware UTC; ``orientation`` is 1–8 (Exif tag 0x0112).

    ``warnings``: ``exif.unreadable``, ``exif.time_unreadable``, ``exif.no_offset`` (China time assumed),
    ``exif.point_unreadable``.
    """

    taken_at: datetime | None = None
    point: GeoPoint | None = None
    orientation: int = 1
    camera: str | None = None
    warnings: tuple[str, ...] = ()


def read_exif(block: bytes | None) -> ExifFacts:
    """Read an EXIF block (with or without the ``Exif\\0\\0`` prefix). Never raises: damage becomes a
    warning."""
    if not block:
        return ExifFacts()
    data = block.removeprefix(_PREFIX)
    damaged = ["exif.unreadable"]
    try:
        tiff = _Tiff(data)
        main = tiff.directory(tiff.first)
        detail = tiff.directory(_pointer(main, _EXIF_IFD))
        gps = tiff.directory(_pointer(main, _GPS_IFD))
    except (struct.error, ValueError):
        return ExifFacts(warnings=tuple(damaged))
    warnings = damaged if tiff.damaged else []
    taken_at = _taken_at(detail, warnings)
    point = _point(gps, warnings)
    return ExifFacts(taken_at, point, _orientation(main), _camera(main), tuple(warnings))


class _Tiff:
    """Directories of a TIFF structure held in memory."""

    def __init__(self, data: bytes) -> None:
        order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(data[:4])
        if order is None:
            raise ValueError("not TIFF")
        self._data, self._order = data, order
        self.damaged = False
        (self.first,) = struct.unpack_from(order + "I", data, 4)

    def directory(self, offset: int) -> dict[int, _Value]:
        """Tags of one directory; 0 means there is none. Raises ``struct.error`` when it lies outside the
        block."""
        if offset == 0:
            return {}
        (count,) = struct.unpack_from(self._order + "H", self._data, offset)
        if count > _MAX_ENTRIES:
            raise ValueError("too many entries")
        return dict(self._entries(offset + 2, count))

    def _entries(self, offset: int, count: int) -> Iterator[tuple[int, _Value]]:
        for index in range(count):
            tag, kind, number = struct.unpack_from(self._order + "HHI", self._data, offset + 12 * index)
            size = _TYPE_SIZES.get(kind, 0) * number
            if size == 0 or size > _MAX_VALUE_BYTES:
                continue  # maker notes and thumbnails: not ours to read
            place = offset + 12 * index + 8
            if size > 4:
                (place,) = struct.unpack_from(self._order + "I", self._data, place)
            raw = self._data[place : place + size]
            if len(raw) < size:
                self.damaged = True
                continue
            yield tag, self._value(kind, number, raw)

    def _value(self, kind: int, number: int, raw: bytes) -> _Value:
        if kind in (2, 7):
            return raw.split(b"\x00", 1)[0].decode("latin-1").strip()
        if kind in (5, 10):
            parts = struct.unpack(f"{self._order}{2 * number}{'I' if kind == 5 else 'i'}", raw)
            pairs = zip(parts[::2], parts[1::2], strict=True)
            return tuple(top / bottom if bottom else float("nan") for top, bottom in pairs)
        return tuple(float(n) for n in struct.unpack(f"{self._order}{number}{'_BxHI____i'[kind]}", raw))


def _pointer(directory: dict[int, _Value], tag: int) -> int:
    value = directory.get(tag)
    return int(value[0]) if isinstance(value, tuple) else 0


def _taken_at(detail: dict[int, _Value], warnings: list[str]) -> datetime | None:
    stamp = detail.get(_TAKEN)
    # Cameras with no clock write blanks or zeros; that is "unknown", not damage.
    if not isinstance(stamp, str) or not stamp.strip(" :0"):
        return None
    match = _STAMP.fullmatch(stamp)
    offset = detail.get(_OFFSET_TAKEN)
    zone = _zone(offset) if isinstance(offset, str) and offset.strip(" :") else None
    if zone is None:
        warnings.append("exif.no_offset")
    try:
        if match is None:
            raise ValueError(stamp)
        year, month, day, hour, minute, second = (int(part) for part in match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=zone or CHINA_TIME).astimezone(UTC)
    except (ValueError, OverflowError):
        warnings.append("exif.time_unreadable")
        return None


def _zone(text: str) -> timezone | None:
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)


def _point(gps: dict[int, _Value], warnings: list[str]) -> GeoPoint | None:
    if _LAT not in gps and _LNG not in gps:
        return None
    lat = _degrees(gps.get(_LAT), gps.get(_LAT_REF), {"N": 1, "S": -1}, 90)
    lng = _degrees(gps.get(_LNG), gps.get(_LNG_REF), {"E": 1, "W": -1}, 180)
    # 0°N 0°E is what firmware writes before the first fix.
    if lat is None or lng is None or (lat == 0 and lng == 0):
        warnings.append("exif.point_unreadable")
        return None
    return GeoPoint(lat, lng)


def _degrees(value: _Value | None, ref: _Value | None, signs: dict[str, int], limit: int) -> float | None:
    if not isinstance(value, tuple) or len(value) != 3 or not isinstance(ref, str) or ref not in signs:
        return None
    degrees = signs[ref] * (value[0] + value[1] / 60 + value[2] / 3600)
    return degrees if isfinite(degrees) and abs(degrees) <= limit else None


def _orientation(main: dict[int, _Value]) -> int:
    value = main.get(_ORIENTATION)
    number = int(value[0]) if isinstance(value, tuple) else 1
    return number if 1 <= number <= 8 else 1


def _camera(main: dict[int, _Value]) -> str | None:
    parts = [value for tag in (_MAKE, _MODEL) if isinstance(value := main.get(tag), str) and value]
    return " ".join(parts)[:80] or None
