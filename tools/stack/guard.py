"""Where a stack lives, and whether it may start there.

Standard library only: it is asked before anything is installed.
"""

from __future__ import annotations

import fcntl
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.stack.ports import LOOPBACK, is_free
from tools.stack.procfs import Identity, environ_of, group_members

ORPHAN_PATIENCE_S = 15.0
# Every process of a stack carries this, so that it can be told from a stranger with a recycled number.
MARK = "SONGDA_STACK_VAR"


class Refusal(RuntimeError):
    """The stack must not start here and now; the message, for people, says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """`var` holds everything one stack keeps; web listens on `port`, live updates on the next one."""

    var: Path
    port: int
    host: str = LOOPBACK

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Place:
        """PORT (8000), VAR (./var), HOST (127.0.0.1). Raises Refusal for a port that is none."""
        written = environ.get("PORT") or "8000"
        if not written.isdecimal() or not 1 <= int(written) <= 65534:
            raise Refusal(f"PORT 应为 1 到 65534 之间的数字,收到「{written}」(PORT is not a port number)")
        var = Path(environ.get("VAR") or "var").expanduser().absolute()
        return cls(var=var, port=int(written), host=environ.get("HOST") or LOOPBACK)

    @property
    def live_port(self) -> int:
        return self.port + 1

    @property
    def log_dir(self) -> Path:
        return self.var / "log"

    @property
    def run_dir(self) -> Path:
        return self.var / "run"

    @property
    def supervisor_pid_path(self) -> Path:
        return self.run_dir / "supervisor.json"

    @property
    def state_path(self) -> Path:
        """Ports and pids, for `status` and for tests; removed when the stack stops."""
        return self.run_dir / "state.json"

    def pid_path(self, service: str) -> Path:
        return self.run_dir / f"{service}.pid.json"


@contextmanager
def hold(place: Place) -> Iterator[None]:
    """Keeps the place for this process. Raises Refusal when another stack runs there. kill -9 lets go too."""
    try:
        place.run_dir.mkdir(parents=True, exist_ok=True)
        lock = (place.run_dir / "lock").open("w")
    except OSError as problem:
        raise Refusal(f"不能写入数据目录 {place.var}:{problem}") from problem
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(_already_running(place)) from None
        yield


def check(place: Place) -> None:
    """Raises Refusal when another stack runs at the place or a port is taken."""
    with hold(place):
        sweep(place)
        check_ports(place)


def check_ports(place: Place) -> None:
    """Raises Refusal naming the first port that is taken."""
    for port, purpose in ((place.port, "网页 web"), (place.live_port, "实时更新 live = PORT+1")):
        if not is_free(port, place.host):
            raise Refusal(
                f"端口 {port}({purpose})已被别的程序占用,什么都没有启动。"
                f"换一个端口:make run PORT={place.port + 100}\n"
                f"  Port {port} is already in use; nothing was started."
            )


def sweep(place: Place) -> None:
    """Ends what a murdered supervisor left behind: exactly the processes its pid files name, no others."""
    left = [(path, Identity.read(path)) for path in sorted(place.run_dir.glob("*.pid.json"))]
    alive = [identity for _, identity in left if identity is not None and identity.is_alive()]
    for identity in alive:
        identity.signal(signal.SIGTERM)
    deadline = time.monotonic() + ORPHAN_PATIENCE_S
    while any(identity.is_alive() for identity in alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    for path, named in left:
        # A helper may outlive its leader and keep the port.
        if named is not None and any(belongs_to(pid, place) for pid in group_members(named.pid)):
            named.kill_group()
        path.unlink(missing_ok=True)


def belongs_to(pid: int, place: Place) -> bool:
    """True when the process was started by a stack at this place."""
    return environ_of(pid).get(MARK) == str(place.var)


def _already_running(place: Place) -> str:
    owner = Identity.read(place.supervisor_pid_path)
    who = f"(进程 {owner.pid})" if owner is not None and owner.is_alive() else ""
    return (
        f"数据目录 {place.var} 上已有一个送达在运行{who}。停止它:make down VAR={place.var};"
        "或另用一个目录和端口:make run VAR=./var2 PORT=8100\n"
        f"  Another Songda already runs on {place.var}."
    )
