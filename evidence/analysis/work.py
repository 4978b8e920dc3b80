"""One file, one report: what the child process does, callable anywhere."""

import os
from pathlib import Path
from typing import Any, BinaryIO

from evidence.analysis import limits
from evidence.analysis.concerns import BREAKING
from evidence.analysis.containers import known
from evidence.analysis.films import look_at_film
from evidence.analysis.marking import Pen
from evidence.analysis.pictures import look_at_photo, look_at_signature
from evidence.analysis.report import Job, Report
from evidence.analysis.sounds import listen
from evidence.analysis.strokes import look_at_strokes
from evidence.sniff import HEAD_BYTES, sniff

_PICTURES = frozenset({"image/jpeg", "image/png", "image/heic"})
_FAMILIES = {"photo": "image/", "signature": "image/", "video": "video/", "audio": "audio/"}


def pen_of(font_path: str, index: int) -> Pen | None:
    """The pen for marked copies, None without a font."""
    return Pen(Path(font_path), index) if font_path else None


def analyse(stream: BinaryIO, out: BinaryIO, job: Job, pen: Pen | None, *, proxy_cpu_s: float = 60.0) -> dict[str, Any]:
    """Looks at one file; copies go to ``out``. Answers what a :class:`Report` says; damage is part of it."""
    report = Report(out)
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size == 0:
        report.concern("file.empty")
    elif size > limits.MAX_BYTES:
        report.concern("file.too_large")
    elif job.kind == "strokes":
        look_at_strokes(stream, job, report)
    else:
        _look(stream, job, report, pen, proxy_cpu_s)
    return report.document(BREAKING)


def _look(stream: BinaryIO, job: Job, report: Report, pen: Pen | None, proxy_cpu_s: float) -> None:
    media_type = sniff(stream.read(HEAD_BYTES))
    if media_type is None or not media_type.startswith(_FAMILIES[job.kind]):
        report.concern("type.mismatch" if media_type else "file.unknown_type", "file.broken")
        return
    if media_type != job.media_type:
        report.concern("type.mismatch")
    if media_type in _PICTURES:
        look = look_at_signature if job.kind == "signature" else look_at_photo
        look(stream, media_type, job, report, pen)
    elif not known(media_type):
        report.concern("file.broken")
    elif job.kind == "video":
        look_at_film(stream, media_type, job, report, pen, proxy_cpu_s)
    else:
        listen(stream, media_type, report)
