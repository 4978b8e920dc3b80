import io

import pytest
from PIL import Image, ImageDraw

from evidence import samples
from evidence.errors import EvidenceError
from evidence.signature import check_signature, signature_for_paper
from tests.factories import media


def code_of(data: bytes) -> str:
    with pytest.raises(EvidenceError) as refused:
        check_signature(data)
    return refused.value.code


@pytest.mark.parametrize("seed", range(20))
def test_a_handwritten_name_is_a_signature(seed: int) -> None:
    facts = check_signature(samples.signature(seed))
    left, top, right, bottom = facts.ink_box
    assert (facts.width, facts.height) == (600, 300)
    assert right - left > 150
    assert bottom - top > 60
    assert facts.ink_pixels > 1000


@pytest.mark.parametrize(
    "data",
    [
        media.blank_signature(),
        media.one_dot_signature(),
        media.two_dots_signature(),
        media.tiny_stroke_signature(),
        media.white_ink_signature(),
    ],
    ids=["blank", "dot", "two dots", "tiny stroke", "white on white"],
)
def test_what_nobody_would_call_a_signature_is_too_small(data: bytes) -> None:
    assert code_of(data) == "evidence.signature_too_small"


@pytest.mark.parametrize(("canvas", "stroke_px"), [((600, 300), 70), ((120, 60), 30)])
def test_a_short_stroke_is_too_small_by_share_of_the_canvas_or_by_pixels(
    canvas: tuple[int, int], stroke_px: int
) -> None:
    image, draw = media.canvas(*canvas)
    draw.line((20, 30, 20 + stroke_px, 30), fill=(0, 0, 0, 255), width=4)
    assert code_of(media.png(image)) == "evidence.signature_too_small"


def test_one_long_stroke_is_enough_as_some_names_are_short() -> None:
    image, draw = media.canvas()
    draw.line((150, 150, 430, 145), fill=(0, 0, 0, 255), width=5)
    assert check_signature(media.png(image)).ink_box[0] >= 145


def test_a_black_canvas_is_unreadable() -> None:
    assert code_of(media.black_canvas()) == "evidence.signature_unreadable"


@pytest.mark.parametrize("size", [(90, 300), (300, 40), (4001, 300)])
def test_a_canvas_of_the_wrong_size_is_refused(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).line((0, 0, *size), fill="black", width=5)
    assert code_of(media.png(image)) == "evidence.signature_dimensions"


def test_a_photo_of_a_signature_is_not_a_signature_image() -> None:
    assert code_of(media.small_photo()) == "evidence.unsupported_type"
    assert code_of(b"data:image/png;base64,iVBORw0KGgo=") == "evidence.not_an_image"


def test_half_a_signature_file_is_broken() -> None:
    data = samples.signature(4)
    assert code_of(data[: len(data) // 2]) == "evidence.broken_image"


def test_on_paper_a_signature_is_dark_on_white_and_cropped_to_its_ink() -> None:
    source = samples.signature(7)
    left, top, right, bottom = check_signature(source).ink_box
    with Image.open(io.BytesIO(signature_for_paper(source, margin_px=8))) as paper:
        assert paper.mode == "L"
        assert paper.getpixel((0, 0)) == 255
        assert min(paper.tobytes()) < 60
        assert abs(paper.width - (right - left)) <= 16
        assert abs(paper.height - (bottom - top)) <= 16


def test_a_huge_canvas_fits_the_paper() -> None:
    source = samples.signature(3, width_px=2400, height_px=1200)
    with Image.open(io.BytesIO(signature_for_paper(source, max_side_px=500))) as paper:
        assert max(paper.size) == 500
