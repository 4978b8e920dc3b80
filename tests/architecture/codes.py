"""Finds every stable code the program can answer, by walking the syntax trees of its sources.

A code is dotted (`visit.not_yours`) and reaches the caller by one of these:
* a call of an error or problem class, or of a function that makes a row problem, with the code as an argument,
  any call with `code="…"`;
* a table: a tuple that holds a code and its Chinese title, `{"code": "…"}`, `WARNINGS = {code: title}` of evidence,
  `_ORDER = (codes)` of the reasons why a visit is not planned;
* a class attribute or variable called `code`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("server", "evidence", "routing", "miniprogram-api", "portal")
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
CHINESE = re.compile("[\u4e00-\u9fff]")

# Small families of the libraries, and what makes problems of rows, routes and positions.
MAKERS = {
    "DomainError",
    "EvidenceError",
    "ProblemError",
    "FieldProblem",
    "Problem",
    "Refusal",
    "Bar",
    "Reason",
    "Violation",
    "refuse",
    "warn",
    "_refuse",
    "_told",
}
# Their tuples and tables name what an outcome needs (`signer.name`) or may be permitted, not refusals.
NOT_TABLES = {"server/law/outcomes.py", "server/accounts/catalogue.py"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """(path from the root, syntax tree) of every source that can answer somebody; the drill only asks."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(("server/board/web/", "server/drill/")):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


@cache
def raised_codes() -> dict[str, str]:
    """Code → `file:line` of the first place that answers it."""
    trees = list(sources())
    makers = MAKERS | _subclasses([tree for _, tree in trees], MAKERS)
    found: dict[str, str] = {}
    for name, tree in trees:
        for code, line in codes_in(tree, makers, tables=name not in NOT_TABLES):
            found.setdefault(code, f"{name}:{line}")
    return found


def codes_in(tree: ast.AST, makers: set[str], *, tables: bool = True) -> Iterator[tuple[str, int]]:
    """(code, line) of everything in one syntax tree that answers a code."""
    for node in ast.walk(tree):
        for part in _places(node, makers, tables=tables):
            for constant in _constants(part):
                yield constant.value, constant.lineno


def _places(node: ast.AST, makers: set[str], *, tables: bool) -> list[ast.expr]:
    """The expressions of a node in which a constant is a code."""
    if isinstance(node, ast.Call):
        named = [one.value for one in node.keywords if one.arg == "code"]
        return [*node.args, *named] if _name(node.func) in makers else named
    if isinstance(node, ast.Tuple) and tables:
        return list(node.elts) if any(_is_chinese(one) for one in node.elts) else []
    if isinstance(node, ast.Dict):
        return [value for key, value in zip(node.keys, node.values, strict=True) if _is(key, "code")]
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        return _assigned(node)
    return []


def _assigned(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if "code" in names and node.value is not None:
        return [node.value]
    if "WARNINGS" in names and isinstance(node.value, ast.Dict):
        return [key for key in node.value.keys if key is not None]
    if "_ORDER" in names and isinstance(node.value, ast.Tuple):
        return list(node.value.elts)
    return []


def _constants(part: ast.expr) -> Iterator[ast.Constant]:
    """Codes in an expression: itself, or the branches of `a if … else b`."""
    if isinstance(part, ast.IfExp):
        yield from _constants(part.body)
        yield from _constants(part.orelse)
    elif isinstance(part, ast.Constant) and isinstance(part.value, str) and CODE.fullmatch(part.value):
        yield part


def _subclasses(trees: list[ast.Module], bases: set[str]) -> set[str]:
    """Names of classes that derive from these, however far down."""
    known = set(bases)
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while True:
        more = {one.name for one in classes if {_name(base) for base in one.bases} & known} - known
        if not more:
            return known - bases
        known |= more


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is(node: ast.expr | None, value: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _is_chinese(node: ast.expr) -> bool:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) and CHINESE.search(one.value) for one in parts
    )
