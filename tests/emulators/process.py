"""An emulator as a process of its own, reached over a socket as the real system would be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.stack.processes import ROOT

_END_S = 5.0


@contextmanager
def running(module: str, *arguments: str) -> Iterator[tuple[str, requests.Session]]:
    """Runs `python -m MODULE ARGUMENTS…`, which prints `READY <url>`; gives its address and a session to control it."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert ready.startswith("READY http://127.0.0.1:"), f"{module} did not start: {ready!r}"
        with requests.Session() as http:
            http.trust_env = False
            yield ready.split()[1], http
    finally:
        process.terminate()
        process.wait(timeout=_END_S)
        process.stdout.close()
