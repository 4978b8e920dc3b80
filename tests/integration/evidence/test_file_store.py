"""What only a directory can promise: whole objects under kill -9, no leftovers, repair."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evidence.stores import FileStore, key_of

WRITER = """
import io, random, sys
from evidence.stores import FileStore
store, rng = FileStore(sys.argv[1]), random.Random(int(sys.argv[2]))
print("ready", flush=True)
while True:
    print(store.put(io.BytesIO(rng.randbytes(rng.randrange(1, 900_000))), max_bytes=1_000_000).key, flush=True)
"""
ROOT = Path(__file__).parents[3]


def objects(root: Path) -> list[Path]:
    return [path for path in (root / "sha256").rglob("*") if path.is_file()]


@pytest.mark.parametrize("round_number", range(4))
def test_a_writer_killed_at_any_moment_leaves_only_whole_objects(tmp_path: Path, round_number: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), str(round_number)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    first = writer.stdout.readline()  # however busy the machine is, something was answered before the end
    time.sleep(0.02 + 0.047 * round_number)
    writer.send_signal(signal.SIGKILL)
    lines = [first, *writer.stdout.read().splitlines(keepends=True)]
    answered = [line.strip() for line in lines if line.endswith("\n")]
    writer.wait()
    writer.stdout.close()
    store = FileStore(tmp_path)
    assert answered
    assert all(store.exists(key) for key in answered)
    for path in objects(tmp_path):
        assert key_of(hashlib.sha256(path.read_bytes()).hexdigest()) == path.relative_to(tmp_path).as_posix()


SUICIDE = """
import io, os, signal, sys
from evidence.stores import FileStore
class Dying(io.BytesIO):
    def read(self, size=-1):
        if self.tell() >= int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(min(size, 100_000))
FileStore(sys.argv[1]).put(Dying(b"e" * 500_000), max_bytes=1_000_000)
"""


@pytest.mark.parametrize("at_byte", [0, 300_000, 500_000])
def test_a_writer_killed_before_its_last_byte_leaves_no_object(tmp_path: Path, at_byte: int) -> None:
    ended = subprocess.run([sys.executable, "-c", SUICIDE, str(tmp_path), str(at_byte)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "incoming").iterdir())) == 1
    assert objects(tmp_path) == []


def test_an_object_appears_by_renaming_a_finished_and_synced_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut would show, seen through the calls: content synced, then renamed, then the name synced."""
    steps: list[tuple[str, str]] = []
    inodes: list[int] = []
    fsync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        steps.append(("sync", str(Path(f"/proc/self/fd/{handle}").readlink().relative_to(tmp_path.parent))))
        fsync(handle)

    def renamed(path: Path, target: Path) -> Path:
        inodes.append(path.stat().st_ino)
        steps.append(("rename", path.name))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    key = FileStore(tmp_path).put(io.BytesIO(b"durable"), max_bytes=10).key
    monkeypatch.undo()
    folder = tmp_path.name
    assert (tmp_path / key).stat().st_ino == inodes[0]
    name = steps[-2][1]
    assert steps[-3:] == [
        ("sync", f"{folder}/sha256"),
        ("rename", name),
        ("sync", f"{folder}/{Path(key).parent}"),
    ]
    assert steps.index(("sync", f"{folder}/incoming/{name}")) < steps.index(("rename", name))
    assert {("sync", folder), ("sync", f"{folder}/sha256")} <= set(steps)


def test_what_a_killed_writer_left_behind_is_swept_and_fresh_work_is_not(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    key = store.put(io.BytesIO(b"kept"), max_bytes=10).key
    stale, fresh = tmp_path / "incoming" / "stale", tmp_path / "incoming" / "fresh"
    for path in (stale, fresh):
        path.write_bytes(b"half")
    os.utime(stale, (1, 1))
    assert store.sweep_incoming(older_than_seconds=3600) == 1
    assert (stale.exists(), fresh.exists(), store.exists(key)) == (False, True, True)


def test_a_put_leaves_nothing_in_incoming(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    for _ in range(2):
        store.put(io.BytesIO(b"same"), max_bytes=10)
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_finished_object_is_read_only(tmp_path: Path) -> None:
    key = FileStore(tmp_path).put(io.BytesIO(b"original"), max_bytes=10).key
    assert (tmp_path / key).stat().st_mode & 0o777 == 0o440


def test_an_object_damaged_from_outside_is_replaced_and_the_damage_kept(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    key = store.put(io.BytesIO(b"original"), max_bytes=10).key
    (tmp_path / key).chmod(0o600)
    (tmp_path / key).write_bytes(b"orig")
    store.put(io.BytesIO(b"original"), max_bytes=10)
    assert (tmp_path / key).read_bytes() == b"original"
    assert [path.read_bytes() for path in (tmp_path / "damaged").iterdir()] == [b"orig"]
