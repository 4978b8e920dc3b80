"""Reading bundle.json: strictly, because it may be anybody's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evidence.bundle.content import SCHEMA
from evidence.bundle.names import safe_name
from evidence.errors import EvidenceError

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """One file that has to be there. `sha256` in hex, `size` in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """bundle.json; `rows` and `documents` are as they came, whatever they are."""

    bundle_id: str
    court: str
    court_name: str
    scope: Mapping[str, str]
    made_at: str
    log: Mapping[str, str | None] | None
    files: Mapping[str, Listed]
    rows: list[Any]
    documents: list[Any]
    absent: int


def parse(raw: bytes) -> Listing:
    """Raises ``bundle.unreadable``."""
    said = load(raw)
    try:
        if said["schema"] != SCHEMA:
            raise unreadable()
        files = [_listed(one) for one in _list(said["files"])]
        found = Listing(
            bundle_id=text(said, "bundle_id"),
            court=text(said["court"], "code"),
            court_name=text(said["court"], "name"),
            scope={name: text(said["scope"], name) for name in ("kind", "id", "title")},
            made_at=text(said, "made_at"),
            log=None if said["log"] is None else {str(key): maybe_text(said["log"], key) for key in dict(said["log"])},
            files={one.path: one for one in files},
            rows=_list(said["items"]),
            documents=_list(said["documents"]),
            absent=len(_list(said["ledger"].get("absent", []))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unreadable() from error
    if len(found.files) != len(files):
        raise unreadable()
    return found


def load(raw: bytes) -> dict[str, Any]:
    """A JSON object without doubled names and without NaN. Raises ``bundle.unreadable``."""
    try:
        found = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise unreadable() from error
    if not isinstance(found, dict):
        raise unreadable()
    return found


def text(row: Mapping[str, Any], name: str) -> str:
    """Raises KeyError, TypeError."""
    found = row[name]
    if not isinstance(found, str):
        raise TypeError(name)
    return found


def maybe_text(row: Mapping[str, Any], name: str) -> str | None:
    """Raises KeyError, TypeError."""
    return None if row[name] is None else text(row, name)


def digest(row: Mapping[str, Any], name: str) -> str:
    """A hash in hex. Raises KeyError, TypeError, ValueError."""
    found = text(row, name)
    if not _HASH.fullmatch(found):
        raise ValueError(name)
    return found


def number(row: Mapping[str, Any], name: str) -> int:
    """A whole number, 0 or more. Raises KeyError, TypeError, ValueError."""
    found = row[name]
    if type(found) is not int:
        raise TypeError(name)
    if not 0 <= found < 2**63:
        raise ValueError(name)
    return found


def _listed(row: Any) -> Listed:
    found = Listed(text(row, "path"), digest(row, "sha256"), number(row, "size"))
    if not safe_name(found.path):
        raise ValueError("path")
    return found


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise TypeError("list")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("doubled name")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def unreadable() -> EvidenceError:
    """bundle.json is malformed."""
    return EvidenceError("bundle.unreadable", "证据包清单无法读取")
