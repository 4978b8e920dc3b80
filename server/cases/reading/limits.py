"""How much a file may hold, and how a cell's text is cleaned."""

from __future__ import annotations

import re

Row = tuple[int, list[str]]  # row number from 1, texts of its cells

MAX_BYTES = 25 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 4_000
SPOOL_BYTES = 8 * 1024 * 1024

MAX_MEMBERS = 1_000
MAX_UNPACKED_BYTES = 100 * 1024 * 1024  # 20,000 full rows come to about 30 MB
# A sheet of repeated words packs about 30 times; only above this size does a ratio mean harm.
HARMLESS_UNPACKED_BYTES = 30 * 1024 * 1024
MAX_RATIO = 100

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+"
)
_BLANKS = re.compile(r"[ \t\u00a0\u3000]+")


def clean(text: str) -> str:
    """One cell's text: no control or direction marks, runs of blanks as one, none at the ends, cut when huge."""
    if text.isascii() and text.isalnum() and len(text) < MAX_CELL_CHARACTERS:
        return text
    text = text[:MAX_CELL_CHARACTERS]
    if not text.isprintable():
        text = _CONTROL.sub("", text.replace("\r\n", "\n"))
    return _BLANKS.sub(" ", text).strip()
