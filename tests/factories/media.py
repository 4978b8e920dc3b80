"""Malformed media: what attackers, broken phones and broken networks send. Ordinary ones: `evidence.samples`."""

import base64
import io
import struct
import zlib

from PIL import Image, ImageDraw

from evidence.samples import Shot, photo, signature

__all__ = ["Shot", "photo", "signature"]

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def small_photo(seed: int = 1, shot: Shot | None = None) -> bytes:
    """A valid JPEG of 320×240, cheap to make and to decode."""
    return photo(seed, shot=shot, width_px=320, height_px=240)


def truncated_jpeg(seed: int = 1, share: float = 0.5) -> bytes:
    """A photo whose upload stopped in the middle."""
    data = small_photo(seed)
    return data[: int(len(data) * share)]


def photo_with_exif(block: bytes, seed: int = 1) -> bytes:
    """A valid photo whose APP1 segment holds ``block`` after the EXIF prefix, whatever it is."""
    data = small_photo(seed)
    payload = b"Exif\x00\x00" + block
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + data[2:]


def broken_exif_photo(seed: int = 1) -> bytes:
    """A valid photo with an EXIF block that points far outside of itself."""
    return photo_with_exif(b"II*\x00" + struct.pack("<I", 0x7FFFFFF0) + b"\xde\xad\xbe\xef" * 8, seed)


def canvas(width: int = 600, height: int = 300) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A transparent signature canvas and a pen for it."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    return image, ImageDraw.Draw(image)


def png(image: Image.Image) -> bytes:
    """The image as PNG bytes."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def blank_signature() -> bytes:
    """Nothing was drawn."""
    return png(canvas()[0])


def one_dot_signature() -> bytes:
    """One touch of a finger."""
    image, draw = canvas()
    draw.ellipse((290, 140, 306, 156), fill=(0, 0, 0, 255))
    return png(image)


def two_dots_signature() -> bytes:
    """Two touches in opposite corners: wide, but empty."""
    image, draw = canvas()
    for x, y in ((10, 10), (580, 280)):
        draw.ellipse((x, y, x + 8, y + 8), fill=(0, 0, 0, 255))
    return png(image)


def tiny_stroke_signature() -> bytes:
    """A single stroke of 30 pixels."""
    image, draw = canvas()
    draw.line((280, 150, 310, 155), fill=(0, 0, 0, 255), width=4)
    return png(image)


def white_ink_signature() -> bytes:
    """White strokes on white paper: a canvas with the colours mixed up."""
    image = Image.new("RGB", (600, 300), "white")
    ImageDraw.Draw(image).line((50, 50, 550, 250), fill="white", width=6)
    return png(image)


def black_canvas() -> bytes:
    """An opaque black picture."""
    return png(Image.new("RGB", (600, 300), "black"))


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A few hundred bytes that claim gigabytes of pixels."""
    row = zlib.compress(b"\x00" * 100_000, 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG_MAGIC + _chunk(b"IHDR", header) + _chunk(b"IDAT", row) + _chunk(b"IEND", b"")


def png_text_bomb(megabytes: int = 64) -> bytes:
    """A small picture with a compressed text chunk that grows to ``megabytes``."""
    data = png(Image.new("RGB", (200, 100), "white"))
    text = b"Comment\x00\x00" + zlib.compress(b"\x00" * megabytes * 1024 * 1024, 9)
    after_header = len(PNG_MAGIC) + 25
    return data[:after_header] + _chunk(b"zTXt", text) + data[after_header:]


def iso_media(brand: bytes) -> bytes:
    """The head of an ISO base media file (MP4, MOV, M4A, HEIC) with a major brand, and an empty mdat."""
    return struct.pack(">I4s4sI4s", 20, b"ftyp", brand, 0, brand) + struct.pack(">I4s", 8, b"mdat")


# One intra picture of 64×64 (HEVC, Main), made for these tests: decoder configuration and slices.
_HVCC = (
    "0R#vD005t;000009`FGC{rLC*01pEo0096OKmiN^|NjIC00093pQr!;0{{RXx&lBU0096dLID8;2mk;B0H3G;00RI39-ttB1(xbbGP$52"
    "00093AOHXZ03jj(0RRU?0l{*xB0v"
)
_SLICES = (
    "0000NKmiN^|NjIC00093pQr!;0{{RXx&lA|001UJ0RaRE00093pQr!;0{{RXpdf(-mg-3|xu75b00RIZ00093ApigX2SfqEa<C#m0001FC;_htU"
    "@*iD3UCil@vR)%XLLFxsH?T0C6)J4FI5?vW0A=a+04X}h#0<u`->$difNZD#SF*rLWV2YAxE`@J}HapeuZ8`dq`46c-dl!O62%8^&fAr6nNLs&#LRA"
    "`1aEn"
)


def heic() -> bytes:
    """A whole HEIC of 64×64 pixels (ISO/IEC 23008-12): one item, one picture."""
    hvcc, slices = base64.b85decode(_HVCC), base64.b85decode(_SLICES)
    head = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    place = len(head) + len(_heic_meta(hvcc, 0, len(slices))) + 8
    return head + _heic_meta(hvcc, place, len(slices)) + _box(b"mdat", slices)


def _heic_meta(hvcc: bytes, place: int, length: int) -> bytes:
    entry = _full(b"infe", struct.pack(">HH4sB", 1, 0, b"hvc1", 0), version=2)
    properties = _box(b"hvcC", hvcc) + _full(b"ispe", struct.pack(">II", 64, 64))
    parts = (
        _full(b"hdlr", bytes(4) + b"pict" + bytes(13)),
        _full(b"pitm", struct.pack(">H", 1)),
        _full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, place, length)),
        _full(b"iinf", struct.pack(">H", 1) + entry),
        _box(b"iprp", _box(b"ipco", properties) + _full(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 2))),
    )
    return _full(b"meta", b"".join(parts))


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def _full(name: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24) + body)


def wav() -> bytes:
    """A tenth of a second of silence."""
    pcm = b"\x00" * 1600
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
