"""The documents stay true: every collection has its shard key, every error code its line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import miniprogram_api.api  # noqa: F401  # a face brings models of its own, as wsgi.py does
import portal.judge.api  # noqa: F401  # the same
import server.app  # imports every model
import server.board.api  # noqa: F401  # the same
from server.core import database
from tests.architecture.codes import MAKERS, codes_in, raised_codes

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([a-z0-9_.]+)` \|(.*)\|$", re.MULTILINE)


def listed_codes() -> list[tuple[str, list[str]]]:
    """(code, the other cells of its line) in the order of docs/errors.md."""
    text = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    return [(code, [cell.strip() for cell in cells.split("|")]) for code, cells in ROW.findall(text)]


def test_every_collection_has_a_shard_key_in_the_operations_manual() -> None:
    manual = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", manual, re.MULTILINE))
    kept = {model._get_collection_name() for model in database.models() if model.__module__.startswith("server.")}
    assert kept - listed == set()
    assert {name for name in listed if name.islower() and name not in kept} == set()


def test_every_code_the_program_answers_is_listed() -> None:
    listed = {code for code, _ in listed_codes()}
    missing = {code: place for code, place in raised_codes().items() if code not in listed}
    assert missing == {}


def test_nothing_is_listed_that_the_program_does_not_answer() -> None:
    listed = [code for code, _ in listed_codes()]
    assert sorted(set(listed) - set(raised_codes())) == []
    assert sorted({code for code in listed if listed.count(code) > 1}) == []


def test_every_listed_code_says_its_status_title_and_what_to_do() -> None:
    for code, cells in listed_codes():
        assert len(cells) == 3, code
        assert all(cells), (code, cells)


@pytest.mark.parametrize(
    "source",
    [
        'raise Conflict(code="a.b", title="已变动")',
        'raise errors.NotFound(code="a.b", title="没有")',
        'raise EvidenceError("a.b", "文件是空的")',
        'raise ProblemError("a.b" if short else "x.y", "不可行")',
        'class Mine(Invalid): pass\nraise Mine("a.b", "不对")',
        'row.refuse(column, "a.b", "不对")',
        'problem({"title": "不对", "status": 500, "code": "a.b"})',
        'TABLE = {400: ("a.b", 422, "不对")}',
        'TABLE = {400: ("a.b", f"不对 {value}")}',
        'WARNINGS = {"a.b": "提醒"}',
        'class Broken(ValueError):\n    code = "a.b"',
    ],
)
def test_a_code_is_found_however_it_is_answered(source: str) -> None:
    makers = MAKERS | {"Conflict", "NotFound", "Invalid", "Mine"}
    assert "a.b" in [code for code, _ in codes_in(ast.parse(source), makers)]


@pytest.mark.parametrize(
    "source",
    [
        '"""Raises `a.b`."""',
        'events.event("a.b", court=court)',
        '@needs("a.b")\ndef view(): ...',
        'if error.code == "a.b": ...',
        'visits.find({"a.b": 1})',
    ],
)
def test_what_only_looks_like_a_code_is_not_taken_for_one(source: str) -> None:
    assert list(codes_in(ast.parse(source), MAKERS)) == []
