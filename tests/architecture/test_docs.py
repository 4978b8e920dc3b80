"""The documents stay true: every collection has its shard key, every error code its line."""

from __future__ import annotations

import re
from pathlib import Path

import server.app  # noqa: F401  # imports every model
from server.core import database

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"\"([a-z0-9_]+(?:\.[a-z0-9_]+)+)\"")
RAISED = re.compile(
    r"(?:code=|(?:EvidenceError|ProblemError|Refusal|Barrier|PointError|DatumError)\(\s*|_refuse\(\s*)\"([a-z0-9_]+(?:\.[a-z0-9_]+)+)\""
)


def test_every_collection_has_a_shard_key_in_the_operations_manual() -> None:
    manual = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", manual, re.MULTILINE))
    kept = {model._get_collection_name() for model in database.models()}
    assert kept - listed == set()
    assert {name for name in listed if name.islower() and name not in kept} == set()


def raised_codes() -> dict[str, str]:
    """Code → first file that raises it."""
    found: dict[str, str] = {}
    for folder in ("server", "evidence", "routing", "miniprogram-api", "portal"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "web" in path.parts:
                continue
            for code in RAISED.findall(path.read_text(encoding="utf-8")):
                found.setdefault(code, str(path.relative_to(ROOT)))
    return found


def test_every_error_code_is_listed() -> None:
    listed = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", (ROOT / "docs/errors.md").read_text("utf-8"), re.MULTILINE))
    raised = raised_codes()
    missing = {code: file for code, file in raised.items() if code not in listed}
    assert missing == {}
    assert listed - set(raised) == set(), "codes listed that nothing raises"
