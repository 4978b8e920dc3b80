"""Signatures as they were written."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from evidence import samples
from evidence.analysis import Analysis, Output
from evidence.analysis.strokes import Point, Strokes, encode, parse, png
from evidence.errors import EvidenceError
from evidence.signature import check_signature


def written(seed: int = 7, *, pressure: float | None = None, ms: float = 12.0) -> Strokes:
    """The drill signature, a point every `ms`."""
    strokes, at = [], 0.0
    for stroke in samples.signature_strokes(seed):
        points = []
        for x, y in stroke:
            points.append(Point(x, y, at, pressure))
            at += ms
        strokes.append(tuple(points))
        at += 80
    return Strokes(600, 300, tuple(strokes))


def line(**changes: Any) -> Strokes:
    values = {"count": 40, "slope": 0.3, "length": 400.0} | changes
    points = tuple(
        Point(50 + values["length"] * i / values["count"], 80 + values["slope"] * 400 * i / values["count"], i * 15.0)
        for i in range(values["count"])
    )
    return Strokes(600, 300, (points,))


def test_what_is_encoded_reads_back_the_same() -> None:
    for strokes in (written(), written(pressure=0.5)):
        assert parse(encode(strokes)) == strokes


def test_the_picture_of_the_strokes_is_a_signature() -> None:
    facts = check_signature(png(written()))
    assert (facts.width, facts.height) == (600, 300)


def test_a_written_signature_has_its_figures_and_a_picture(output: Callable[..., Output]) -> None:
    with output(encode(written(pressure=0.6)), "strokes", "application/json") as found:
        analysis = found.analysis
        picture = Image.open(io.BytesIO(found.copy("display").read()))
    assert (analysis.state, analysis.concerns) == ("done", ())
    assert analysis.media["pressure"] == "yes"
    assert analysis.quality["points"] == len(written().points)
    assert analysis.quality["seconds"] > 1
    assert picture.size == (600, 300)
    assert set(analysis.hashes) == {"phash", "fine"}


@pytest.mark.parametrize(
    ("strokes", "code"),
    [
        (line(), "signature.straight"),
        (line(slope=0.0), "signature.straight"),
        (line(count=5), "signature.too_few_points"),
        (line(length=30.0, slope=0.0), "signature.too_short"),
        (written(ms=0.0), None),
        (Strokes(600, 300, (tuple(Point(p.x, p.y, 0.0) for p in written().points),)), "signature.too_fast"),
    ],
)
def test_what_does_not_look_written_is_a_concern(
    look: Callable[..., Analysis], strokes: Strokes, code: str | None
) -> None:
    analysis = look(encode(strokes), "strokes", "application/json")
    assert analysis.state == "done"
    assert code in analysis.concerns if code else not analysis.concerns


GOOD = json.loads(encode(written()))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "other/1"},
        {"width": 0},
        {"width": 10**9},
        {"width": True},
        {"strokes": []},
        {"strokes": [[[1, 2]]]},
        {"strokes": [[[1, 2, 3, 4]]]},
        {"strokes": [[[1, 2, 5], [1, 2, 4]]]},
        {"strokes": [[[1, 2, "3"]]]},
        {"strokes": [[[5000, 2, 3]]]},
        {"strokes": [[[1, 2, 3]] * 20_001]},
        {"strokes": [[[1, 2, 3]]] * 401},
        {"strokes": {"0": 1}},
    ],
)
def test_anything_but_a_strokes_file_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError) as refused:
        parse(json.dumps(GOOD | change).encode())
    assert refused.value.code == "evidence.strokes_invalid"


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"schema":NaN}', b"[" * 100_000, b" " * 2_000_000])
def test_bytes_that_are_no_such_json_are_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        parse(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["strokes", "width"]), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["schema", "width", "height", "strokes"]), json_values))
@settings(max_examples=80, deadline=None)
def test_no_json_breaks_the_reader(change: dict[str, Any]) -> None:
    with suppress(EvidenceError):
        parse(json.dumps(GOOD | change).encode())
