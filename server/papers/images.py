"""Photos and signatures made small, upright and safe for print.

Every image is decoded and encoded afresh: a truncated or disguised file is found here rather than in a court
file, and nothing of the original's metadata (position, device) leaks into the paper.
"""

from __future__ import annotations

import warnings
from io import BytesIO

from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

from server.papers.errors import broken_image, image_too_large

PHOTO_EDGE_PX = 1280  # what the phone client sends: such a photo is not resampled; 400 dpi on paper
# JPEG decoders halve for free; asking for a little less than the final edge turns 4032 px into 1008 at once.
DRAFT_EDGE_PX = 960
SIGNATURE_EDGE_PX = 900
MAX_PIXELS = 120_000_000
SIGNATURE_COMPRESSION = 3  # a third of the time of the default for a few hundred bytes more
INK_THRESHOLD = 32  # of 255: paper tint and JPEG noise stay below, pen strokes far above


def photo(content: bytes, *, name: str) -> bytes:
    """A JPEG of at most 1280 px on the longer edge, upright by its EXIF orientation.

    Raises: DomainError `papers.broken_image` or `papers.image_too_large`.
    """
    with _opened(content, name=name) as image:
        try:
            longest = max(image.size)
            image.draft("RGB", (image.width * DRAFT_EDGE_PX // longest, image.height * DRAFT_EDGE_PX // longest))
            image.load()
            image.thumbnail((PHOTO_EDGE_PX, PHOTO_EDGE_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
            flat = _on_white(ImageOps.exif_transpose(image))
        except (OSError, SyntaxError, ValueError) as error:
            raise broken_image(name) from error
        return _encoded(flat, "JPEG", quality=80)


def signature(content: bytes, *, name: str) -> bytes:
    """A greyscale PNG on white, cropped to the ink, at most 900 px wide.

    Raises: as `photo`.
    """
    with _opened(content, name=name) as image:
        try:
            flat = _grey_on_white(ImageOps.exif_transpose(image))
        except (OSError, SyntaxError, ValueError) as error:
            raise broken_image(name) from error
    ink = ImageChops.invert(flat).point(lambda value: 255 if value > INK_THRESHOLD else 0).getbbox()
    if ink is not None:
        flat = flat.crop(ink)
    flat.thumbnail((SIGNATURE_EDGE_PX, SIGNATURE_EDGE_PX), Image.Resampling.LANCZOS)
    return _encoded(flat, "PNG", compress_level=SIGNATURE_COMPRESSION)


def _opened(content: bytes, *, name: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is ours and lower
            image = Image.open(BytesIO(content))
    except Image.DecompressionBombError as error:
        raise image_too_large(name, MAX_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise broken_image(name) from error
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise image_too_large(name, pixels)
    return image


def _grey_on_white(image: Image.Image) -> Image.Image:
    """As `_on_white` in grey; one channel instead of four for what a phone's canvas exports."""
    if image.mode != "RGBA":
        return _on_white(image).convert("L")
    return Image.composite(image.convert("L"), Image.new("L", image.size, 255), image.getchannel("A"))


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    image.info.clear()
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
