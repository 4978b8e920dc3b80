"""Names of members: what may stand in a zip that people unpack on their own machines."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 200  # bytes
_SEGMENT = re.compile(r"[^\x00-\x1f\x7f\\/:*?\"<>|]+")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_EXTENSIONS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/x-wav": "wav",
}


def safe_name(name: str) -> bool:
    """A relative path of ordinary names that every system can write, in one spelling (NFC), at most 200 bytes."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return False
    return (
        0 < length <= _LONGEST
        and unicodedata.is_normalized("NFC", name)
        and all(_segment(one) for one in name.split("/"))
    )


def safe_id(found: str) -> bool:
    """An id that may become part of a name."""
    return _ID.fullmatch(found) is not None


def extension(media_type: str) -> str:
    """What a file of this type is called at the end; `bin` for what is not known."""
    return _EXTENSIONS.get(media_type, "bin")


def _segment(part: str) -> bool:
    return _SEGMENT.fullmatch(part) is not None and not part.startswith(".") and part[-1] not in ". "
