"""Reading what a phone signed: JSON with nothing left open to interpretation.

No duplicate names, no unknown ones, no NaN, no text that cannot be stored, no number beyond its range. Every refusal is
the one error the caller names, with the place in `where`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NoReturn

from evidence.errors import EvidenceError

_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)  # RFC 3339, its offset required


class Unreadable(ValueError):
    """What is wrong, and where."""


def load(raw: bytes, *, max_bytes: int) -> Fields:
    """The JSON object in these bytes. Raises Unreadable."""
    if not 0 < len(raw) <= max_bytes:
        raise Unreadable("size")
    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("json") from error
    return Fields(found, "")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("duplicate name")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise Unreadable("not a number")


class Fields:
    """The members of one object, taken one by one; `close` refuses what nobody took. All raise Unreadable."""

    def __init__(self, found: Any, where: str) -> None:
        if not isinstance(found, Mapping):
            raise Unreadable(where or "object")
        self._left = dict(found)
        self._where = where

    def _take(self, name: str) -> Any:
        try:
            return self._left.pop(name)
        except KeyError:
            raise self._wrong(name) from None

    def _wrong(self, name: str) -> Unreadable:
        return Unreadable(f"{self._where}.{name}" if self._where else name)

    def close(self) -> None:
        if self._left:
            raise self._wrong(min(self._left)[:40])

    def text(self, name: str, *, most: int, least: int = 0, pattern: re.Pattern[str] | None = None) -> str:
        found = self._take(name)
        if not isinstance(found, str) or not least <= len(found) <= most:
            raise self._wrong(name)
        if any(letter < " " or letter == "\x7f" or "\ud800" <= letter <= "\udfff" for letter in found):
            raise self._wrong(name)
        if pattern is not None and not pattern.fullmatch(found):
            raise self._wrong(name)
        return found

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        found = self._take(name)
        if not isinstance(found, str) or found not in allowed:
            raise self._wrong(name)
        return found

    def whole(self, name: str, *, least: int, most: int) -> int:
        found = self._take(name)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise self._wrong(name)
        return found

    def number(self, name: str, *, least: float, most: float) -> float:
        found = self._take(name)
        if not isinstance(found, int | float) or isinstance(found, bool):
            raise self._wrong(name)
        try:
            value = float(found)
        except OverflowError:
            raise self._wrong(name) from None
        if not isfinite(value) or not least <= value <= most:
            raise self._wrong(name)
        return value

    def flag(self, name: str) -> bool:
        found = self._take(name)
        if not isinstance(found, bool):
            raise self._wrong(name)
        return found

    def time(self, name: str) -> datetime:
        """Aware, UTC, whole milliseconds."""
        found = self._take(name)
        if not isinstance(found, str) or not _TIME.fullmatch(found):
            raise self._wrong(name)
        try:
            moment = datetime.fromisoformat(found).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self._wrong(name) from None
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def object(self, name: str) -> Fields:
        return Fields(self._take(name), name)

    def maybe_object(self, name: str) -> Fields | None:
        found = self._take(name)
        return None if found is None else Fields(found, name)

    def objects(self, name: str, *, most: int) -> list[Fields]:
        found = self._take(name)
        if not isinstance(found, list) or len(found) > most:
            raise self._wrong(name)
        return [Fields(one, f"{name}[{place}]") for place, one in enumerate(found)]


def canonical(values: Mapping[str, Any]) -> bytes:
    """JSON with sorted names and no spaces, UTF-8, times in UTC with milliseconds. Raises ValueError for NaN."""
    return json.dumps(
        _plain(values), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def refusal(code: str, title: str, error: Unreadable) -> EvidenceError:
    """The one error of the caller, with the place that was wrong."""
    return EvidenceError(code, title, where=str(error))
