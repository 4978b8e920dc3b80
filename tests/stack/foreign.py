"""Programs of other people, unmodified (tests/foreign): tus-js-client as a process, @tus/server as a process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.stack.processes import ROOT
from tools.setup import node

FOLDER = ROOT / "tests" / "foreign"
# Without progress tus-js-client counts on; with it, it begins anew.
RETRY_MS = (0, *[30] * 10, *[200] * 10, *[1000] * 150)


@dataclass(frozen=True, slots=True)
class Job:
    """One file to upload. `chunk_size` in bytes, None: all in one PATCH; `parallel`: that many parts, concatenated."""

    path: str
    metadata: dict[str, str]
    chunk_size: int | None = None
    override: bool = False
    with_creation: bool = False
    parallel: int = 1
    in_memory: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """How one job ended; `error` is None when tus-js-client reported success. `begun`: times it was taken up."""

    job: Job
    url: str | None
    seconds: float
    begun: int
    error: str | None


@dataclass(slots=True)
class Uploads:
    """How all of them ended; `cpu_seconds` and `seconds` are the client's own."""

    done: list[Upload] = field(default_factory=list)
    cpu_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def errors(self) -> list[str]:
        return [one.error for one in self.done if one.error is not None]


def environment() -> dict[str, str]:
    """Where Node is, as `make test` installed it."""
    return node.environment(ROOT / "var" / "log" / "setup.log")


def upload(
    endpoint: str,
    jobs: Sequence[Job],
    *,
    headers: dict[str, str],
    streams: int = 4,
    idle_s: float = 3.0,
    timeout_s: float = 300.0,
) -> Uploads:
    """Lets tus-js-client upload the files, `streams` at a time; returns when it is done with all."""
    plan = {
        "endpoint": endpoint,
        "headers": headers,
        "streams": streams,
        "idle_ms": idle_s * 1000,
        "retry_ms": RETRY_MS,
        "jobs": [asdict(one) for one in jobs],
    }
    ended = subprocess.run(
        ["node", str(FOLDER / "upload.js")],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        env=environment(),
    )
    if ended.returncode:
        raise RuntimeError(f"tus-js-client ended with {ended.returncode}: {ended.stderr[-2000:]}")
    *lines, last = [json.loads(line) for line in ended.stdout.splitlines()]
    return Uploads([_upload(jobs, one) for one in lines], last["cpu_seconds"], last["seconds"])


def _upload(jobs: Sequence[Job], told: dict[str, Any]) -> Upload:
    return Upload(jobs[told["job"]], told["url"], told["seconds"], told["begun"], told["error"])


@contextmanager
def tus_server(folder: Path, *, fsync: bool) -> Iterator[tuple[str, int]]:
    """@tus/server with @tus/file-store over `folder`; (its endpoint, its process id)."""
    command = ["node", str(FOLDER / "server.js"), str(folder), *(["fsync"] if fsync else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert ready.startswith("READY "), f"@tus/server did not start: {ready!r}"
        yield ready.split()[1], process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()
