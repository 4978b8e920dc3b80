"""The dependency rule is held by import-linter, and import-linter is held by this: a planted breach must fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("server", "routing", "evidence", "portal", "miniprogram-api")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python sources of the product, where a breach can be planted."""
    target = tmp_path_factory.mktemp("tree")
    for folder in FOLDERS:
        shutil.copytree(
            ROOT / folder,
            target / folder,
            ignore=shutil.ignore_patterns("web", "client", "__pycache__", "data", "templates"),
        )
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'miniprogram-api'}:{root}"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_the_tree_as_it_is_keeps_every_contract(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("routing/problem.py", "import flask", "Libraries know no web"),
        ("evidence/hashing.py", "import routing.problem", "Faces use the server"),
        ("server/core/ids.py", "import server.service.models", "Floors of the server"),
        ("server/service/models/tasks.py", "import server.dispatch.models", "Floors of the server"),
        ("server/law/outcomes.py", "import server.core.database", "The law takes values"),
        ("server/service/models/tasks.py", "import server.service.services", "Inside a feature"),
        ("miniprogram-api/miniprogram_api/api.py", "import portal.judge.api", "Faces use the server"),
        ("portal/judge/pages.py", "import server.service.models", "Faces reach the data"),
        ("server/dispatch/models.py", "def late():\n    import server.field.models", "Floors of the server"),
    ],
)
def test_a_planted_breach_fails(copy: Path, file: str, line: str, broken: str) -> None:
    target = copy / file
    before = target.read_text(encoding="utf-8")
    target.write_text(f"{before}\n\n{line}\n", encoding="utf-8")
    try:
        result = lint(copy)
    finally:
        target.write_text(before, encoding="utf-8")
    assert result.returncode != 0
    assert any(broken in row and "BROKEN" in row for row in result.stdout.splitlines()), result.stdout
