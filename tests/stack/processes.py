"""Processes of the product under test: gunicorn, Celery, emulators, whatever runs until stopped."""

from __future__ import annotations

import http.client
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tools.stack.child import Child, StackError
from tools.stack.ports import is_free

ROOT = Path(__file__).resolve().parents[2]


class Processes:
    """Starts commands as children and ends all of them, last first, at `close()`.

    >>> web = processes.start("web", [*GUNICORN, "-b", f"127.0.0.1:{port}", "wsgi:app"], env=env, port=port)
    >>> web.kill()
    ... web.start()
    ... processes.wait_for_port(web, port)
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: list[Child] = []

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        port: int | None = None,
        url: str | None = None,
        timeout_s: float = 60.0,
    ) -> Child:
        """Runs a command from the project's root; waits for `port` to listen or `url` to answer 2xx.

        `env` is added to this process's environment. Output goes to `<folder>/<name>.log`.
        """
        child = Child(
            name,
            command,
            log_path=self.folder / f"{name}.log",
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'miniprogram-api'}:{ROOT}", **(env or {})},
            cwd=ROOT,
        )
        self.children.append(child)
        child.start()
        if port is not None:
            self.wait_for_port(child, port, timeout_s)
        if url is not None:
            self.wait_for_url(child, url, timeout_s)
        return child

    def python(self, name: str, *arguments: str, env: Mapping[str, str] | None = None, port: int) -> Child:
        """Runs `python ARGUMENTS…` of this environment and waits for its port."""
        return self.start(name, [sys.executable, *arguments], env=env, port=port)

    def wait_for_port(self, child: Child, port: int, timeout_s: float = 60.0) -> None:
        """Returns when something listens on the port; StackError when the child dies or time runs out."""
        wait_until(lambda: not is_free(port), child=child, timeout_s=timeout_s, what=f"port {port}")

    def wait_for_url(self, child: Child, url: str, timeout_s: float = 60.0) -> None:
        """Returns when the URL answers 2xx; StackError when the child dies or time runs out."""
        wait_until(lambda: answers(url), child=child, timeout_s=timeout_s, what=url)

    def close(self) -> None:
        """Stops what still runs, last started first."""
        for child in reversed(self.children):
            child.stop()
        self.children.clear()


def answers(url: str, timeout_s: float = 5.0) -> bool:
    """True when a GET answers 2xx."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}")
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until(reached: Callable[[], bool], *, what: str, timeout_s: float = 30.0, child: Child | None = None) -> None:
    """Waits for a condition; StackError says what was awaited and shows the end of the child's log."""
    deadline = time.monotonic() + timeout_s
    while not reached():
        if child is not None and not child.running:
            raise StackError(f"{child.name} ended with {child.exit_code} before {what}:\n{child.log_tail(40)}")
        if time.monotonic() > deadline:
            tail = f":\n{child.log_tail(40)}" if child is not None else ""
            raise StackError(f"waited {timeout_s:.0f} s for {what} in vain{tail}")
        time.sleep(0.05)
