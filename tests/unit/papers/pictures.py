"""Drawn images for the samples, and what a reader finds in a finished PDF."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from pypdf import PdfReader


@cache
def signature_png(seed: int = 1) -> bytes:
    """A transparent PNG with a few pen strokes, as a phone's canvas exports it."""
    image = Image.new("RGBA", (750, 360), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for stroke in range(6):
        x = 90 + stroke * 95
        wave = [(x + (i * (7 + seed % 5)) % 60, 80 + i * 9 + (stroke * seed * 13) % 60) for i in range(16)]
        draw.line(wave, fill=(10, 10, 40, 255), width=9, joint="curve")
        draw.line([(x - 30, 140 + stroke * 8), (x + 70, 120 + stroke * 5)], fill=(10, 10, 40, 255), width=8)
    return _bytes(image, "PNG")


@cache
def photo_jpeg(seed: int = 1, width: int = 1600, height: int = 1200, grain: bool = False) -> bytes:
    """A JPEG with a door, a number plate and a gradient sky; `grain` gives it the noise and size of a real one."""
    sky = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", (sky, sky.point(lambda v: 120 + v // 3), sky.point(lambda v: 255 - v // 2)))
    if grain:
        noise = Image.effect_noise((width, height), 40)
        image = Image.blend(image, Image.merge("RGB", (noise, noise, noise)), 0.25)
    draw = ImageDraw.Draw(image)
    left = width // 3 + (seed * 37) % (width // 6)
    draw.rectangle((left, height // 4, left + width // 4, height), fill=(110, 60 + seed * 9 % 90, 40))
    draw.ellipse((left + width // 5, height * 2 // 3, left + width // 5 + 30, height * 2 // 3 + 30), fill="gold")
    draw.text((width // 12, height // 12), f"photo {seed}", fill="white", font_size=height // 14)
    return _bytes(image, "JPEG", quality=90)


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def text_of(pdf: bytes) -> str:
    """All text of the PDF as a reader would copy it."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def pages_of(pdf: bytes) -> int:
    return len(PdfReader(BytesIO(pdf)).pages)


def images_of(pdf: bytes) -> int:
    """Images drawn on all pages, masks not counted."""
    return sum(len(page.images) for page in PdfReader(BytesIO(pdf)).pages)


def words_of(pdf: bytes) -> str:
    """All text without spaces and line breaks, so that a phrase is found wherever the line ends."""
    return bare(text_of(pdf))


def last_page_of(pdf: bytes) -> str:
    """As `words_of`, of the last page alone."""
    return bare(PdfReader(BytesIO(pdf)).pages[-1].extract_text())


def bare(text: str) -> str:
    """Without white space of any width."""
    return re.sub(r"[\s\u200b]+", "", text)


def is_pdf_a(pdf: bytes) -> bool:
    """The XMP packet claims PDF/A-2b."""
    found = re.search(rb"pdfaid:part>(\d)</pdfaid:part>\s*<pdfaid:conformance>([A-Z])", pdf)
    return found is not None and found.groups() == (b"2", b"B")
