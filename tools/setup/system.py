"""What apt provides (Debian, Ubuntu): shared libraries, Chinese fonts, Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import progress

CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")
CHROMIUM = Path("/usr/bin/chromium")
SLAPD = Path("/usr/sbin/slapd")


class NoAptError(progress.StepError):
    """Packages cannot be installed here: no apt, or neither root nor sudo."""


def install(title: str, packages: list[str], log_path: Path) -> None:
    """Installs Debian packages. Raises NoAptError when this user cannot, StepError when apt fails."""
    prefix = _as_root()
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    command = [*prefix, "apt-get", "install", *options, *packages]
    try:
        progress.run(title, command, log_path=log_path, env=env)
    except progress.StepError:
        # A fresh image has no package lists, an old one names versions that are gone.
        progress.run("更新软件源目录", [*prefix, "apt-get", "update", "-q"], log_path=log_path, env=env)
        progress.run(title, command, log_path=log_path, env=env)


def _as_root() -> list[str]:
    if shutil.which("apt-get") is None:
        raise NoAptError("本机没有 apt-get")
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise NoAptError("不是 root 用户,也没有 sudo")
    if sys.stdin.isatty():
        return ["sudo"]
    if subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode:
        raise NoAptError("不是 root 用户,sudo 需要密码")
    return ["sudo", "-n"]


def chinese_fonts(log_path: Path) -> None:
    """Noto CJK (Serif and Sans, Regular and Bold); without it papers use the font from pip, Regular only."""
    if CJK_FONT.exists():
        progress.say("✓ 中文字体已就绪")
        return
    try:
        install("安装中文字体 fonts-noto-cjk", ["fonts-noto-cjk"], log_path)
    except progress.StepError as problem:
        progress.say(f"未能安装 fonts-noto-cjk,文书改用 pip 自带字体(只有常规字重)。原因:{problem}")


def chromium(log_path: Path) -> None:
    """Debian's Chromium for the browser journeys."""
    if CHROMIUM.exists():
        progress.say("✓ Chromium 已就绪")
        return
    try:
        install("安装 Chromium(浏览器测试)", ["chromium"], log_path)
    except progress.StepError as problem:
        progress.say(f"未能安装 Chromium,浏览器测试将无法进行。原因:{problem}")


def slapd(log_path: Path) -> None:
    """Debian's OpenLDAP server, for the tests only: installed without a configuration, so that none is started."""
    if SLAPD.exists():
        progress.say("✓ slapd 已就绪")
        return
    try:
        _answer_beforehand("slapd slapd/no_configuration boolean true")
        install("安装 slapd(统一账号目录的测试)", ["slapd"], log_path)
    except (progress.StepError, OSError, subprocess.CalledProcessError) as problem:
        progress.say(f"未能安装 slapd,统一账号目录的测试将跳过。原因:{problem}")


def _answer_beforehand(answer: str) -> None:
    """What a package would ask while it is installed."""
    subprocess.run([*_as_root(), "debconf-set-selections"], input=answer.encode(), check=True, capture_output=True)


def libraries_of(program: Path, log_path: Path) -> None:
    """The shared libraries mongod links (libcurl, OpenSSL 3); minimal images lack them."""
    missing = _missing_libraries(program)
    if not missing:
        return
    install("安装 mongod 所需系统库", ["libcurl4", "libssl3", "liblzma5"], log_path)
    missing = _missing_libraries(program)
    if missing:
        raise progress.StepError(
            f"mongod 缺少系统库:{', '.join(missing)}。请安装它们,或设置 MONGODB_URI 使用已有的 MongoDB。"
        )


def _missing_libraries(program: Path) -> list[str]:
    if not program.exists() or shutil.which("ldd") is None:
        return []
    listed = subprocess.run(["ldd", str(program)], check=False, capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines() if "not found" in line]
