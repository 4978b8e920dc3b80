"""`python -m tools.requirements check` finds every way the pinned files can drift."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools import requirements
from tools.requirements import FILES, ROOT, problems


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ["pyproject.toml", *(file.name for file in FILES)]:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_new_dependency_without_make_requirements_is_found(copy: Path) -> None:
    before = problems(copy)
    edit(copy / "pyproject.toml", "dependencies = [", 'dependencies = [\n    "left-pad>=1",')
    found = set(problems(copy)) - set(before)
    assert {line.split()[0] for line in found} | {line.split()[0] for line in before} >= {
        "requirements.txt",
        "requirements-embedded.txt",
        "requirements-dev.txt",
    }


def test_a_new_tool_drifts_the_dev_file_only(copy: Path) -> None:
    runtime = next(file for file in FILES if file.name == "requirements.txt")
    dev = next(file for file in FILES if file.name == "requirements-dev.txt")
    before = requirements.declared(runtime, copy), requirements.declared(dev, copy)
    edit(copy / "pyproject.toml", "dev = [", 'dev = [\n    "left-pad>=1",')
    assert requirements.declared(runtime, copy) == before[0]
    assert requirements.declared(dev, copy) == sorted([*before[1], "left-pad>=1"])


def test_a_pin_edited_by_hand_is_found(copy: Path) -> None:
    edit(copy / "requirements.txt", "flask==3.1.3", "flask==3.1.2")
    found = problems(copy)
    assert "requirements.txt was edited by hand" in found
    assert "requirements-dev.txt pins flask 3.1.3, requirements.txt 3.1.2" in found


def test_a_missing_file_is_found(copy: Path) -> None:
    (copy / "requirements-dev.txt").unlink()
    assert "requirements-dev.txt is missing" in problems(copy)


def test_the_files_name_no_server_and_no_machine() -> None:
    for file in FILES:
        text = (ROOT / file.name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        assert " /" not in text
        assert all("--hash=sha256:" in block for block in text.split("\n    # via")[:1])
