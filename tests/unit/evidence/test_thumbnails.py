import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from evidence import samples
from evidence.errors import EvidenceError
from evidence.geo import GeoPoint
from evidence.signature import signature_for_paper
from evidence.thumbnails import display_copy, thumbnail
from tests.factories import media


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def two_halves(orientation: int) -> bytes:
    """A landscape JPEG, red on the left and blue on the right, with an orientation tag."""
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 200, 200))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=samples.exif_of_shot(samples.Shot(orientation=orientation)).tobytes())
    return out.getvalue()


# Which corner of the upright picture is red, by Exif 2.32 tag 0x0112: where row 0 and column 0 lie.
@pytest.mark.parametrize(
    ("orientation", "size", "red_at", "blue_at"),
    [
        (1, (320, 160), (20, 80), (300, 80)),
        (2, (320, 160), (300, 80), (20, 80)),
        (3, (320, 160), (300, 80), (20, 80)),
        (4, (320, 160), (20, 80), (300, 80)),
        (5, (160, 320), (80, 20), (80, 300)),
        (6, (160, 320), (80, 20), (80, 300)),
        (7, (160, 320), (80, 300), (80, 20)),
        (8, (160, 320), (80, 300), (80, 20)),
    ],
)
def test_a_thumbnail_stands_upright(
    orientation: int, size: tuple[int, int], red_at: tuple[int, int], blue_at: tuple[int, int]
) -> None:
    small = opened(thumbnail(two_halves(orientation)))
    assert small.size == size
    red, blue = small.getpixel(red_at), small.getpixel(blue_at)
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200 > red[2]
    assert blue[2] > 200 > blue[0]


def test_a_copy_carries_no_exif() -> None:
    data = media.small_photo(shot=samples.Shot(point=GeoPoint(39.9, 116.4), orientation=6))
    assert b"Exif" in data
    assert b"Exif" not in display_copy(data)


def test_a_small_photo_is_not_enlarged() -> None:
    assert opened(display_copy(media.small_photo())).size == (320, 240)


def test_transparent_parts_become_white() -> None:
    assert opened(thumbnail(samples.signature(1))).getpixel((0, 0)) == (255, 255, 255)


def test_a_photo_with_broken_exif_has_a_thumbnail() -> None:
    assert opened(thumbnail(media.broken_exif_photo(), max_side_px=100)).size == (100, 75)


def test_a_truncated_photo_has_none() -> None:
    with pytest.raises(EvidenceError) as refused:
        thumbnail(media.truncated_jpeg())
    assert refused.value.code == "evidence.broken_image"


def test_a_black_and_white_or_cmyk_photo_is_shown_too() -> None:
    for mode in ("L", "CMYK"):
        out = io.BytesIO()
        Image.new(mode, (60, 40)).save(out, "JPEG")
        assert opened(thumbnail(out.getvalue())).mode == "RGB"


@given(st.sampled_from([media.small_photo(), samples.signature(1)]), st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_image_never_crashes_what_makes_copies(good: bytes, data: st.DataObject) -> None:
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, min(len(damaged), 1500) - 1))] = data.draw(st.integers(0, 255))
    for make in (thumbnail, signature_for_paper):
        with contextlib.suppress(EvidenceError):
            assert make(bytes(damaged))
