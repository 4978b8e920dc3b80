"""Photos and signatures on their way to the press."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from server.core.errors import DomainError
from server.papers import images

from . import samples


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_a_large_photo_is_reduced_to_at_most_1280_pixels() -> None:
    small = opened(images.photo(samples.photo_jpeg(1, 4032, 3024), name="a"))
    assert 900 <= max(small.size) <= images.PHOTO_EDGE_PX
    assert small.width * 3 == small.height * 4


def test_a_small_photo_is_not_enlarged() -> None:
    assert opened(images.photo(samples.photo_jpeg(1, 640, 480), name="a")).size == (640, 480)


def test_a_photo_is_turned_upright_and_loses_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees to show
    exif[0x010F] = "Maker"
    turned = encoded(Image.new("RGB", (800, 600), "red"), "JPEG", exif=exif)
    upright = opened(images.photo(turned, name="a"))
    assert upright.size == (600, 800)
    assert not upright.getexif()


def test_transparency_becomes_white() -> None:
    clear = encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG")
    assert opened(images.photo(clear, name="a")).getpixel((20, 20)) == (255, 255, 255)


def test_a_signature_is_cropped_to_its_ink() -> None:
    canvas = Image.new("RGBA", (800, 400), (0, 0, 0, 0))
    canvas.paste((0, 0, 0, 255), (300, 100, 500, 200))
    assert opened(images.signature(encoded(canvas, "PNG"), name="a")).size == (200, 100)


def test_an_empty_signature_stays_a_blank_image() -> None:
    blank = encoded(Image.new("RGB", (100, 50), "white"), "PNG")
    assert opened(images.signature(blank, name="a")).size == (100, 50)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\xff\xd8\xff\xe0" + b"\x00" * 40, b"%PDF-1.7"])
def test_what_is_no_image_is_refused_by_name(content: bytes) -> None:
    for press in (images.photo, images.signature):
        with pytest.raises(DomainError) as caught:
            press(content, name="现场照片")
        assert caught.value.code == "papers.broken_image"
        assert caught.value.extra["image"] == "现场照片"


def test_an_image_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = encoded(Image.new("1", (16_000, 9_000)), "PNG")
    with pytest.raises(DomainError) as caught:
        images.photo(bomb, name="a")
    assert caught.value.code == "papers.image_too_large"
