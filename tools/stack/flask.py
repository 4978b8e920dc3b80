"""`python -m tools.stack.flask …`: a `flask --app wsgi …` command with the environment of a stack on this machine.

The stack that answers at STACK_URL (so `make day PORT=8100` needs no VAR), else the one at VAR.
For `make day` and for looking around a demo; in production the environment is set by whoever starts the program.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tools import progress
from tools.stack.config import ROOT, load
from tools.stack.guard import MARK, Place, Refusal
from tools.stack.procfs import environ_of


def main(arguments: list[str]) -> int:
    """The exit code of flask; 1 when no stack was ever started at the place."""
    progress.prepare_output()
    try:
        place = serving(os.environ.get("STACK_URL", "")) or Place.from_environ(os.environ)
        if not (place.run_dir / "ports.json").is_file():
            raise Refusal(f"{place.var} 上没有启动过送达。请先运行 make run(或用 VAR 指出数据目录)")
        environ = dict(load(place, os.environ, running=True).environ)
    except Refusal as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, env=environ).returncode


def serving(url: str) -> Place | None:
    """The place of the running stack whose web listens at the URL, found by the mark its processes carry."""
    if not url:
        return None
    port = urlsplit(url).port
    for entry in Path("/proc").iterdir():
        environ = environ_of(int(entry.name)) if entry.name.isdigit() else {}
        if MARK in environ and urlsplit(environ.get("SONGDA_PUBLIC_URL", "")).port == port:
            return Place(var=Path(environ[MARK]), port=port or 80)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
