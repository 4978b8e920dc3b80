"""What analysis says about photos and signatures, good and bad ones."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image, ImageFilter

from evidence import samples
from evidence.analysis import Analysis, Output
from evidence.geo import GeoPoint
from tests.factories import media

Look = Callable[..., Analysis]
TAKEN = datetime(2026, 11, 24, 1, 31, 5, tzinfo=UTC)
MARKS = ("拍摄时间 2026-11-24 09:31:05", "案号 （2026）京0102民初1号", "SHA-256 0123456789abcdef", "某法院")


def jpeg(image: Image.Image, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_good_photo_is_known_by_size_time_place_camera_and_has_three_copies(output: Callable[..., Output]) -> None:
    shot = samples.Shot(TAKEN, GeoPoint(39.928912, 116.416045), orientation=6)
    data = samples.photo(5, shot=shot, width_px=2400, height_px=1800)
    with output(data, "photo", "image/jpeg", marks=MARKS) as found:
        analysis = found.analysis
        pictures = {name: opened(found.copy(name).read()) for name in analysis.copies}
    assert (analysis.state, analysis.concerns) == ("done", ())
    media_facts = analysis.media
    assert (media_facts["type"], media_facts["width"], media_facts["height"]) == ("image/jpeg", 2400, 1800)
    assert media_facts["taken_at"] == TAKEN.isoformat()
    assert media_facts["point"] == pytest.approx([116.416045, 39.928912], abs=1e-5)
    assert media_facts["camera"] == "HUAWEI Drill-1"
    sizes = {name: picture.size for name, picture in pictures.items()}
    assert sizes == {"display": (1200, 1600), "marked": (1200, 1600), "thumb": (240, 320)}, "upright"
    assert all(not picture.getexif() for picture in pictures.values()), "copies say nothing of place and device"


def test_the_marked_copy_differs_from_the_display_copy_only_along_its_lower_edge(
    output: Callable[..., Output],
) -> None:
    with output(media.small_photo(), "photo", "image/jpeg", marks=MARKS) as found:
        plain, marked = (np.asarray(opened(found.copy(name).read()), dtype=int) for name in ("display", "marked"))
    changed = np.abs(plain - marked).max(axis=(1, 2)) > 40
    assert changed[-40:].all()
    assert not changed[: len(changed) // 2].any()


def test_without_words_there_is_no_marked_copy(look: Look) -> None:
    assert set(look(media.small_photo(), "photo", "image/jpeg").copies) == {"display", "thumb"}


def overexposed(image: Image.Image) -> Image.Image:
    """All white but a corner."""
    white = Image.new("RGB", image.size, "white")
    white.paste(image.resize((160, 120)), (0, 0))
    return white


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda image: image.point(lambda value: value // 12), "image.too_dark"),
        (lambda image: Image.new("RGB", image.size, (128, 128, 128)), "image.blank"),
        (overexposed, "image.too_bright"),
        (lambda image: image.filter(ImageFilter.GaussianBlur(14)), "image.blurred"),
    ],
)
def test_what_nobody_could_see_anything_on_is_said(
    look: Look, change: Callable[[Image.Image], Image.Image], code: str
) -> None:
    image = opened(samples.photo(3, width_px=800, height_px=600))
    assert look(jpeg(image), "photo", "image/jpeg").concerns == ()
    analysis = look(jpeg(change(image)), "photo", "image/jpeg")
    assert analysis.state == "done", "a concern, never a refusal"
    assert code in analysis.concerns


def test_a_jpeg_whose_data_end_early_though_its_end_is_there_is_noticed(look: Look) -> None:
    whole = samples.photo(3, width_px=400, height_px=300)
    cut = whole[: len(whole) // 2] + b"\xff\xd9"
    assert look(cut, "photo", "image/jpeg").concerns == ("image.cut_off",)


def test_black_pictures_are_not_like_each_other(look: Look) -> None:
    assert look(jpeg(Image.new("RGB", (400, 300))), "photo", "image/jpeg").hashes == {}


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("run.exe", b"MZ" * 40)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (media.small_photo() + archive(), "file.embedded_archive"),
        (media.small_photo() + b"<html><script>alert(1)</script>", "file.active_content"),
        (media.small_photo() + b"%PDF-1.7 and so on", "file.embedded_document"),
        (media.small_photo() + b"some other bytes", "file.trailing_data"),
        (media.small_photo() + media.iso_media(b"isom"), "file.trailing_video"),
        (media.photo_with_exif(b"<script>fetch('//x')</script>"), "file.active_content"),
        (media.png(Image.new("RGB", (40, 30), "red")) + archive(), "file.embedded_archive"),
    ],
)
def test_a_file_that_is_two_things_at_once_is_noticed(look: Look, data: bytes, code: str) -> None:
    analysis = look(data, "photo", "image/png" if data.startswith(media.PNG_MAGIC) else "image/jpeg")
    assert analysis.state == "done"
    assert code in analysis.concerns


@pytest.mark.parametrize("seed", range(5))
def test_an_honest_photo_raises_no_alarm(look: Look, seed: int) -> None:
    assert look(samples.photo(seed, width_px=700, height_px=500), "photo", "image/jpeg").concerns == ()


def test_zeros_after_the_end_are_padding(look: Look) -> None:
    assert look(media.small_photo() + bytes(500), "photo", "image/jpeg").concerns == ()


@pytest.mark.parametrize(
    ("data", "media_type", "codes"),
    [
        (b"", "image/jpeg", {"file.empty"}),
        (b"<html>" * 9, "image/jpeg", {"file.unknown_type", "file.broken"}),
        (media.truncated_jpeg(), "image/jpeg", {"file.incomplete", "file.broken"}),
        (media.png_text_bomb(8), "image/png", {"file.broken"}),
        (media.iso_media(b"heic"), "image/heic", {"file.broken"}),
        (media.iso_media(b"isom"), "image/jpeg", {"type.mismatch", "file.broken"}),
    ],
)
def test_what_is_no_whole_picture_is_broken_with_its_reason(
    look: Look, data: bytes, media_type: str, codes: set[str]
) -> None:
    analysis = look(data, "photo", media_type)
    assert analysis.state == "broken"
    assert set(analysis.concerns) == codes
    assert not analysis.copies


def test_a_png_that_was_registered_as_a_jpeg_is_said_to_be_one(look: Look) -> None:
    analysis = look(media.png(opened(media.small_photo())), "photo", "image/jpeg")
    assert (analysis.state, analysis.media["type"]) == ("done", "image/png")
    assert "type.mismatch" in analysis.concerns


def test_100_megapixels_and_more_are_an_answer_not_a_wait(look: Look) -> None:
    analysis = look(media.png_bomb(), "photo", "image/png")
    assert (analysis.state, analysis.concerns) == ("done", ("image.too_many_pixels",))
    assert (analysis.media["width"], analysis.media["height"]) == (50_000, 50_000)


def test_a_signature_is_known_by_its_ink_wherever_it_stands_on_the_canvas(look: Look) -> None:
    whole = opened(samples.signature(7)).convert("RGBA")
    moved = Image.new("RGBA", (900, 500), (0, 0, 0, 0))
    moved.paste(whole, (250, 150))
    first, second, other = (
        look(data, "signature", "image/png") for data in (samples.signature(7), media.png(moved), samples.signature(8))
    )
    assert first.concerns == second.concerns == ()
    near = int(first.hashes["phash"], 16) ^ int(second.hashes["phash"], 16)
    far = int(first.hashes["phash"], 16) ^ int(other.hashes["phash"], 16)
    assert near.bit_count() <= 3
    assert far.bit_count() > 8


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (media.one_dot_signature(), "signature.too_small"),
        (media.blank_signature(), "signature.too_small"),
        (media.black_canvas(), "signature.unreadable"),
    ],
)
def test_a_canvas_without_a_signature_is_a_concern(look: Look, data: bytes, code: str) -> None:
    analysis = look(data, "signature", "image/png")
    assert analysis.state == "done"
    assert code in analysis.concerns
    assert not analysis.hashes
