"""A whole Songda as `make run` starts it, on free ports with its data in a scratch folder, for resilience tests."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.stack.processes import ROOT, wait_until
from tools.stack.child import Child
from tools.stack.guard import Place
from tools.stack.ports import is_free
from tools.stack.procfs import Identity
from tools.stack.supervisor import get

START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 60.0
BELOW_EPHEMERAL, PAIRS = 20_000, 6_000  # Linux hands out 32768 and above (net.ipv4.ip_local_port_range)


class WholeStack:
    """The stack under the real supervisor.

    >>> with WholeStack(folder) as stack:
    ...     stack.kill("mongod")
    ...     stack.wait_until_back("mongod")
    """

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        """`folder` holds VAR. MONGODB_URI and REDIS_URL of the environment are not passed on: kill needs its own."""
        self.place = Place(var=folder / "var", port=free_port_pair())
        environ = {key: value for key, value in os.environ.items() if key not in ("MONGODB_URI", "REDIS_URL")}
        self.supervisor = Child(
            "supervisor",
            [sys.executable, "-m", "tools.stack", "run"],
            log_path=folder / "supervisor.log",
            env={**environ, **(env or {}), "PORT": str(self.place.port), "VAR": str(self.place.var)},
            cwd=ROOT,
            stop_timeout_s=STOP_TIMEOUT_S,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.place.port}"

    @property
    def live_url(self) -> str:
        return f"http://127.0.0.1:{self.place.live_port}"

    @property
    def ports(self) -> dict[str, int]:
        """Of `mongod`, `valkey` and `wechat`."""
        return {name: int(port) for name, port in self.state()["ports"].items()}

    @property
    def mongodb_uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.ports['mongod']}/songda?replicaSet=rs0"

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.ports['valkey']}/0"

    @property
    def wechat_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['wechat']}"

    def state(self) -> dict[str, Any]:
        """What the supervisor says about itself; empty while it starts."""
        try:
            found = json.loads(self.place.state_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def start(self) -> None:
        """Returns when /readyz says so; StackError with the supervisor's words when it does not come to that."""
        self.supervisor.start()
        wait_until(
            # A murdered supervisor leaves its state behind: it must be the new one that says so.
            lambda: {"ready": True, "supervisor": self.supervisor.pid}.items() <= self.state().items(),
            child=self.supervisor,
            what="the whole stack",
            timeout_s=START_TIMEOUT_S,
        )

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.supervisor.stop()

    def identity(self, service: str) -> Identity:
        """The process that leads a service now."""
        found = Identity.read(self.place.pid_path(service))
        if found is None:
            raise LookupError(f"{service} is not running")
        return found

    def kill(self, service: str) -> Identity:
        """kill -9 of a whole service, every process of it; returns who died."""
        killed = self.identity(service)
        killed.kill_group()
        return killed

    def kill_supervisor(self) -> None:
        """kill -9 of the supervisor alone."""
        os.kill(self.supervisor.pid, signal.SIGKILL)
        self.supervisor.wait(10)

    def wait_until_back(self, service: str, killed: Identity, timeout_s: float = 60.0) -> None:
        """Returns when another process leads the service and /readyz is content."""

        def back() -> bool:
            now = Identity.read(self.place.pid_path(service))
            return now is not None and now != killed and now.is_alive() and self.ready()

        wait_until(back, child=self.supervisor, what=f"{service} to come back", timeout_s=timeout_s)

    def flask(self, name: str, *arguments: str) -> Child:
        """Starts a `flask --app wsgi …` command beside the stack, with its environment, and does not wait for it."""
        child = Child(
            name,
            [sys.executable, "-m", "tools.stack.flask", *arguments],
            log_path=self.place.var.parent / f"{name}.log",
            env={**os.environ, "PORT": str(self.place.port), "VAR": str(self.place.var)},
            cwd=ROOT,
        )
        child.start()
        return child

    def ready(self) -> bool:
        return get(self.place.port, "/readyz")[0] == 200

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port_pair() -> int:
    """A port that is free together with the next one: web and live.

    Below those the system hands out by itself: until we listen, no connection of another worker's takes it.
    """
    while True:
        port = BELOW_EPHEMERAL + 2 * secrets.randbelow(PAIRS)
        if is_free(port) and is_free(port + 1):
            return port
