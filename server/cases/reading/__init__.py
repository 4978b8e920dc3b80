"""Reads the file a case system exported: xlsx or csv in, numbered rows of texts out.

The file is untrusted. It is judged whole (size, kind, zip bomb, encoding, columns, number of rows) before the first row
is answered, so that a refused file has left nothing behind. Rows wait in a temporary file: memory stays flat.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, BinaryIO

from server.cases.errors import FileRefused, not_a_table
from server.cases.reading import delimited, xlsx
from server.cases.reading.limits import MAX_BYTES, MAX_ROWS, SPOOL_BYTES, Row
from server.cases.rules.cells import BEYOND_HEADER
from server.cases.rules.columns import Column, header_name
from server.cases.rules.problems import Problem, shown

__all__ = ["MAX_BYTES", "MAX_ROWS", "Table", "check_file", "open_table"]

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER_WITHIN = 10  # rows above the header may hold a title
BLANK_ABOVE = 1_000  # a file that begins with more blank rows than this has no header


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read. `problems` are warnings about its columns; `rows()` may be walked more than once."""

    row_count: int
    problems: tuple[Problem, ...]
    _spool: IO[str]

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(row number as a spreadsheet shows it, text by column name); blank cells are left out."""
        self._spool.seek(0)
        for line in self._spool:
            number, texts = json.loads(line)
            yield number, texts


def check_file(stream: BinaryIO, *, filename: str, columns: Sequence[Column]) -> None:
    """Refuses a file by its size, its kind and its header, without reading its rows. Raises as `open_table`."""
    check_size(stream)
    with closing(_rows_of(stream, filename)) as rows:
        _check_header(*_find_header(rows, columns), columns)
    stream.seek(0)


@contextmanager
def open_table(stream: BinaryIO, *, filename: str, columns: Sequence[Column]) -> Iterator[Table]:
    """The table in a seekable stream.

    Raises FileRefused: `import.file_too_large`, `import.empty_file`, `import.not_a_table`, `import.zip_bomb`,
    `import.encoding_unknown`, `import.columns_missing`, `import.columns_repeated`, `import.too_many_rows`.
    """
    check_size(stream)
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES, mode="w+", encoding="utf-8") as spool:
        with closing(_rows_of(stream, filename)) as rows:
            header_number, header = _find_header(rows, columns)
            problems = _check_header(header_number, header, columns)
            known = {column.name for column in columns}
            count = _spool_rows(rows, [name if name in known else "" for name in header], spool)
        if not count:
            raise FileRefused(code="import.empty_file", title="文件中只有表头，没有数据行")
        yield Table(count, tuple(problems), spool)


def check_size(stream: BinaryIO) -> int:
    """The size in bytes; refuses an empty file and one over MAX_BYTES."""
    size = stream.seek(0, 2)
    stream.seek(0)
    if size == 0:
        raise FileRefused(code="import.empty_file", title="文件是空的")
    if size > MAX_BYTES:
        raise too_large()
    return size


def too_large() -> FileRefused:
    megabytes = MAX_BYTES // 1024 // 1024
    return FileRefused(
        code="import.file_too_large",
        status=413,
        title=f"文件过大，上限为 {megabytes} MB，请拆分后分次导入",
        max_bytes=MAX_BYTES,
    )


def _rows_of(stream: BinaryIO, filename: str) -> Generator[Row, None, None]:
    start = stream.read(8)
    stream.seek(0)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        return xlsx.read_rows(stream)
    if start.startswith(_OLD_OFFICE):
        raise not_a_table("是旧版 xls 或加密的表格文件，请另存为不加密的 xlsx 后再上传")
    if PurePath(filename).suffix.lower() in (".xlsx", ".xlsm"):
        raise not_a_table("文件名是 xlsx，但内容不是 xlsx 表格，文件可能已损坏")
    return delimited.read_rows(stream)


def _find_header(rows: Iterator[Row], columns: Sequence[Column]) -> tuple[int, list[str]]:
    """The first row that holds at least half of the columns, or else the first row that is not blank."""
    known = {column.name for column in columns}
    first: tuple[int, list[str]] | None = None
    for place, (number, texts) in enumerate(rows):
        names = [header_name(text) for text in texts]
        if place >= BLANK_ABOVE:
            break
        if not any(names):
            continue
        first = first or (number, names)
        if 2 * len(known.intersection(names)) >= len(known):
            return number, names
        if number - first[0] >= HEADER_WITHIN:
            break
    if first is None:
        raise FileRefused(code="import.empty_file", title="文件中没有任何内容")
    return first


def _check_header(number: int, header: list[str], columns: Sequence[Column]) -> list[Problem]:
    missing = [column.name for column in columns if column.name not in header]
    if missing:
        raise FileRefused(
            code="import.columns_missing", title=f"表头缺少列：{'、'.join(missing)}", columns=missing, row=number
        )
    known = {column.name for column in columns}
    repeated = sorted({name for name in header if name in known and header.count(name) > 1})
    if repeated:
        raise FileRefused(
            code="import.columns_repeated", title=f"表头中重复的列：{'、'.join(repeated)}", columns=repeated, row=number
        )
    extra = [name for name in header if name and name not in known]
    return [
        Problem(number, shown(name), "import.unknown_column", "多余的列，未导入", "", warning=True) for name in extra
    ]


def _spool_rows(rows: Iterator[Row], header: list[str], spool: IO[str]) -> int:
    count = 0
    write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for number, texts in rows:
        row = {name: text for name, text in zip(header, texts, strict=False) if text and name}
        beyond = [text for text in texts[len(header) :] if text]
        if not row and not beyond:
            continue
        if beyond:
            # A cell without a column above it: usually an unquoted comma that has moved the cells to the right.
            row[BEYOND_HEADER] = beyond[0]
        count += 1
        if count > MAX_ROWS:
            raise FileRefused(
                code="import.too_many_rows",
                title=f"数据行过多，一次最多 {MAX_ROWS} 行，请拆分后分次导入",
                max_rows=MAX_ROWS,
            )
        spool.write(write((number, row)) + "\n")
    return count
