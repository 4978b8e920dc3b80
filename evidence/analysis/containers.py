"""Opening films and recordings: only the demuxer the first bytes ask for, no file but the one given, one thread.

FFmpeg's playlists and data references can name other files and addresses; a forced format and an empty protocol list
leave nothing to follow. Times and places: QuickTime metadata as Apple and Android write it, ISO 6709 for places.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import BinaryIO

import av
from av.container import InputContainer

from evidence.analysis.report import Report

_FORMATS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/aac": "aac",
}
# FFmpeg's errors are OSError or ValueError as well; the rest is what its bindings raise on values that make no sense.
FAULTS = (av.error.FFmpegError, OSError, ValueError, OverflowError, IndexError, TypeError, ZeroDivisionError, EOFError)
_TIMES = ("com.apple.quicktime.creationdate", "creation_time", "date")
_PLACES = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
_ISO6709 = re.compile(r"([+-]\d{2,6}(?:\.\d+)?)([+-]\d{3,7}(?:\.\d+)?)(?:[+-]\d+(?:\.\d+)?)?(?:CRS[\w:]*)?/?")
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def opened(stream: BinaryIO, media_type: str) -> InputContainer:
    """The container, nothing decoded. Raises one of ``FAULTS``."""
    stream.seek(0)
    return av.open(
        stream,
        "r",
        format=_FORMATS[media_type],
        options={"protocol_whitelist": "none", "probesize": "5000000", "analyzeduration": "3000000"},
        metadata_errors="ignore",
    )


def known(media_type: str) -> bool:
    """Whether there is a demuxer for it here."""
    return media_type in _FORMATS


def duration_of(container: InputContainer) -> float | None:
    """Seconds as the file's own header says."""
    return round(container.duration / 1_000_000, 2) if container.duration and container.duration > 0 else None


def tell_origin(metadata: Mapping[str, str], report: Report) -> None:
    """Time and place the camera wrote, and its name."""
    said = {str(key).lower(): str(value) for key, value in metadata.items()}
    stamp = next((said[key] for key in _TIMES if said.get(key)), None)
    if stamp is not None:
        taken_at = moment(stamp)
        if taken_at is None:
            report.concern("time.in_file_unreadable")
        elif taken_at.year >= 1990:  # QuickTime counts from 1904, and that is what "not set" looks like
            report.media["taken_at"] = taken_at.isoformat()
    place = next((point for key in _PLACES if (point := iso6709(said.get(key, ""))) is not None), None)
    if place is not None:
        report.media["point"] = list(place)
    camera = " ".join(
        said[key]
        for key in ("com.apple.quicktime.make", "com.apple.quicktime.model", "com.android.model")
        if key in said
    )
    if camera:
        report.media["camera"] = camera[:80]


def moment(stamp: str) -> datetime | None:
    """An ISO time as aware UTC; without an offset it is UTC (ISO/IEC 14496-12 §8.2.2). None when it is none."""
    try:
        found = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", stamp.strip().replace("Z", "+00:00")))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def iso6709(text: str) -> tuple[float, float] | None:
    """(longitude, latitude) in degrees of an ISO 6709 point such as ``+39.9289+116.4160+043.1/``; None when none."""
    match = _ISO6709.fullmatch(text.strip())
    if match is None:
        return None
    lat, lng = _degrees(match[1], 2), _degrees(match[2], 3)
    if abs(lat) > 90 or abs(lng) > 180 or (lat == 0 and lng == 0):
        return None
    return round(lng, 7), round(lat, 7)


def _degrees(text: str, whole: int) -> float:
    """Degrees from ±DD.D, ±DDMM.M or ±DDMMSS.S (``whole`` digits of degrees)."""
    sign = -1 if text[0] == "-" else 1
    digits, _, share = text[1:].partition(".")
    rest = digits[whole:]
    share = f".{share}" if share else ""
    if not rest:
        return sign * float(digits + share)
    if len(rest) <= 2:
        return sign * (int(digits[:whole]) + float(rest + share) / 60)
    return sign * (int(digits[:whole]) + int(rest[:2]) / 60 + float(rest[2:] + share) / 3600)
