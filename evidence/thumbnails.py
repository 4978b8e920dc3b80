"""Small copies of a photo for lists, screens and papers. The original is never touched.

JPEG is decoded at a reduced size (``draft``) and turned upright after shrinking: a 12-megapixel photo costs
about half of a full decode. Copies carry no EXIF: place and time are shown by the system, to those who may
see them.
"""

import io
from typing import BinaryIO

from PIL import Image

from evidence.media import DECODER_FAULTS, LIMITS, as_stream, broken_image, exif_of, open_image, recognise

THUMBNAIL_PX = 320
DISPLAY_PX = 1600
# How much larger than wanted the decoder may leave the picture: 1.2 lets a 12-megapixel photo be halved for display.
REDUCING_GAP = 1.2
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def thumbnail(source: bytes | BinaryIO, *, max_side_px: int = THUMBNAIL_PX, quality: int = 80) -> bytes:
    """An upright JPEG of at most ``max_side_px``, never enlarged, transparent parts white.

    Raises the codes of :func:`evidence.media.inspect` for photos.
    """
    stream = as_stream(source)
    limits = LIMITS["photo"]
    media_type, _ = recognise(stream, kind="photo", limits=limits)
    image = open_image(stream, media_type, max_pixels=limits.max_pixels)
    try:
        image.thumbnail((max_side_px, max_side_px), Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
        flat = rgb_on_white(image)
    except DECODER_FAULTS:
        raise broken_image() from None
    flat = upright(flat, exif_of(image).orientation)
    stream.seek(0)
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=quality)
    return out.getvalue()


def display_copy(source: bytes | BinaryIO, *, max_side_px: int = DISPLAY_PX, quality: int = 85) -> bytes:
    """A copy large enough for a screen or half an A4 page; see :func:`thumbnail`."""
    return thumbnail(source, max_side_px=max_side_px, quality=quality)


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned by its EXIF orientation (1–8)."""
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def rgb_on_white(image: Image.Image) -> Image.Image:
    """The picture in RGB, transparent parts white. Raises what Pillow's decoders raise."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    colours = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
