"""`python -m tools.stack.flask …`: a `flask --app wsgi …` command with the environment of the stack at VAR.

For `make day` and for looking around a demo; in production the environment is set by whoever starts the program.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tools import progress
from tools.stack.config import ROOT, load
from tools.stack.guard import Place, Refusal


def main(arguments: list[str]) -> int:
    """The exit code of flask; 1 when no stack was ever started at the place."""
    progress.prepare_output()
    try:
        place = Place.from_environ(os.environ)
        if not (place.run_dir / "ports.json").is_file():
            raise Refusal(f"{place.var} 上没有启动过送达。请先运行 make run(或用 VAR 指出数据目录)")
        environ = dict(load(place, os.environ, running=True).environ)
    except Refusal as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
