"""One worksheet and the table of shared strings, read with expat: rows come out as the bytes go in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat  # every DTD is refused below, and with it entities

from server.cases.reading.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, Row, clean
from server.cases.reading.values import Numbers

_CHUNK = 64 * 1024


class SheetError(ValueError):
    """The XML is broken, or holds what no spreadsheet writes."""


# What is read of a sheet, by the full names expat gives: of the transitional and of the strict standard.
_NAMES = {
    f"{space} {local}": local
    for space in (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    for local in ("c", "v", "t", "f", "row", "rPh", "si")
}


def _parser(handler: Any) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = _CHUNK
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    return parser


def _refuse_doctype(*_: object) -> None:
    raise SheetError("a DTD")


def _feed(parser: expat.XMLParserType, source: IO[bytes]) -> Iterator[None]:
    """Pushes the bytes through, pausing after each chunk."""
    try:
        while chunk := source.read(_CHUNK):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise SheetError(str(error)) from None


class _Strings:
    """<sst><si><t>…</t></si><si><r><t>…</t></r>…</si></sst>; phonetic runs (<rPh>) are not text."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._in_text = False
        self._phonetic = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        local = _NAMES.get(name)
        if local == "si":
            self._parts = []
        elif local == "rPh":
            self._phonetic += 1
        elif local == "t":
            self._in_text = not self._phonetic

    def end(self, name: str) -> None:
        local = _NAMES.get(name)
        if local == "si":
            self.found.append(clean("".join(self._parts)))
        elif local == "rPh":
            self._phonetic -= 1
        elif local == "t":
            self._in_text = False

    def text(self, data: str) -> None:
        if self._in_text:
            self._parts.append(data)


def read_strings(source: IO[bytes]) -> list[str]:
    """The shared strings in order. Raises SheetError."""
    handler = _Strings()
    for _ in _feed(_parser(handler), source):
        pass
    return handler.found


class _Sheet:
    """<row r><c r t s><f/><v/><is><t/></is></c></row>; finished rows gather in `rows`."""

    def __init__(self, strings: list[str], numbers: Numbers) -> None:
        self.rows: list[Row] = []
        self._strings = strings
        self._numbers = numbers
        self._row = 0
        self._column = 0
        self._cells: list[str] = []
        self._type = ""
        self._style = ""
        self._formula = False
        self._parts: list[str] = []
        self._formula_parts: list[str] = []
        self._into: list[str] | None = None
        self._phonetic = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _NAMES.get(name)
        if local is None:
            return
        if local == "c":
            self._start_cell(attributes)
        elif local in ("v", "t"):
            self._into = None if self._phonetic else self._parts
        elif local == "f":
            self._formula = True
            self._into = self._formula_parts
        elif local == "row":
            self._start_row(attributes)
        elif local == "rPh":
            self._phonetic += 1

    def end(self, name: str) -> None:
        local = _NAMES.get(name)
        if local is None:
            return
        if local in ("v", "t", "f"):
            self._into = None
        elif local == "c":
            self._end_cell()
        elif local == "row":
            self.rows.append((self._row, self._cells))
        elif local == "rPh":
            self._phonetic -= 1

    def text(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)

    def _start_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r", "")
        self._row = int(given) if given.isdigit() and given.isascii() and len(given) <= 8 else self._row + 1
        self._column = 0
        self._cells = []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._type = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._formula = False
        self._parts = []
        self._formula_parts = []
        place = attributes.get("r")
        self._column = _column_of(place) if place else self._column + 1

    def _end_cell(self) -> None:
        if not 0 < self._column <= MAX_COLUMNS:
            return
        text = self._text()
        if not text:
            return
        missing = self._column - len(self._cells)
        if missing > 0:
            self._cells.extend([""] * missing)
        self._cells[self._column - 1] = text

    def _text(self) -> str:
        if self._formula:
            return clean("=" + "".join(self._formula_parts))
        raw = "".join(self._parts)
        if self._type == "s":
            index = int(raw) if raw.isdigit() and len(raw) < 10 else -1
            if not 0 <= index < len(self._strings):
                raise SheetError("a shared string that is not there")
            return self._strings[index]
        if self._type == "n":
            return self._numbers.text(raw.strip()[:MAX_CELL_CHARACTERS], self._style)
        if self._type == "b":
            return "是" if raw.strip() == "1" else "否"
        return clean(raw)


def _column_of(place: str) -> int:
    """`AB12` → 28."""
    if "A" <= place[0] <= "Z" and "0" <= place[1:2] <= "9":
        return ord(place[0]) - 64
    column = 0
    for character in place[:4]:
        if not "A" <= character <= "Z":
            break
        column = column * 26 + ord(character) - 64
    return column


def read_sheet(source: IO[bytes], strings: list[str], numbers: Numbers) -> Iterator[Row]:
    """Rows that are in the file, in its order, without filling gaps. Raises SheetError."""
    handler = _Sheet(strings, numbers)
    for _ in _feed(_parser(handler), source):
        yield from handler.rows
        handler.rows.clear()
