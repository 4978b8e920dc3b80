"""Photos and signatures: copies, hash and quality, from one decode at the size that is needed."""

import io
from typing import BinaryIO

import pi_heif  # type: ignore[import-untyped]  # ships no types
from PIL import Image

from evidence.analysis import phash
from evidence.analysis.limits import DISPLAY_PX, MAX_PIXELS, THUMBNAIL_PX
from evidence.analysis.marking import Pen
from evidence.analysis.quality import quality
from evidence.analysis.report import Job, Report
from evidence.errors import EvidenceError
from evidence.exif import ExifFacts, read_exif
from evidence.media import DECODER_FAULTS, LIMITS, open_image
from evidence.signature import check_signature
from evidence.structure import end_of, foreign_parts
from evidence.thumbnails import REDUCING_GAP, rgb_on_white, upright

_DISPLAY_QUALITY, _THUMB_QUALITY = 85, 80
_SIGNATURES = {
    "evidence.signature_dimensions": "signature.too_small",
    "evidence.signature_too_small": "signature.too_small",
    "evidence.signature_unreadable": "signature.unreadable",
}


def look_at_photo(stream: BinaryIO, media_type: str, job: Job, report: Report, pen: Pen | None) -> None:
    """Fills the report about a JPEG, PNG or HEIC."""
    end = end_of(stream, media_type)
    if end is None:
        report.concern("file.incomplete")
    report.concern(*foreign_parts(stream, media_type, end))
    stream.seek(0)
    picture = _small(stream, media_type, report)
    if picture is None:
        return
    _measure(picture, report)
    make_copies(picture, job, report, pen)


def look_at_signature(stream: BinaryIO, media_type: str, job: Job, report: Report, pen: Pen | None) -> None:
    """As a photo on white paper; the hash is of the ink alone, wherever on the canvas it was written."""
    end = end_of(stream, media_type)
    report.concern(*(["file.incomplete"] if end is None else []), *foreign_parts(stream, media_type, end))
    stream.seek(0)
    try:
        facts = check_signature(stream)
    except EvidenceError as error:
        report.concern(_SIGNATURES.get(error.code, "file.broken"))
        facts = None
    stream.seek(0)
    picture = _small(stream, media_type, report)
    if picture is None:
        return
    make_copies(picture, job, report, pen)
    if facts is not None:
        share = picture.width / facts.width
        left, top, right, bottom = (round(edge * share) for edge in facts.ink_box)
        add_hashes(picture.convert("L").crop((left, top, max(right, left + 1), max(bottom, top + 1))), report)


def make_copies(picture: Image.Image, job: Job, report: Report, pen: Pen | None) -> None:
    """Display, marked and small copy of an upright RGB picture; only what is wanted."""
    if "display" in job.wanted:
        _save(report, "display", picture, _DISPLAY_QUALITY)
    if "marked" in job.wanted and job.marks and pen is not None:
        _save(report, "marked", pen.mark(picture, job.marks), _DISPLAY_QUALITY)
    if "thumb" in job.wanted:
        small = picture.reduce(max(1, max(picture.size) // THUMBNAIL_PX))
        small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BICUBIC)
        _save(report, "thumb", small, _THUMB_QUALITY)


def add_hashes(grey: Image.Image, report: Report) -> None:
    """The coarse hash the index is asked for, and the fine one that confirms."""
    report.hashes["phash"] = phash.to_hex(phash.phash(grey))
    report.hashes["fine"] = phash.fine(grey)


def _measure(picture: Image.Image, report: Report) -> None:
    grey = picture.convert("L")
    measured = quality(grey)
    report.quality = measured.document()
    concerns = measured.concerns()
    report.concern(*concerns)
    # The hash of a picture without content is noise: everything dark would look like everything dark.
    if not {"image.blank", "image.too_dark"} & set(concerns):
        add_hashes(grey, report)


def _small(stream: BinaryIO, media_type: str, report: Report) -> Image.Image | None:
    """The picture upright in RGB at display size, its facts noted; None when it cannot be decoded."""
    try:
        image = _opened(stream, media_type)
        report.media |= {"type": media_type, "width": image.width, "height": image.height}
        flat = rgb_on_white(_shrunk(image))
    except EvidenceError as error:
        report.concern("image.too_many_pixels" if error.code == "evidence.too_many_pixels" else "file.broken")
        if "width" in error.extra:
            report.media |= {"type": media_type, "width": error.extra["width"], "height": error.extra["height"]}
        return None
    except (*DECODER_FAULTS, RuntimeError):
        report.concern("file.broken")
        return None
    exif = read_exif(_exif_block(image))
    _tell_exif(exif, report)
    # libheif has turned the picture already; its EXIF still says how the camera was held.
    return flat if media_type == "image/heic" else upright(flat, exif.orientation)


def _shrunk(image: Image.Image) -> Image.Image:
    """At most display size. A JPEG is halved while it is decoded where that leaves a little more than is wanted."""
    share = min(1.0, DISPLAY_PX / max(image.size))
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    image.draft(None, (round(size[0] * REDUCING_GAP), round(size[1] * REDUCING_GAP)))
    image.load()
    if image.size == size:
        return image
    if image.mode in ("P", "1", "PA", "I;16", "I"):
        image = rgb_on_white(image)
    small = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    small.info = image.info
    return small


def _opened(stream: BinaryIO, media_type: str) -> Image.Image:
    if media_type != "image/heic":
        return open_image(stream, media_type, max_pixels=max(MAX_PIXELS, LIMITS["photo"].max_pixels))
    heif = pi_heif.open_heif(stream, convert_hdr_to_8bit=True)
    width, height = heif.size
    if width * height > MAX_PIXELS:
        raise EvidenceError("evidence.too_many_pixels", "图片像素过多", width=width, height=height)
    picture: Image.Image = heif.to_pillow()
    return picture


def _exif_block(image: Image.Image) -> bytes | None:
    block = image.info.get("exif")
    return block if isinstance(block, bytes) else None


def _tell_exif(exif: ExifFacts, report: Report) -> None:
    report.concern(*exif.warnings)
    report.media["orientation"] = exif.orientation
    if exif.taken_at is not None:
        report.media["taken_at"] = exif.taken_at.isoformat()
    if exif.point is not None:
        report.media["point"] = [exif.point.lng, exif.point.lat]
    if exif.camera:
        report.media["camera"] = exif.camera


def _save(report: Report, name: str, picture: Image.Image, quality_percent: int) -> None:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality_percent)
    report.save(name, out.getvalue(), width=picture.width, height=picture.height)
