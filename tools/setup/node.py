"""Node, the board's front end (server/board/web), and the foreign clients uploads are tested with (tests/foreign)."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from tools import progress
from tools.setup import python

WEB = python.ROOT / "server" / "board" / "web"
FOREIGN = python.ROOT / "tests" / "foreign"
# As the board's package.json says under `engines`.
OLDEST_NODE = {20: (20, 19), 22: (22, 12)}
NEWEST_LISTED = max(OLDEST_NODE)
BUILT = WEB / "dist" / "index.html"
# Never part of what the build is made from.
SKIPPED = {"node_modules", "dist", ".vite", "coverage"}


def environment(log_path: Path) -> dict[str, str]:
    """The environment `node` and `npm` run in: the system's when new enough, else from the pinned wheel."""
    if _node_is_new_enough() and shutil.which("npm"):
        return dict(os.environ)
    if not (python.VENV / "bin" / "npm").exists() or not _wheel_is_installed():
        python.pip_install("安装 Node.js(来自 pip)", "requirements-node.txt", log_path)
        _wheel_stamp().write_text(python.fingerprint("requirements-node.txt"))
    return {**os.environ, "PATH": f"{python.VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}


def board_packages(log_path: Path) -> dict[str, str] | None:
    """`npm ci` unless done for this lock file. Returns the environment for npm; None without a board."""
    if not (WEB / "package-lock.json").is_file():
        progress.say("看板前端尚未提供 package-lock.json,跳过")
        return None
    return _packages(WEB, "安装前端依赖(npm ci)", log_path)


def foreign_packages(log_path: Path) -> None:
    """tus-js-client and @tus/server, unmodified: for tests and measurements only."""
    _packages(FOREIGN, "安装续传测试用的客户端(npm ci)", log_path, "--omit=optional")


def _packages(folder: Path, title: str, log_path: Path, *options: str) -> dict[str, str]:
    """`npm ci` unless done for this lock file; the environment for npm."""
    env = environment(log_path)
    stamp = folder / "node_modules" / ".installed"
    wanted = _digest([folder / "package.json", folder / "package-lock.json"])
    if not stamp.is_file() or stamp.read_text() != wanted:
        progress.run(title, ["npm", "ci", *options], log_path=log_path, cwd=folder, env=env)
        stamp.write_text(wanted)
    return env


def board(log_path: Path) -> None:
    """Builds server/board/web/dist unless it was built from exactly these sources."""
    env = board_packages(log_path)
    if env is None:
        return
    stamp = WEB / "node_modules" / ".built"
    wanted = _digest(_sources())
    if BUILT.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        progress.say("✓ 看板前端已就绪")
        return
    stamp.unlink(missing_ok=True)
    progress.run("构建看板前端", ["npm", "run", "build"], log_path=log_path, cwd=WEB, env=env)
    stamp.write_text(wanted)


def npm(arguments: list[str], log_path: Path) -> int:
    """Runs npm in the board's folder; its exit code."""
    command = ["npm", *arguments]
    return subprocess.run(command, check=False, cwd=WEB, env=environment(log_path)).returncode


def _sources() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(WEB):
        folders[:] = sorted(set(folders) - SKIPPED)
        found += [Path(folder) / name for name in sorted(files) if not name.endswith(".tsbuildinfo")]
    contract = python.ROOT / "docs" / "openapi.json"
    return [*found, contract] if contract.is_file() else found


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _node_is_new_enough() -> bool:
    node = shutil.which("node")
    if node is None:
        return False
    printed = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)\.", printed)
    if not found:
        return False
    version = (int(found[1]), int(found[2]))
    return version[0] > NEWEST_LISTED or version >= OLDEST_NODE.get(version[0], (version[0] + 1, 0))


def _wheel_stamp() -> Path:
    return python.VENV / ".installed-requirements-node.txt"


def _wheel_is_installed() -> bool:
    stamp = _wheel_stamp()
    return stamp.is_file() and stamp.read_text() == python.fingerprint("requirements-node.txt")
