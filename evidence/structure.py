"""How a file is put together, byte by byte, without decoding it: does it end where it should, and what hangs on it.

JPEG: inside the compressed scans ``FF`` is followed by ``00`` or a restart marker, so that ``FF D9`` outside of a
marker segment is the end (ITU-T T.81 §B.1.1.5). PNG: chunks up to IEND (ISO/IEC 15948 §5.3). ISO base media: boxes of
the top level (ISO/IEC 14496-12 §4.2). RIFF: one chunk that says its length.
"""

import os
import re
from typing import BinaryIO

_EDGE_BYTES = 256 * 1024
_CHUNK_BYTES = 1024 * 1024
_MAX_PARTS = 20_000
_MAX_BOXES = 10_000
_ZIP_END, _ZIP_ENTRY = b"PK\x05\x06", b"PK\x03\x04"
_ARCHIVES = (_ZIP_ENTRY, b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
_ACTIVE = (
    b"<script",
    b"<html",
    b"<iframe",
    b"<!doctype html",
    b"<?php",
    b"<svg ",
    b"\x7felf\x01\x01\x01",
    b"\x7felf\x02\x01\x01",
    b"mz\x90\x00\x03",
)  # in lower case
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def end_of(stream: BinaryIO, media_type: str) -> int | None:
    """Where the picture ends in bytes, None when its end is missing (or its parts do not add up).

    For media without such an end (MPEG audio, ADTS) the size of the file. The stream is left anywhere.
    """
    size = stream.seek(0, os.SEEK_END)
    finder = {"image/jpeg": _jpeg_end, "image/png": _png_end, "audio/wav": _riff_end, "image/heic": _iso_end}.get(
        media_type, _iso_end if media_type in _ISO else None
    )
    return size if finder is None else finder(stream, size)


_ISO = frozenset({"video/mp4", "video/quicktime", "video/3gpp", "audio/mp4", "image/heic"})


def foreign_parts(stream: BinaryIO, media_type: str, end: int | None) -> list[str]:
    """Codes of what does not belong into a file of this type: archives, documents, markup, data after the end."""
    size = stream.seek(0, os.SEEK_END)
    found: set[str] = set()
    head = _part(stream, 0, _EDGE_BYTES)
    tail = _part(stream, max(len(head), size - _EDGE_BYTES), _EDGE_BYTES)
    after = _part(stream, end, _EDGE_BYTES) if end is not None and end < size else b""
    if after.strip(b"\x00"):
        found.add("file.trailing_video" if after[4:8] == b"ftyp" else "file.trailing_data")
    if _ZIP_END in tail[-66_000:] or (not tail and _ZIP_END in head[-66_000:]) or after.startswith(_ARCHIVES):
        found.add("file.embedded_archive")
    # Compressed pixels may hold any four bytes by chance; markup and document heads are long enough to mean it.
    if any(sign in part for part in {head.lower(), tail.lower(), after.lower()} for sign in _ACTIVE):
        found.add("file.active_content")
    if b"%PDF-" in head[:1024] or after.lstrip().startswith(b"%PDF-"):
        found.add("file.embedded_document")
    if _zip_in_front(head, media_type):
        found.add("file.embedded_archive")
    return sorted(found)


def _zip_in_front(head: bytes, media_type: str) -> bool:
    """A whole local file header (APPNOTE 4.3.7) hidden in the segments before the pixels."""
    if not media_type.startswith("image/"):
        return False
    place = head[:65_536].find(_ZIP_ENTRY)
    return (
        place > 0
        and head[place + 5 : place + 6] == b"\x00"
        and head[place + 8 : place + 10] in (b"\x00\x00", b"\x08\x00")
    )


def _part(stream: BinaryIO, start: int, length: int) -> bytes:
    stream.seek(start)
    return stream.read(length)


def _jpeg_end(stream: BinaryIO, size: int) -> int | None:
    place = 2
    for _ in range(_MAX_PARTS):
        marker = _part(stream, place, 4)
        if len(marker) < 2 or marker[0] != 0xFF:
            return None
        if marker[1] == 0xFF:  # fill bytes
            place += 1
            continue
        if marker[1] == 0xD9:
            return place + 2
        if marker[1] in _STANDALONE:
            place += 2
            continue
        if len(marker) < 4:
            return None
        place += 2 + int.from_bytes(marker[2:4], "big")
        if marker[1] == 0xDA:
            found = _next_marker(stream, place, size)
            if found is None:
                return None
            place = found
    return None


def _next_marker(stream: BinaryIO, place: int, size: int) -> int | None:
    """The first marker after a scan that is neither stuffing nor a restart."""
    while place < size:
        chunk = _part(stream, place, _CHUNK_BYTES)
        for match in _SCAN_END.finditer(chunk):
            return place + match.start()
        place += max(1, len(chunk) - 1)
    return None


_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _png_end(stream: BinaryIO, size: int) -> int | None:
    place = 8
    for _ in range(_MAX_PARTS):
        head = _part(stream, place, 8)
        if len(head) < 8:
            return None
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        place += 12 + length
        if place > size:
            return None
        if name == b"IEND":
            return place
    return None


def _riff_end(stream: BinaryIO, size: int) -> int | None:
    head = _part(stream, 0, 8)
    if len(head) < 8:
        return None
    # Recorders that stream do not know the length beforehand and write 0 or the maximum.
    length = int.from_bytes(head[4:8], "little")
    if length in (0, 0xFFFFFFFF):
        return size
    return 8 + length if 8 + length <= size else None


def _iso_end(stream: BinaryIO, size: int) -> int | None:
    """The end of the last whole box that is known by name; None when the last box runs past the file."""
    place = 0
    for _ in range(_MAX_BOXES):
        head = _part(stream, place, 16)
        if len(head) < 8:
            return place or None
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if not _NAME.fullmatch(name):
            return place or None
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        elif length == 0:  # to the end of the file
            return size
        if length < 8:
            return place or None
        if place + length > size:
            return None
        place += length
    return place


_NAME = re.compile(rb"[A-Za-z0-9 _\xa9-]{4}")
