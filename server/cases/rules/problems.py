"""What is wrong with a row, told to the person who has to mend the list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from server.core.crypto import mask_id_number, mask_phone

Row = TypeVar("Row")

MAX_VALUE = 60  # characters of a wrong value that are shown
# Whatever the column: 15 digits or more in a row are somebody's number.
_LONG_NUMBER = re.compile(r"\d{11,}[\dXx]?")


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` is the row's number in the file as a spreadsheet shows it (the header is usually row 1).

    A warning leaves the row in; any other problem keeps it out. `value` shows personal values masked.
    """

    row: int
    column: str
    code: str
    reason: str
    value: str = ""
    warning: bool = False

    def as_document(self) -> dict[str, object]:
        """As `ImportRun.problems` keeps it."""
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "reason": self.reason,
            "value": self.value,
            "level": "warning" if self.warning else "error",
        }


@dataclass(frozen=True, slots=True)
class Checked(Generic[Row]):
    """A row that was read. `row` is None when something keeps it out.

    `key` is what must be unique in the file ("" for a row that is out, or when nothing must be).
    """

    row: Row | None
    problems: tuple[Problem, ...] = ()
    key: str = ""


def shown(text: str, *, masking: str = "") -> str:
    """A value as a report may show it. `masking`: "" open, or id, phone, name, place, number."""
    cut = " ".join(text.split())
    if masking == "id":
        cut = mask_id_number(cut) if len(cut) > 7 else _keep(cut, 1)
    elif masking == "phone":
        cut = mask_phone(cut) if len(cut) > 6 else _keep(cut, 1)
    elif masking == "name":
        cut = _keep(cut, 1)
    elif masking == "place":
        cut = _keep(cut, 6 if len(cut) > 9 else 1)
    elif masking == "number":
        cut = _keep(cut, 3)
    else:
        cut = _LONG_NUMBER.sub(lambda match: mask_id_number(match[0]), cut)
    return cut if len(cut) <= MAX_VALUE else cut[: MAX_VALUE - 1] + "…"


def _keep(text: str, characters: int) -> str:
    """The first characters; the stars do not tell the length."""
    return text[:characters] + "***" if text else ""
