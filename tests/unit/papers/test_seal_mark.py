"""The visible seal: 42 mm, the name along the arc, nothing overlaps, on the page wherever it is asked for."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from pypdf import PdfReader

from server.core.errors import DomainError
from server.papers.seal import mark, places
from server.papers.seal.provider import MM, SEAL_MM, Place
from tests.unit.papers import seals

LONG = "内蒙古自治区呼伦贝尔市莫力达瓦达斡尔族自治旗人民法院"


def _apart(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    """Whether two convex boxes have a line between them (separating axes)."""
    for box in (one, other):
        for (ax, ay), (bx, by) in pairwise([*box, box[0]]):
            nx, ny = by - ay, ax - bx
            left = [x * nx + y * ny for x, y in one]
            right = [x * nx + y * ny for x, y in other]
            if max(left) <= min(right) or max(right) <= min(left):
                return True
    return False


@pytest.mark.parametrize("count", range(4, 27))
def test_letters_never_overlap_and_stay_between_ring_and_star(count: int):
    letters = mark.arc(LONG[:count])
    boxes = [letter.corners() for letter in letters]
    assert len(boxes) == count
    assert all(_apart(boxes[i], boxes[j]) for i in range(count) for j in range(i))
    reach = [(x * x + y * y) ** 0.5 for box in boxes for x, y in box]
    assert max(reach) < mark.SIZE / 2 - mark.RING_MM * MM
    assert min(reach) > 5.6 * MM + 1


@pytest.mark.parametrize("count", [4, 10, 20])
def test_the_name_reads_from_left_to_right_and_is_centred(count: int):
    letters = mark.arc(LONG[:count])
    assert [letter.character for letter in letters] == list(LONG[:count])
    assert all(a.angle > b.angle for a, b in pairwise(letters))
    assert letters[0].angle == pytest.approx(-letters[-1].angle)


def test_every_letter_is_drawn_as_an_outline_in_red_and_nothing_hides_the_paper():
    drawn = mark.mark(seals.NAME)
    assert drawn.count(b" cm ") >= len(seals.NAME) + 7
    assert b"0.835 0.067 0.067 rg" in drawn
    assert b" Tf" not in drawn
    assert b" re" not in drawn


def test_without_a_place_the_seal_goes_over_the_closing_date():
    page, (left, bottom, right, top) = places.box_of(seals.proof_pdf(), None)
    assert page == 0
    assert right - left == top - bottom == round(SEAL_MM * MM)
    found: list[tuple[float, float]] = []

    def visit(text, cm, *_):
        if "填发日期" in text:
            found.append((cm[4] + 60, cm[5]))

    PdfReader(io.BytesIO(seals.proof_pdf())).pages[0].extract_text(visitor_text=visit)
    ((x, y),) = found
    assert left < x < right
    assert bottom < y < top


@pytest.mark.parametrize(("x_mm", "y_mm"), [(0, 0), (500, 500), (105, 10)])
def test_the_seal_stays_on_the_page(x_mm: float, y_mm: float):
    _, (left, bottom, right, top) = places.box_of(seals.proof_pdf(), Place(1, x_mm, y_mm))
    assert min(left, bottom) >= 0
    assert right <= 596
    assert top <= 842


def test_a_page_that_does_not_exist_is_refused():
    with pytest.raises(DomainError) as refused:
        seals.sealing().seal(seals.proof_pdf(), place=Place(2, 100, 100))
    assert refused.value.code == "seal.no_place"


def test_a_sealed_paper_is_not_sealed_twice():
    with pytest.raises(DomainError) as refused:
        seals.sealing().seal(seals.sealed().pdf)
    assert refused.value.code == "seal.already_sealed"


def test_bytes_that_are_no_pdf_are_refused():
    with pytest.raises(DomainError) as refused:
        seals.sealing().seal(b"%PDF-1.7 nothing more")
    assert refused.value.code == "seal.not_a_pdf"
