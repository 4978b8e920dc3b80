"""The virtual environment and its packages."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import subprocess
import sys
from pathlib import Path

from tools import progress
from tools.setup import system

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# There while pip works; left behind when it was killed.
HALF_DONE = VENV / ".installing"
# A file listed later holds everything of the earlier ones, at the same versions (`make lint` checks it).
LEVELS = ("requirements-embedded.txt", "requirements-dev.txt")


def environment(log_path: Path) -> None:
    """Makes .venv; makes it again when it does not work, as after a kill half-way."""
    if _works():
        progress.say("✓ Python 虚拟环境已就绪")
        return
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_package(log_path)
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    progress.run("创建 Python 虚拟环境 .venv", command, log_path=log_path)


def _install_venv_package(log_path: Path) -> None:
    """Debian's Python comes without `ensurepip`; venv cannot make an environment with pip in it."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    try:
        system.install(f"安装 {package}", [package], log_path)
    except system.NoAptError as problem:
        raise progress.StepError(
            f"这个 Python 不能创建虚拟环境({problem})。请管理员安装 {package} 后再试。"
        ) from problem


def packages(requirements: str, log_path: Path) -> None:
    """Installs a requirements file into .venv, hashes checked, unless that was already done to the end."""
    if _stamp(requirements).is_file() and _stamp(requirements).read_text() == fingerprint(requirements):
        progress.say("✓ Python 依赖已就绪")
        return
    pip_install("安装 Python 依赖(首次约一两分钟)", requirements, log_path)
    without_gpl = [str(PYTHON), str(ROOT / "tools" / "setup" / "without_gpl.py")]
    progress.run("移除解码库附带的 GPL 编码器", without_gpl, log_path=log_path)
    for level in LEVELS[: LEVELS.index(requirements) + 1] if requirements in LEVELS else [requirements]:
        _stamp(level).write_text(fingerprint(level))


def pip_install(title: str, requirements: str, log_path: Path) -> None:
    """`pip install -r` of one of the pinned files."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    # Modules are compiled when they are first imported: most of what the packages bring never is.
    command.append("--no-compile")
    HALF_DONE.touch()
    try:
        progress.run(title, [*command, "-r", str(ROOT / requirements)], log_path=log_path)
    except progress.StepError as problem:
        # pip that fails by itself leaves whole packages; pip that is killed may leave one it takes for whole.
        if not problem.killed:
            HALF_DONE.unlink()
        raise
    HALF_DONE.unlink()


def fingerprint(requirements: str) -> str:
    """What an installation depends on: the file, and the Python it was made for."""
    content = (ROOT / requirements).read_bytes()
    return f"{hashlib.sha256(content).hexdigest()} {platform.python_version()}"


def _stamp(requirements: str) -> Path:
    return VENV / f".installed-{requirements}"


def _works() -> bool:
    if not PYTHON.exists() or HALF_DONE.exists():
        return False
    probe = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0
