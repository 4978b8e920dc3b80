"""`python -m tools.stack.prepare ACCOUNTS_FILE`: indexes, demo court and list of demo accounts in one process.

The same as `flask --app wsgi db indexes`, `demo seed` and `demo accounts`, but the program is loaded only once,
which is most of the time they take.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from flask.cli import FlaskGroup

from wsgi import app


def main(accounts_path: Path) -> None:
    """Writes the accounts to the file, everything else to standard output."""
    commands = FlaskGroup(create_app=lambda: app)
    commands.main(["db", "indexes"], standalone_mode=False)
    commands.main(["demo", "seed"], standalone_mode=False)
    with accounts_path.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        commands.main(["demo", "accounts"], standalone_mode=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
