"""A handwritten signature as a PNG: is it one, and how it goes on paper.

Ink is any pixel clearly darker than white once the picture lies on a white background. A signature has
extent (its ink spans a fair part of the canvas) and length (at least as many ink pixels as its longer side:
two dots in two corners span much and hold nothing).
"""

import io
from dataclasses import dataclass
from math import hypot
from typing import BinaryIO

from PIL import Image

from evidence.errors import EvidenceError
from evidence.media import DECODER_FAULTS, LIMITS, Limits, as_stream, broken_image, inspect, open_image

MIN_WIDTH_PX, MIN_HEIGHT_PX, MAX_SIDE_PX = 100, 50, 4000
MIN_EXTENT_PX = 40
MIN_EXTENT_SHARE = 0.15  # longer side of the ink against the diagonal of the canvas
MAX_INK_SHARE = 0.5  # of the canvas: more is a filled picture, not handwriting
_INK_BELOW = 160  # of 255, after compositing on white


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """Canvas and ink of a signature. ``ink_box`` is (left, top, right, bottom) in px, right and bottom
    exclusive."""

    width: int
    height: int
    size: int
    ink_pixels: int
    ink_box: tuple[int, int, int, int]


def check_signature(source: bytes | BinaryIO, *, limits: Limits | None = None) -> SignatureFacts:
    """Refuse what is not a signature; a stream is left at its start.

    Raises the codes of :func:`evidence.media.inspect`, ``evidence.signature_dimensions``,
    ``evidence.signature_too_small`` (blank, a dot, a tiny stroke), ``evidence.signature_unreadable``
    (mostly filled).
    """
    stream = as_stream(source)
    media = inspect(stream, kind="signature", limits=limits)
    width, height = media.width or 0, media.height or 0
    if width < MIN_WIDTH_PX or height < MIN_HEIGHT_PX or max(width, height) > MAX_SIDE_PX:
        raise EvidenceError(
            "evidence.signature_dimensions",
            f"签名图片尺寸不正确（{width}×{height} 像素），"
            f"应不小于 {MIN_WIDTH_PX}×{MIN_HEIGHT_PX}，每边不超过 {MAX_SIDE_PX}",
            width=width, height=height,
        )  # fmt: skip
    ink = _ink(_on_white(stream))
    pixels, box = ink.histogram()[255], ink.getbbox()
    if box is None or not _is_large_enough(box, pixels, width, height):
        raise EvidenceError("evidence.signature_too_small", "签名过小或不完整，请重新签名")
    if pixels > MAX_INK_SHARE * width * height:
        raise EvidenceError("evidence.signature_unreadable", "签名无法辨认，请在白色背景上用深色笔迹签名")
    return SignatureFacts(width, height, media.size, pixels, box)


def signature_for_paper(source: bytes | BinaryIO, *, margin_px: int = 8, max_side_px: int = 1200) -> bytes:
    """The signature as a grey PNG on white, cropped to its ink with a margin; an empty canvas stays as it is.

    Raises the codes of :func:`evidence.media.inspect`.
    """
    stream = as_stream(source)
    inspect(stream, kind="signature")
    flat = _on_white(stream)
    box = _ink(flat).getbbox()
    if box is not None:
        flat = flat.crop(
            (
                max(0, box[0] - margin_px),
                max(0, box[1] - margin_px),
                min(flat.width, box[2] + margin_px),
                min(flat.height, box[3] + margin_px),
            )
        )
    flat.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    flat.save(out, "PNG", optimize=True)
    return out.getvalue()


def _on_white(stream: BinaryIO) -> Image.Image:
    """The picture in grey on a white background."""
    stream.seek(0)
    image = open_image(stream, "image/png", max_pixels=LIMITS["signature"].max_pixels)
    try:
        colours = image.convert("RGBA")
    except DECODER_FAULTS:
        raise broken_image() from None
    stream.seek(0)
    white = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(white, colours).convert("L")


def _ink(flat: Image.Image) -> Image.Image:
    return flat.point([255 if level < _INK_BELOW else 0 for level in range(256)])


def _is_large_enough(box: tuple[int, int, int, int], pixels: int, width: int, height: int) -> bool:
    longer = max(box[2] - box[0], box[3] - box[1])
    return longer >= max(MIN_EXTENT_PX, MIN_EXTENT_SHARE * hypot(width, height)) and pixels >= longer
