"""Damage: what networks, cards and attackers do to files. Seeded, so that a finding can be found again."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache

from evidence import samples
from evidence.analysis.specimens import film, recording
from evidence.analysis.strokes import Point, Strokes, encode
from tests.factories import media

Damage = Callable[[bytearray, random.Random], bytes]


@cache
def originals() -> tuple[tuple[str, str, bytes], ...]:
    """(kind, media type, bytes) of small whole files of every kind."""
    strokes = Strokes(600, 300, tuple(
        tuple(Point(x, y, 10.0 * at) for at, (x, y) in enumerate(stroke)) for stroke in samples.signature_strokes(2)
    ))  # fmt: skip
    small = samples.photo(1, width_px=160, height_px=120, quality=60)
    picture = media.png(media.Image.open(io.BytesIO(small)).resize((80, 60)))
    return (
        ("photo", "image/jpeg", small),
        ("photo", "image/jpeg", samples.photo(2, width_px=120, height_px=90, shot=samples.Shot(orientation=6))),
        ("photo", "image/png", picture),
        ("photo", "image/heic", media.heic()),
        ("signature", "image/png", samples.signature(3, width_px=240, height_px=120)),
        ("video", "video/mp4", film(seconds=0.5, size=(48, 32))),
        ("video", "video/quicktime", film(seconds=0.5, size=(48, 32), container="mov")),
        ("video", "video/3gpp", film(seconds=0.5, size=(48, 32), container="3gp", sound=False)),
        ("audio", "audio/wav", recording(seconds=0.3)),
        ("audio", "audio/mpeg", recording(seconds=0.4, kind="mp3")),
        ("audio", "audio/mp4", recording(seconds=0.4, kind="m4a")),
        ("audio", "audio/aac", recording(seconds=0.4, kind="aac")),
        ("strokes", "application/json", encode(strokes)),
    )


def damaged(data: bytes, seed: int) -> bytes:
    """One file with one to three kinds of damage."""
    rng = random.Random(seed)
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(DAMAGES)(bytearray(data), rng)
    return data


def cut(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data[: rng.randrange(len(data) + 1)])


def cut_out(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    del data[start : start + rng.randrange(1, 400)]
    return bytes(data)


def flip(data: bytearray, rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 4, 30)) if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def flip_in_front(data: bytearray, rng: random.Random) -> bytes:
    """Headers are where decoders believe what they read."""
    for _ in range(rng.choice((1, 3, 8)) if data else 0):
        data[rng.randrange(min(len(data), 700))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return bytes(data)


def lie_about_a_length(data: bytearray, rng: random.Random) -> bytes:
    if len(data) > 16:
        value = rng.choice((0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(data), rng.randrange(1 << 32)))
        struct.pack_into(rng.choice((">I", "<I")), data, rng.randrange(len(data) - 4) & ~3, value)
    return bytes(data)


def lie_in_a_box(data: bytearray, rng: random.Random) -> bytes:
    """The size, or the first words, of a box of an ISO file, a chunk of a PNG or RIFF, or a segment of a JPEG."""
    names = [name for name in _NAMES if name in data]
    if not names:
        return lie_about_a_length(data, rng)
    at = data.index(rng.choice(names)) + rng.choice((-4, 4, 8, 12, 16))
    if 0 <= at <= len(data) - 4:
        value = rng.choice((0, 1, 8, 0x7FFFFFFF, 0xFFFFFFFF, rng.randrange(1 << 32)))
        struct.pack_into(">I", data, at, value)
    return bytes(data)


_NAMES = (
    b"ftyp", b"moov", b"mvhd", b"trak", b"tkhd", b"mdhd", b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"esds", b"mdat",
    b"udta", b"meta", b"iloc", b"iprp", b"ipco", b"ispe", b"hvcC", b"pitm", b"IHDR", b"IDAT", b"fmt ", b"data",
    b"\xff\xc0", b"\xff\xc4", b"\xff\xda", b"\xff\xdb", b"\xff\xe1",
)  # fmt: skip


def swap(data: bytearray, rng: random.Random) -> bytes:
    size = rng.randrange(1, 300)
    a, b = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
    data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]
    return bytes(data)


def repeat(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    part = data[start : start + rng.randrange(1, 600)]
    data[start:start] = part * rng.choice((1, 3, 60))
    return bytes(data)


def noise(data: bytearray, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    part = rng.randbytes(rng.randrange(1, 500))
    data[start : start + len(part)] = part
    return bytes(data)


def another_head(data: bytearray, rng: random.Random) -> bytes:
    """The beginning of one kind of file on the body of another."""
    _, _, other = rng.choice(originals())
    return other[: rng.choice((12, 64, 400))] + bytes(data[rng.randrange(64) :])


def huge_picture(data: bytearray, rng: random.Random) -> bytes:
    """A PNG that claims more pixels than it has, its header whole."""
    at = data.find(b"IHDR")
    if at < 0:
        return flip_in_front(data, rng)
    struct.pack_into(">II", data, at + 4, rng.choice((1, 9_000, 50_000, 1 << 31)), rng.choice((0, 1, 9_000, 1 << 20)))
    struct.pack_into(">I", data, at + 17, zlib.crc32(bytes(data[at : at + 17])))
    return bytes(data)


def boxes_in_boxes(data: bytearray, rng: random.Random) -> bytes:
    """Containers within containers, deeper than any reader should follow."""
    inner, name = b"", rng.choice((b"moov", b"trak", b"udta", b"meta"))
    for _ in range(rng.choice((10, 200, 2_000))):
        inner = struct.pack(">I4s", len(inner) + 8, name) + inner
    return bytes(data[:28]) + inner + bytes(data[28:])


DAMAGES: tuple[Damage, ...] = (
    cut, cut, cut_out, flip, flip, flip_in_front, flip_in_front, lie_about_a_length, lie_in_a_box, lie_in_a_box, swap,
    repeat, noise, another_head, huge_picture, boxes_in_boxes,
)  # fmt: skip
