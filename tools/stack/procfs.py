"""Telling processes apart for certain: a written pid may meanwhile belong to another program."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process, named by its pid, the boot it belongs to and its start in clock ticks since that boot."""

    pid: int
    start_ticks: int
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """The identity of a living process; None when it is gone or a zombie."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # The second field is the program's name in brackets and may itself hold brackets and blanks.
        fields = stat.rpartition(")")[2].split()
        if fields[0] in ("Z", "X"):
            return None
        return cls(pid=pid, start_ticks=int(fields[19]), boot_id=_boot_id())

    def is_alive(self) -> bool:
        """True while it is still that very process."""
        return Identity.of(self.pid) == self

    def kill_group(self) -> None:
        """kill -9 of the process group this process leads or led; never a group led by another process.

        Returns when nobody of the group is left (at most 5 s later): its ports are free only then.
        """
        if self.boot_id != _boot_id() or Identity.of(self.pid) not in (None, self):
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        wait_for_group(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to this process alone, if it is still that very process."""
        if not self.is_alive():
            return
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def write(self, path: Path) -> None:
        """Writes the pid file; whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(
            json.dumps({"pid": self.pid, "start_ticks": self.start_ticks, "boot_id": self.boot_id}),
            encoding="utf-8",
        )
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> Identity | None:
        """The process a pid file names, alive or not; None for a missing or damaged file."""
        try:
            written = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                pid=int(written["pid"]),
                start_ticks=int(written["start_ticks"]),
                boot_id=str(written["boot_id"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def group_members(group: int) -> list[int]:
    """Pids of the living processes in a process group."""
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in ("Z", "X") and int(fields[2]) == group:
            members.append(int(entry.name))
    return members


def wait_for_group(group: int, timeout_s: float = 5.0) -> None:
    """Waits until a process group that was killed is gone: orphans are reaped by init, not by us."""
    deadline = time.monotonic() + timeout_s
    while group_members(group) and time.monotonic() < deadline:
        time.sleep(0.02)


def environ_of(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty when it is gone or not ours to read."""
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return {}
    pairs = (entry.decode("utf-8", errors="replace").partition("=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}
