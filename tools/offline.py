"""`python -m tools.offline …`: a `flask --app wsgi …` command that needs the program but none of its servers.

For the OpenAPI document and the list of permissions: settings that are well-formed and lead nowhere.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """The exit code of flask."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        key = folder / "master.key"
        key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        environ = {
            **os.environ,
            "SONGDA_MODE": "test",
            "MONGODB_URI": "mongodb://127.0.0.1:1/offline",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "SONGDA_SECRET_KEY": secrets.token_hex(32),
            "SONGDA_MASTER_KEY_FILE": str(key),
            "SONGDA_EVIDENCE_STORE": folder.as_uri(),
        }
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        return subprocess.run(command, check=False, cwd=ROOT, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
