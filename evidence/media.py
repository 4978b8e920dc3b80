"""What a file really is: type by content, size, pixels, EXIF time and place.

``inspect`` decodes an image to its end (JPEG at one eighth of the size, which reads every byte but spares
most of the arithmetic), so a truncated photo is found at the door and not in the court room. It never
trusts a name or a Content-Type header, and never lets a damaged EXIF block cost a photo.
"""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO, Literal

from PIL import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from evidence.errors import EvidenceError
from evidence.exif import ExifFacts, read_exif
from evidence.geo import GeoPoint
from evidence.hashing import too_large
from evidence.sniff import HEAD_BYTES, sniff
from evidence.structure import end_of

Kind = Literal["photo", "signature", "video", "audio", "strokes"]
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one kind of item: bytes of the file, pixels of the picture, accepted media types."""

    max_bytes: int
    accept: frozenset[str]
    max_pixels: int = 60_000_000


LIMITS: dict[Kind, Limits] = {
    "photo": Limits(20 * MEGABYTE, frozenset({"image/jpeg", "image/png"})),
    "signature": Limits(2 * MEGABYTE, frozenset({"image/png"}), max_pixels=16_000_000),
    "video": Limits(500 * MEGABYTE, frozenset({"video/mp4", "video/quicktime", "video/3gpp"})),
    "strokes": Limits(MEGABYTE, frozenset({"application/json"})),
    "audio": Limits(100 * MEGABYTE, frozenset({"audio/mpeg", "audio/mp4", "audio/wav", "audio/aac"})),
}
# JPEG decodes at an eighth of its size in a few milliseconds; a PNG has to be unpacked whole. Larger ones are left to
# the analysis, which runs in a process of its own under limits.
UNDECODED_PNG_PIXELS = 4_000_000
HEIC = "image/heic"
# Taken in at the door, decoded by the analysis alone: nothing else here opens a HEIC.
GLANCE_LIMITS: dict[Kind, Limits] = {"photo": replace(LIMITS["photo"], accept=LIMITS["photo"].accept | {HEIC})}
_HEIC_HEAD_BYTES = 256 * 1024
_WRONG_MAGIC = {
    "photo": ("evidence.not_an_image", "文件内容不是照片"),
    "signature": ("evidence.not_an_image", "文件内容不是签名图片"),
    "video": ("evidence.not_a_video", "文件内容不是视频"),
    "audio": ("evidence.not_audio", "文件内容不是录音"),
    "strokes": ("evidence.strokes_invalid", "笔迹文件格式不正确"),
}
_NAMES = {
    "image/heic": "HEIC",
    "image/avif": "AVIF",
    "image/gif": "GIF",
    "image/webp": "WebP",
    "image/jpeg": "JPEG",
}

# All that Pillow 13 raises on damaged input; UserWarning only where warnings are turned into errors.
DECODER_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    OverflowError,
    EOFError,
    struct.error,
    zlib.error,
    UserWarning,
)


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What the bytes say about themselves.

    ``width``/``height`` are stored pixels (before EXIF orientation); None for video and audio, which are
    recognised but not decoded here. ``exif_taken_at`` is aware UTC; ``exif_point`` is WGS-84. ``warnings``
    holds codes of things that do not cost the item its place: see :class:`evidence.exif.ExifFacts`.
    """

    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    exif_taken_at: datetime | None = None
    exif_point: GeoPoint | None = None
    orientation: int = 1
    camera: str | None = None
    warnings: tuple[str, ...] = ()


class _Jpeg(JpegImageFile):
    """Pillow's decoder without its look into EXIF at opening, which warns or fails on damage we only note."""

    def _read_dpi_from_exif(self) -> None:
        return


def inspect(source: bytes | BinaryIO, *, kind: Kind, limits: Limits | None = None) -> MediaFacts:
    """Look at one item; a stream must be seekable and is left at its start.

    Raises ``evidence.empty``, ``evidence.too_large``, ``evidence.not_an_image`` / ``not_a_video`` /
    ``not_audio``, ``evidence.unsupported_type`` (recognised, but not accepted here, such as HEIC),
    ``evidence.too_many_pixels``, ``evidence.broken_image`` (a large PNG is not decoded here). Damaged EXIF is
    the warning ``exif.unreadable``, never an error.
    """
    limits = limits or LIMITS[kind]
    stream = as_stream(source)
    media_type, size = recognise(stream, kind=kind, limits=limits)
    if not media_type.startswith("image/"):
        return MediaFacts(media_type, size)
    try:
        return _image_facts(stream, media_type, size, limits)
    finally:
        stream.seek(0)


def glance(source: bytes | BinaryIO, *, kind: Kind, limits: Limits | None = None) -> MediaFacts:
    """What headers and structure tell, no pixel decoded: cheap enough for the process that answers the phone.

    Type, size, pixels, EXIF in front of the pixels, and whether the picture has its end. Whether every pixel decodes
    is for :mod:`evidence.analysis` to say. A stream is left at its start.

    Raises the codes of :func:`inspect`.
    """
    limits = limits or GLANCE_LIMITS.get(kind) or LIMITS[kind]
    stream = as_stream(source)
    media_type, size = recognise(stream, kind=kind, limits=limits)
    if not media_type.startswith("image/"):
        return MediaFacts(media_type, size)
    try:
        if media_type == HEIC:
            return _heic_facts(stream, size, limits)
        image = open_image(stream, media_type, max_pixels=limits.max_pixels)
        if end_of(stream, media_type) is None:
            raise broken_image()
        return _facts_of(image, media_type, size, image.size)
    finally:
        stream.seek(0)


def recognise(stream: BinaryIO, *, kind: Kind, limits: Limits) -> tuple[str, int]:
    """Media type and size in bytes, nothing decoded; the stream is left at its start.

    Raises what :func:`inspect` raises for emptiness, size and type.
    """
    size = _checked_size(stream, limits)
    media_type = _checked_type(stream.read(HEAD_BYTES), kind, limits)
    stream.seek(0)
    return media_type, size


def as_stream(source: bytes | BinaryIO) -> BinaryIO:
    """The source as a seekable stream."""
    return io.BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source


def open_image(stream: BinaryIO, media_type: str, *, max_pixels: int) -> ImageFile.ImageFile:
    """Open a JPEG or PNG with exactly its own decoder, pixels not yet decoded.

    Raises ``evidence.broken_image``, ``evidence.too_many_pixels`` (before any memory is taken for pixels).
    """
    decoder = _Jpeg if media_type == "image/jpeg" else PngImageFile
    try:
        image: ImageFile.ImageFile = decoder(stream)
    except DECODER_FAULTS:
        raise broken_image() from None
    check_pixels(*image.size, max_pixels=max_pixels)
    return image


def check_pixels(width: int, height: int, *, max_pixels: int) -> None:
    """Raises ``evidence.too_many_pixels``."""
    if width * height > max_pixels:
        raise EvidenceError(
            "evidence.too_many_pixels",
            f"图片像素过多（{width}×{height}），上限为 {max_pixels // 10_000} 万像素",
            width=width, height=height, max_pixels=max_pixels,
        )  # fmt: skip


def exif_of(image: ImageFile.ImageFile) -> ExifFacts:
    """EXIF facts of an opened image; for PNG after decoding (its eXIf chunk may come last)."""
    block = image.info.get("exif")
    return read_exif(block if isinstance(block, bytes) else None)


def broken_image() -> EvidenceError:
    """The error for an image whose bytes do not decode to the end."""
    return EvidenceError("evidence.broken_image", "图片已损坏或不完整，请重新拍摄或上传")


def _checked_size(stream: BinaryIO, limits: Limits) -> int:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise EvidenceError("evidence.empty", "文件是空的（0 字节）")
    if size > limits.max_bytes:
        raise too_large(limits.max_bytes)
    return size


def _checked_type(head: bytes, kind: Kind, limits: Limits) -> str:
    media_type = sniff(head)
    if media_type in limits.accept:
        return media_type
    family = {"photo": "image", "signature": "image"}.get(kind, kind)
    if media_type is not None and media_type.startswith(family + "/"):
        name = _NAMES.get(media_type, media_type)
        raise EvidenceError("evidence.unsupported_type", f"暂不支持 {name} 格式，请换一种格式", media_type=media_type)
    code, title = _WRONG_MAGIC[kind]
    raise EvidenceError(code, title, media_type=media_type)


def _image_facts(stream: BinaryIO, media_type: str, size: int, limits: Limits) -> MediaFacts:
    image = open_image(stream, media_type, max_pixels=limits.max_pixels)
    width, height = image.size
    if media_type == "image/png" and width * height > UNDECODED_PNG_PIXELS:
        return MediaFacts(media_type, size, width, height)
    try:
        image.draft(None, (max(1, width // 8), max(1, height // 8)))
        image.load()
    except DECODER_FAULTS:
        raise broken_image() from None
    return _facts_of(image, media_type, size, (width, height))


def _heic_facts(stream: BinaryIO, size: int, limits: Limits) -> MediaFacts:
    """Pixels as the image spatial extents say (ISO/IEC 23008-12 §6.5.3): the largest is the whole picture."""
    if end_of(stream, HEIC) is None:
        raise broken_image()
    stream.seek(0)
    head = stream.read(_HEIC_HEAD_BYTES)
    sizes = [struct.unpack_from(">II", head, place + 8) for place in _places(head, b"ispe") if place + 16 <= len(head)]
    if b"meta" not in head or not sizes:
        # A film in HEVC, or a bare head: of this family of files, but no still picture.
        raise EvidenceError("evidence.unsupported_type", "暂不支持 HEIC 格式，请换一种格式", media_type=HEIC)
    width, height = max(sizes, key=lambda one: one[0] * one[1])
    check_pixels(width, height, max_pixels=limits.max_pixels)
    return MediaFacts(HEIC, size, width, height)


def _places(data: bytes, name: bytes) -> Iterator[int]:
    place = data.find(name)
    while place >= 0:
        yield place
        place = data.find(name, place + 1)


def _facts_of(image: ImageFile.ImageFile, media_type: str, size: int, pixels: tuple[int, int]) -> MediaFacts:
    """``pixels``: the size as stored; a decoder that was told to shrink no longer knows it."""
    exif = exif_of(image)
    return MediaFacts(
        media_type,
        size,
        *pixels,
        exif.taken_at,
        exif.point,
        exif.orientation,
        exif.camera,
        exif.warnings,
    )
