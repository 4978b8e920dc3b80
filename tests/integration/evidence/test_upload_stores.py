"""What every store of uploads promises; run on a folder and on a real S3 protocol."""

from __future__ import annotations

import base64
import os
import random
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import boto3
import pytest

from evidence.errors import EvidenceError
from evidence.uploads import FileUploads, Info, UploadError, UploadStore, upload_store_from_url
from evidence.uploads import s3 as s3_uploads
from evidence.uploads.protocol import Concatenating
from evidence.uploads.source import BodySource, Pace
from tests.unit.evidence.uploads.talk import Line, checksum, stored

MB = 1024 * 1024
ONE = "upload-00001"


class Free:
    """A lease that nobody asks for."""

    asked = False

    def release(self) -> None:
        """Nothing to give back."""


def source(data: bytes, *, seal: str = "", line: Line | None = None) -> BodySource:
    return BodySource(line or Line(data), limit=len(data), lease=Free(), pace=Pace(), seal=seal)


def sealed(data: bytes, of: bytes | None = None) -> BodySource:
    said = checksum(data if of is None else of, "crc32").split()
    digest = base64.b64decode(said[1]).hex()
    return source(data, seal=f"crc32 {digest}")


@pytest.fixture(params=["files", "s3", "s3 under a prefix"])
def uploads(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UploadStore:
    if request.param == "files":
        return upload_store_from_url(f"file://{tmp_path}/uploads")
    monkeypatch.setattr(s3_uploads, "PIECE_BYTES", 1000)
    endpoint, bucket = request.getfixturevalue("s3_endpoint"), request.getfixturevalue("s3_bucket")
    prefix = "&prefix=court/uploads" if "prefix" in request.param else ""
    return upload_store_from_url(f"s3://{bucket}?endpoint={endpoint}&region=us-east-1{prefix}")


def code_of(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(UploadError) as refused:
        call(*args, **kwargs)  # type: ignore[operator]  # whatever is to be refused
    return refused.value.code


def test_bytes_come_back_as_they_were_sent_piece_by_piece(uploads: UploadStore) -> None:
    data = random.Random(1).randbytes(5_500)
    info = Info(ONE, len(data), "name YQ==", partial=True)
    uploads.create(info)
    assert uploads.info(ONE) == info
    assert uploads.offset(ONE) == 0
    offset = 0
    for size in (1, 2_500, 0, 999, 2_000):
        offset = uploads.append(ONE, offset=offset, source=source(data[offset : offset + size]))
        assert uploads.offset(ONE) == offset
    assert offset == len(data)
    with uploads.open(ONE) as stream:
        assert stream.read() == data
        stream.seek(2_400)
        assert stream.read(300) == data[2_400:2_700]
        assert stream.seek(0, os.SEEK_END) == len(data)


def test_bytes_continue_where_the_stored_ones_end_or_not_at_all(uploads: UploadStore) -> None:
    uploads.create(Info(ONE, 10))
    uploads.append(ONE, offset=0, source=source(b"abc"))
    for wrong in (0, 2, 4):
        assert code_of(uploads.append, ONE, offset=wrong, source=source(b"xyz")) == "upload.wrong_offset"
    assert stored(uploads, ONE) == b"abc"


def test_bytes_with_a_wrong_checksum_leave_no_trace(uploads: UploadStore) -> None:
    uploads.create(Info(ONE, 9_000))
    uploads.append(ONE, offset=0, source=source(b"abc"))
    data = random.Random(2).randbytes(4_000)
    assert code_of(uploads.append, ONE, offset=3, source=sealed(data, of=b"other")) == "upload.wrong_checksum"
    assert uploads.offset(ONE) == 3
    assert uploads.append(ONE, offset=3, source=sealed(data)) == 4_003
    assert stored(uploads, ONE) == b"abc" + data


def test_of_two_writers_at_one_offset_one_is_taken_whole(uploads: UploadStore) -> None:
    """Without any lease: the store's own fence."""
    uploads.create(Info(ONE, 10_000))
    told: list[str] = []

    def write(letter: bytes) -> None:
        line = Line(letter * 2_000, drops=500)
        try:
            uploads.append(ONE, offset=0, source=source(line.data, line=line))
        except UploadError as error:
            told.append(error.code)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    data = stored(uploads, ONE)
    assert told == ["upload.wrong_offset"] * 2 if isinstance(uploads, FileUploads) else len(told) <= 3
    # Pieces of 1000 bytes are the unit of S3: each is one writer's, and none stands twice.
    assert len(data) == uploads.offset(ONE) <= 2_000
    assert all(len(set(data[at : at + 1000])) == 1 for at in range(0, len(data), 1000))
    assert len(data) >= 1_000


def test_what_is_removed_is_gone_and_may_be_removed_again(uploads: UploadStore) -> None:
    uploads.create(Info(ONE, 3))
    uploads.append(ONE, offset=0, source=source(b"abc"))
    uploads.remove(ONE)
    uploads.remove(ONE)
    for call in (uploads.info, uploads.offset, uploads.open):
        assert code_of(call, ONE) == "upload.not_found"


def test_a_whole_is_its_parts_in_order_and_outlives_them(uploads: UploadStore) -> None:
    assert isinstance(uploads, Concatenating)
    pieces = [random.Random(n).randbytes(size) for n, size in enumerate((1_700, 0, 2_300))]
    parts = [Info(f"part-000{n}", len(piece), partial=True) for n, piece in enumerate(pieces)]
    for part, piece in zip(parts, pieces, strict=True):
        uploads.create(part)
        uploads.append(part.upload_id, offset=0, source=source(piece))
    whole = Info("whole-0001", 4_000, parts=tuple(part.upload_id for part in parts))
    uploads.concat(whole, parts)
    for part in parts:
        uploads.remove(part.upload_id)
    assert uploads.info("whole-0001") == whole
    assert uploads.offset("whole-0001") == 4_000
    assert stored(uploads, "whole-0001") == b"".join(pieces)


def test_memory_stays_flat_however_long_a_body_is(uploads: UploadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_uploads, "PIECE_BYTES", 1 * MB)

    class Endless(Line):
        def readinto(self, buffer: memoryview, /) -> int:
            return min(len(buffer), 128 * 1024)

    uploads.create(Info(ONE, 12 * MB))
    # Whatever the emulated bucket keeps is its own process's thread here, so only the folder can be measured closely.
    body = BodySource(Endless(b""), limit=12 * MB, lease=Free(), pace=Pace())
    if not isinstance(uploads, FileUploads):
        assert uploads.append(ONE, offset=0, source=body) == 12 * MB
        return
    tracemalloc.start()
    assert uploads.append(ONE, offset=0, source=body) == 12 * MB
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MB


def test_a_store_that_is_away_says_so(s3_bucket: str) -> None:
    away = upload_store_from_url(f"s3://{s3_bucket}-none?endpoint=http://127.0.0.1:9&region=us-east-1")
    assert code_of(away.offset, ONE) == "evidence.store_unavailable"


@pytest.mark.parametrize("url", ["", "http://x/y", "file://elsewhere/x", "s3://user@bucket", "gridfs://x/y"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        upload_store_from_url(url)
    assert refused.value.code == "evidence.bad_store_url"


_WRITER = """
import sys
from evidence.uploads import FileUploads, Info
class Endless:
    seal = sys.argv[2]
    def readinto(self, buffer):
        buffer[:777] = bytes(range(256)) * 3 + b"x" * 9
        print("x", flush=True)
        return 777
    def sound(self):
        return True
FileUploads(sys.argv[1]).append("upload-00001", offset=3, source=Endless())
"""


@pytest.mark.parametrize("seal", ["", "crc32 00000000"])
def test_a_killed_writer_leaves_whole_bytes_or_with_a_checksum_none(tmp_path: Path, seal: str) -> None:
    store = FileUploads(tmp_path)
    store.create(Info(ONE, 1 << 40))
    store.append(ONE, offset=0, source=source(b"abc"))
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", _WRITER, str(tmp_path), seal]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as writer:
        assert writer.stdout is not None
        writer.stdout.read(200)
        os.kill(writer.pid, signal.SIGKILL)
    offset = store.offset(ONE)
    assert (offset == 3) if seal else (offset >= 3 + 777 * 99)
    assert store.append(ONE, offset=offset, source=source(b"end")) == offset + 3
    data = stored(store, ONE)
    assert data[:3] == b"abc"
    assert data[3:offset] == ((bytes(range(256)) * 3 + b"x" * 9) * ((offset - 3) // 777 + 1))[: offset - 3]


def test_sealed_bytes_that_were_whole_when_the_writer_died_count(tmp_path: Path) -> None:
    store = FileUploads(tmp_path)
    store.create(Info(ONE, 100))
    body = sealed(b"abc")
    store.append(ONE, offset=0, source=source(b"abc"))
    (store.path(ONE).with_suffix(".seal")).write_text(f"0 {body.seal}\n")
    assert store.offset(ONE) == 3
    (store.path(ONE).with_suffix(".seal")).write_text(f"1 {body.seal}\n")
    assert store.offset(ONE) == 1
    (store.path(ONE).with_suffix(".seal")).write_text("1 crc")  # half a line: none of its bytes was written
    assert store.offset(ONE) == 1


def test_rubbish_of_dead_processes_is_swept_and_uploads_are_not(tmp_path: Path) -> None:
    store = FileUploads(tmp_path)
    store.create(Info(ONE, 3))
    store.append(ONE, offset=0, source=source(b"abc"))
    orphan = store.path("orphan-0101")
    orphan.write_bytes(b"x")
    orphan.with_name("half.new").write_bytes(b"{")
    assert store.sweep(older_than_s=3600) == 0
    old = time.time() - 7200
    for path in tmp_path.rglob("*"):
        os.utime(path, (old, old))
    assert store.sweep(older_than_s=3600) == 2
    assert stored(store, ONE) == b"abc"


def test_pieces_nobody_names_are_swept_from_a_bucket(s3_endpoint: str, s3_bucket: str) -> None:
    store = upload_store_from_url(f"s3://{s3_bucket}?endpoint={s3_endpoint}&region=us-east-1")
    assert isinstance(store, s3_uploads.S3Uploads)
    for name in (ONE, "orphan-0001"):
        store.create(Info(name, 3))
        store.append(name, offset=0, source=source(b"abc"))
    boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1").delete_object(
        Bucket=s3_bucket, Key="uploads/orphan-0001/info.json"
    )
    assert store.sweep(older_than_s=3600) == 0
    assert store.sweep(older_than_s=-5) == 1
    assert stored(store, ONE) == b"abc"
