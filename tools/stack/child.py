"""One child process of the stack: its own process group, its log, its pid file, its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.stack.procfs import Identity, wait_for_group

TAIL_BYTES = 64 * 1024
# A log longer than this is put aside (one generation) at the next start.
LOG_BYTES = 20 * 1024 * 1024


class StackError(RuntimeError):
    """Something of the stack could not be started or did not behave; the message is for people."""

    code = "stack.failed"


class Child:
    """A program run as a child in a process group of its own: a terminal's Ctrl-C reaches only the parent.

    When the parent is killed outright the kernel sends the child SIGTERM (`setpriv --pdeathsig`, util-linux),
    so a murdered supervisor or test run leaves no servers behind.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log_path: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        pid_path: Path | None = None,
        stop_timeout_s: float = 20.0,
        readable: Callable[[list[str]], list[str]] = list,
    ) -> None:
        """`readable` turns the lines of its log into what people want to see when it died."""
        self.name = name
        self.command = list(command)
        self.log_path = log_path
        self.env = dict(env) if env is not None else None
        self.cwd = cwd
        self.pid_path = pid_path
        self.stop_timeout_s = stop_timeout_s
        self.readable = readable
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        """The pid of the running (or last) process; StackError when it was never started."""
        if self._popen is None:
            raise StackError(f"{self.name} was never started")
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the last process ended (negative: by that signal); None while it runs or before a start."""
        return None if self._popen is None else self._popen.poll()

    def start(self) -> None:
        """Starts the process. Does nothing when it runs."""
        if self.running:
            return
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log_path.is_file() and self.log_path.stat().st_size > LOG_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            self._log_start = log.tell()
            self._popen = subprocess.Popen(
                [*_leash(), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
            )
        identity = Identity.of(self._popen.pid)
        if self.pid_path is not None and identity is not None:
            identity.write(self.pid_path)

    def wait(self, timeout_s: float) -> bool:
        """Waits for its end; False when it still runs after that time."""
        if self._popen is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout_s)
        return not self.running

    def ask_to_stop(self) -> None:
        """SIGTERM to the leader, without waiting; `stop` waits."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.terminate()

    def stop(self) -> None:
        """Asks it to end (SIGTERM to the leader, which ends its helpers), then insists on the whole group."""
        popen = self._popen
        if popen is None:
            return
        if popen.poll() is None:
            popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(self.stop_timeout_s)
        self._kill_group()
        self._forget()

    def kill(self) -> None:
        """kill -9 of the whole group, without warning: for resilience tests and as a last resort."""
        if self._popen is None:
            return
        self._kill_group()
        self._forget()

    def log_tail(self, lines: int = 12) -> str:
        """The last lines written since the last start."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, log.tell() - TAIL_BYTES))
                text = log.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(self.readable(text.splitlines())[-lines:])

    def _kill_group(self) -> None:
        if self._popen is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        wait_for_group(self._popen.pid)

    def _forget(self) -> None:
        if self.pid_path is not None:
            self.pid_path.unlink(missing_ok=True)


def _leash() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
