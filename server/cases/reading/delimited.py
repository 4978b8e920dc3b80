"""csv as spreadsheets and case systems write it (RFC 4180 and its neighbours): encoding and separator are found out."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from typing import BinaryIO

from server.cases.errors import FileRefused, not_a_table
from server.cases.reading.limits import MAX_COLUMNS, Row, clean

_CHUNK = 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = ",;\t|，；"


def read_rows(stream: BinaryIO) -> Generator[Row, None, None]:
    """Rows of a csv. Raises FileRefused: `import.not_a_table`, `import.encoding_unknown`."""
    encoding = _encoding_of(stream)
    stream.seek(0)
    lines = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        separator = _separator_of(lines)
        yield from _parse(lines, separator)
    finally:
        lines.detach()


def _encoding_of(stream: BinaryIO) -> str:
    """The encoding all bytes agree with: a BOM decides, then UTF-8, then GB18030 (which holds GBK and GB2312)."""
    start = stream.read(4)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            if _decodes(stream, encoding):
                return encoding
            raise not_a_table()
    _refuse_nul(stream)
    for encoding in ("utf-8", "gb18030"):
        if _decodes(stream, encoding):
            return encoding
    raise FileRefused(
        code="import.encoding_unknown", title="无法识别文件编码，请另存为 UTF-8 或 GBK 编码的 csv，或 xlsx"
    )


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := stream.read(_CHUNK):
            _refuse_binary(decoder.decode(chunk))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_nul(stream: BinaryIO) -> None:
    """Text has no NUL; pictures and programs do."""
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        if b"\0" in chunk:
            raise not_a_table()


def _refuse_binary(text: str) -> None:
    """A PDF or a web page that happens to decode is no table."""
    if "\0" in text or text.startswith(("%PDF-", "{\\rtf", "<html", "<!DOCTYPE", "<?xml")):
        raise not_a_table()


def _separator_of(lines: io.TextIOWrapper) -> str:
    """The separator that occurs most in the first line that has any."""
    separator = ","
    for line in lines:
        counts = {one: line.count(one) for one in _SEPARATORS}
        best = max(counts, key=lambda one: counts[one])
        if counts[best]:
            separator = best
            break
    lines.seek(0)
    return separator


def _parse(lines: io.TextIOWrapper, separator: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    number = 0
    try:
        for texts in reader:
            number += 1
            yield number, [clean(text) for text in texts[:MAX_COLUMNS]]
    except csv.Error:
        # Rows after an unclosed quote would silently become one cell, so nothing of the file is taken.
        raise not_a_table(f"csv 第 {number + 1} 行附近的引号或换行有误，请检查后重新导出") from None
