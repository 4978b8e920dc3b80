"""Resumable uploads beside `@tus/server` with `@tus/file-store` (Node), both on this machine in the same run.

The same unmodified tus-js-client sends the same amount in pieces of 8 MB to each in turn, over loopback, one stream and
eight. Ours is the whole product: two web processes, MongoDB and Valkey, sign-in, rights and the audit log; the item is
announced before, the bytes are on the disk (fdatasync) before every answer, and at the end they are hashed and become
an item of evidence. `@tus/server` is measured as anybody would start it (no fsync, nothing checked, no sign-in), and
with an fsync before every answer. Processor time is that of all server processes, databases included, without the
client's.

Memory: one web process receives 2 GB in one upload; what it holds is read twenty times a second.
"""

from __future__ import annotations

import http.client
import os
import tempfile
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import requests

from bench.bench_phone import Client, make_day, stack, web
from bench.figures import Figure
from evidence.hashing import sha256_of
from server.core import crypto, database
from server.core.clock import utc_now
from server.core.crypto.mongo_keys import MongoKeys
from server.core.ids import new_id
from tests.stack import foreign
from tests.stack.foreign import Job
from tools.stack.ports import LOOPBACK
from tools.stack.procfs import group_members

MB = 1_000_000
PIECE = 8 * 1024 * 1024
ROUNDS, QUICK_ROUNDS = 5, 1
# Bytes per stream; an announced recording may have 100 MB.
SIZES = {1: 96 * MB, 8: 24 * MB}
BIG, QUICK_BIG = 2_000 * MB, 200 * MB
AIM_RATIO, AIM_GROWTH_MB = 1.0, 8.0
COLLECTION = "/api/phone/uploads"
_TICKS: int = os.sysconf("SC_CLK_TCK")


@dataclass
class Side:
    """One server: where it takes uploads, and the processor seconds of its processes so far."""

    name: str
    cpu_s: Callable[[], float]
    endpoint: str
    headers: dict[str, str] = field(default_factory=dict)
    announce: Callable[[list[Path]], list[dict[str, str]]] = lambda paths: [{} for _ in paths]
    mb_per_s: dict[int, list[float]] = field(default_factory=dict)
    cpu_s_per_gb: dict[int, list[float]] = field(default_factory=dict)

    def measure(self, folder: Path, streams: int) -> None:
        """One round: fresh files, all streams at once."""
        paths = [_recording(folder / f"{number}.wav", SIZES[streams]) for number in range(streams)]
        known = self.announce(paths)
        jobs = [Job(str(path), said, chunk_size=PIECE) for path, said in zip(paths, known, strict=True)]
        before = self.cpu_s()
        done = foreign.upload(self.endpoint, jobs, headers=self.headers, streams=streams, idle_s=60)
        spent = self.cpu_s() - before
        if done.errors or len(done.done) != streams:
            raise SystemExit(f"{self.name}: {done.errors or done.done}")
        moved = sum(path.stat().st_size for path in paths)
        self.mb_per_s.setdefault(streams, []).append(moved / MB / done.seconds)
        self.cpu_s_per_gb.setdefault(streams, []).append(spent / (moved / 1e9))


def figures(quick: bool) -> list[Figure]:
    """Throughput and processor time of all sides and their ratios, then memory."""
    with tempfile.TemporaryDirectory(prefix="songda-bench-") as folder, ExitStack() as open_:
        base = Path(folder)
        env = open_.enter_context(stack(base))
        client = _phone(env, base)
        theirs = [open_.enter_context(_tus(base / name, fsync=name == "fsync")) for name in ("plain", "fsync")]
        with web(base, "wsgi:app", env, workers=2) as (port, child):
            ours = _ours(port, client, lambda: sum(map(_cpu_s, (*_databases(base), *group_members(child.pid)))))
            _in_turns(base, [ours, *theirs], QUICK_ROUNDS if quick else ROUNDS)
        with web(base, "wsgi:app", env, workers=1) as (port, child):
            grown = _growth(port, client, child.pid, QUICK_BIG if quick else BIG)
    return [
        *(one for streams in SIZES for one in _compared(ours, theirs, streams)),
        Figure(f"memory of the web process during one upload of {(QUICK_BIG if quick else BIG) / 1e9:g} GB", [grown],
               "MB more", aim=AIM_GROWTH_MB),
    ]  # fmt: skip


def _in_turns(base: Path, sides: list[Side], rounds: int) -> None:
    for streams in SIZES:
        for number in range(rounds + 1):
            for one in sides:
                with tempfile.TemporaryDirectory(dir=base) as files:
                    one.measure(Path(files), streams)
                if number == 0:  # caches and lazy imports: thrown away
                    one.mb_per_s[streams].clear()
                    one.cpu_s_per_gb[streams].clear()


def _compared(ours: Side, theirs: list[Side], streams: int) -> Iterator[Figure]:
    words = "1 stream" if streams == 1 else f"{streams} streams"
    for one in (ours, *theirs):
        yield Figure(f"{words}: {one.name}", one.mb_per_s[streams], "MB/s")
    for one in theirs:
        ratios = [a / b for a, b in zip(ours.mb_per_s[streams], one.mb_per_s[streams], strict=True)]
        yield Figure(f"{words}: Songda ÷ {one.name}", ratios, "×", aim=AIM_RATIO, at_most=False)
    for one in (ours, *theirs):
        yield Figure(f"{words}: {one.name}, processor time", one.cpu_s_per_gb[streams], "s per GB")


# ---- the sides


def _phone(env: dict[str, str], base: Path) -> Client:
    database.connect(env["MONGODB_URI"])
    database.ensure_indexes()
    crypto.use(crypto.Vault.from_file(base / "master.key", MongoKeys()))
    (client,) = make_day(1)
    database.disconnect()
    return client


def _ours(port: int, client: Client, cpu_s: Callable[[], float]) -> Side:
    url, headers = f"http://{LOOPBACK}:{port}", {"Authorization": f"Bearer {client.token}"}

    def announce(paths: list[Path]) -> list[dict[str, str]]:
        ids = [new_id() for _ in paths]
        items = [_announced(path, client_id) for path, client_id in zip(paths, ids, strict=True)]
        answer = requests.post(f"{url}/api/phone/items", json={"items": items}, headers=headers, timeout=60).json()
        if [one["state"] for one in answer["items"]] != ["announced"] * len(paths):
            raise SystemExit(f"not announced: {answer}")
        return [{"visit_id": "", "client_id": one} for one in ids]

    return Side("Songda", cpu_s, url + COLLECTION, headers, announce)


@contextmanager
def _tus(folder: Path, *, fsync: bool) -> Iterator[Side]:
    folder.mkdir()
    with foreign.tus_server(folder, fsync=fsync) as (endpoint, pid):
        yield Side(f"@tus/server, {'fsync' if fsync else 'as it comes'}", lambda: _cpu_s(pid), endpoint)


def _announced(path: Path, client_id: str) -> dict[str, object]:
    with path.open("rb") as stream:
        sha256 = sha256_of(stream, max_bytes=2 * SIZES[1]).sha256
    now = utc_now().isoformat()
    size = path.stat().st_size
    return {"client_id": client_id, "kind": "audio", "sha256": sha256, "size": size, "captured_at": now}


def _recording(path: Path, size: int) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(os.urandom(size // 4 * 4))
    return path


def _cpu_s(pid: int) -> float:
    """Seconds of user and system time of a process and of its children that have ended."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    return float(sum(int(one) for one in said.rpartition(")")[2].split()[11:15])) / _TICKS


def _databases(base: Path) -> list[int]:
    """The mongod and the Valkey of this run: whatever runs with their folders on its command line."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                line = (place / "cmdline").read_bytes()
            except OSError:
                continue
            if str(base / "mongo").encode() in line or str(base / "valkey").encode() in line:
                found.append(int(place.name))
    return found


# ---- memory


def _growth(port: int, client: Client, master: int, size: int) -> float:
    """MB the web process holds more while it receives one upload of `size` bytes than after a small one."""
    headers = {"Authorization": f"Bearer {client.token}", "Tus-Resumable": "1.0.0"}
    _send(port, headers, 4 * PIECE)
    (worker,) = [one for one in group_members(master) if one != master]
    with Highest(worker) as highest:
        _send(port, headers, size)
    return highest.grown_mb


def _send(port: int, headers: dict[str, str], size: int) -> None:
    """One part (the concatenation extension): what is sent needs not be announced. It is ended again."""
    line, piece = http.client.HTTPConnection(LOOPBACK, port, timeout=120), os.urandom(PIECE)
    line.request("POST", COLLECTION, b"", {**headers, "Upload-Length": str(size), "Upload-Concat": "partial"})
    answer = _answered(line)
    path = answer.headers["Location"]
    for offset in range(0, size, PIECE):
        more = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        line.request("PATCH", path, piece[: size - offset], headers | more)
        _answered(line)
    line.request("DELETE", path, None, headers)
    _answered(line)
    line.close()


def _answered(line: http.client.HTTPConnection) -> http.client.HTTPResponse:
    answer = line.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"upload: {answer.status} {text[:300]!r}")
    return answer


class Highest:
    """Watches how much more memory a process holds than at the start."""

    def __init__(self, pid: int) -> None:
        self._path = Path(f"/proc/{pid}/status")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._first = self._most = self._now_mb()

    @property
    def grown_mb(self) -> float:
        return self._most - self._first

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self._most = max(self._most, self._now_mb())

    def _now_mb(self) -> float:
        lines = self._path.read_text("ascii").splitlines()
        return float(next(one for one in lines if one.startswith("VmRSS")).split()[1]) * 1024 / 1e6
