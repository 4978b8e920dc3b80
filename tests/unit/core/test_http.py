"""File names of any script travel in a header that every server accepts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from server.core.http import disposition


@given(st.text(min_size=1, max_size=80).filter(lambda name: not any(0xD800 <= ord(c) <= 0xDFFF for c in name)))
def test_any_name_gives_a_plain_ascii_header_that_reads_back(name: str) -> None:
    value = disposition("inline", name)
    assert value.isascii()
    assert value.isprintable()
    kind, options = parse_options_header(value)
    assert kind == "inline"
    assert options["filename"] == name


def test_an_old_browser_gets_a_readable_name() -> None:
    assert 'filename="____-HZ20261124-v1.pdf"' in disposition("inline", "送达回证-HZ20261124-v1.pdf")
