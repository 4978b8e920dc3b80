"""Where the seal goes when nobody says: over the date at the end of the last page, as 骑年盖月 asks."""

from __future__ import annotations

import io
import re
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from server.papers.seal.errors import no_place, not_a_pdf
from server.papers.seal.provider import MM, SEAL_MM, Place

_DATE = re.compile(r"[0-9〇○零一二三四五六七八九十]{2,4}\s*年\s*[0-9一二三四五六七八九十]{1,3}\s*月")
_MARGIN_MM = 4.0


def box_of(pdf: bytes, place: Place | None) -> tuple[int, tuple[int, int, int, int]]:
    """Page index from 0 and (left, bottom, right, top) in points, always on the page.

    Raises `seal.not_a_pdf`, `seal.no_place`.
    """
    try:
        reader = PdfReader(io.BytesIO(pdf))
        pages = len(reader.pages)
        index = (place.page if place else pages) - 1
        if not 0 <= index < pages:
            raise no_place(index + 1, pages)
        page = reader.pages[index]
        width, height = float(page.mediabox.width), float(page.mediabox.height)
        x, y = (place.x_mm * MM, place.y_mm * MM) if place else (_closing(page) or (width * 0.7, height * 0.25))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise not_a_pdf() from error
    half, margin = SEAL_MM * MM / 2, _MARGIN_MM * MM
    x = min(max(x, half + margin), width - half - margin)
    y = min(max(y, half + margin), height - half - margin)
    left, bottom, side = round(x - half), round(y - half), round(2 * half)
    return index, (left, bottom, left + side, bottom + side)


def _closing(page: Any) -> tuple[float, float] | None:
    """The middle of the last line that reads like a date, in points."""
    found: list[tuple[float, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        if _DATE.search(text):
            x = cm[0] * tm[4] + cm[2] * tm[5] + cm[4]
            y = cm[1] * tm[4] + cm[3] * tm[5] + cm[5]
            found.append((x + len(text.strip()) * abs(size or 12.0) / 4, y))

    page.extract_text(visitor_text=visit)
    return min(found, key=lambda spot: spot[1]) if found else None
