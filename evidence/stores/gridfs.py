"""Evidence in MongoDB itself (GridFS): for a court without S3 and without a shared file system.

The layout is the GridFS specification's (``<bucket>.files``, ``<bucket>.chunks``), so its tools can read it; the file
name is the store's key, and unique. An object becomes visible by one insert into ``files``, after all its chunks; every
write waits for a majority and the journal. ``<bucket>.incoming`` names the uploads under way: what a killed writer left
is found there by the sweep. A writer that was swept cannot publish any more.
"""

import io
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pymongo
from bson import Binary, ObjectId
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.write_concern import WriteConcern

from evidence.errors import EvidenceError
from evidence.hashing import Digest, HashingReader, Reader, check_sha256, normal_sha256
from evidence.stores.protocol import Stored, checked_key, key_of, not_found, unavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Document = dict[str, Any]
CHUNK_BYTES = 255 * 1024  # the specification's default: a chunk and its envelope stay below 256 kB
_READ_AHEAD_BYTES = 4 * CHUNK_BYTES
_BATCH = 16  # chunks written together: 4 MB in memory per upload
_BEAT_S = 30.0
_MANNER: dict[str, Any] = {
    "serverSelectionTimeoutMS": 15_000,
    "connectTimeoutMS": 5_000,
    "retryWrites": True,
    "appname": "songda-evidence",
}


class GridFSStore:
    """Write-once files of one GridFS bucket. Connects when first used, once in each process (fork-safe)."""

    def __init__(self, uri: str, *, bucket: str = "evidence") -> None:
        self._uri = uri
        self._bucket = bucket
        self._opened: tuple[int, Database[Document]] | None = None
        self._opening = threading.Lock()

    def put(
        self,
        stream: Reader,
        *,
        max_bytes: int,
        expected_sha256: str | None = None,
        content_type: str = "application/octet-stream",
    ) -> Stored:
        """See :class:`evidence.stores.protocol.Store`. Raises ``evidence.store_unavailable`` too."""
        expected = normal_sha256(expected_sha256) if expected_sha256 is not None else None
        with _answering():
            file_id = self._begin()
            try:
                digest = self._write(file_id, HashingReader(stream, max_bytes=max_bytes))
                check_sha256(digest, expected)
            except BaseException:
                with suppress(PyMongoError):  # the sweep finds it
                    self._drop(file_id)
                raise
            # An error from here on leaves open whether the object is visible: its chunks stay, the sweep looks again.
            if self._publish(file_id, digest, content_type):
                self._collection("incoming").delete_one({"_id": file_id})
            else:
                self._drop(file_id)
        return Stored(key_of(digest.sha256), digest.sha256, digest.size)

    def open(self, key: str) -> BinaryIO:
        """See :class:`evidence.stores.protocol.Store`. Reads chunk by chunk; memory stays flat."""
        found = self._found(key)
        if found is None:
            raise not_found(key)
        raw = _ChunkReader(self._collection("chunks"), key, found)
        return cast("BinaryIO", io.BufferedReader(raw, _READ_AHEAD_BYTES))

    def size(self, key: str) -> int:
        """See :class:`evidence.stores.protocol.Store`."""
        found = self._found(key)
        if found is None:
            raise not_found(key)
        return int(found["length"])

    def exists(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Store`."""
        return self._found(key) is not None

    def remove(self, key: str) -> bool:
        """See :class:`evidence.stores.protocol.Remover`. Invisible first, then gone: a kill between leaves chunks
        that ``incoming`` names, for the sweep."""
        found = self._found(key)
        if found is None:
            return False
        with _answering():
            self._incoming_row(found["_id"])
            self._collection("files").delete_one({"_id": found["_id"]})
            self._drop(found["_id"])
        return True

    def sweep_incoming(self, *, older_than_seconds: float) -> int:
        """See :class:`evidence.stores.protocol.Sweeper`."""
        before = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        swept = 0
        with _answering():
            incoming, files = self._collection("incoming"), self._collection("files")
            for row in list(incoming.find({"at": {"$lt": before}})):
                # From here on its writer, if it lives after all, can no longer publish.
                taken = incoming.update_one({"_id": row["_id"], "at": {"$lt": before}}, {"$set": {"state": "swept"}})
                if not taken.matched_count:
                    continue
                if files.find_one({"_id": row["_id"]}, {"_id": 1}) is None:
                    self._drop(row["_id"])
                    swept += 1
                else:
                    incoming.delete_one({"_id": row["_id"]})
        return swept

    def close(self) -> None:
        """Closes this process's connections; the store opens them again when it is used again."""
        with self._opening:
            opened, self._opened = self._opened, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].client.close()

    def _begin(self) -> ObjectId:
        file_id = ObjectId()
        self._incoming_row(file_id)
        return file_id

    def _incoming_row(self, file_id: Any) -> None:
        change = {"$set": {"at": datetime.now(UTC), "state": "writing"}}
        self._collection("incoming").update_one({"_id": file_id}, change, upsert=True)

    def _beat(self, file_id: ObjectId) -> None:
        """The writer lives. Raises ``evidence.store_unavailable`` when it was given up in the meantime."""
        alive = {"$set": {"at": datetime.now(UTC)}}
        if not self._collection("incoming").update_one({"_id": file_id, "state": "writing"}, alive).matched_count:
            raise unavailable("swept")

    def _write(self, file_id: ObjectId, reader: HashingReader) -> Digest:
        chunks, batch, beaten = self._collection("chunks"), list[Document](), time.monotonic()
        for number, data in enumerate(_whole_chunks(reader)):
            batch.append({"files_id": file_id, "n": number, "data": Binary(data)})
            if len(batch) == _BATCH:
                chunks.insert_many(batch)
                batch = []
            if time.monotonic() - beaten > _BEAT_S:
                self._beat(file_id)
                beaten = time.monotonic()
        if batch:
            chunks.insert_many(batch)
        return reader.digest()

    def _publish(self, file_id: ObjectId, digest: Digest, content_type: str) -> bool:
        """True when this upload is the object now; False when the object was there already."""
        self._beat(file_id)
        key = key_of(digest.sha256)
        row = {
            "_id": file_id,
            "filename": key,
            "length": digest.size,
            "chunkSize": CHUNK_BYTES,
            "uploadDate": datetime.now(UTC),
            "metadata": {"contentType": content_type, "sha256": digest.sha256},
        }
        files = self._collection("files")
        for _ in range(2):
            try:
                files.insert_one(dict(row))
            except DuplicateKeyError:
                # Damaged from outside? The right bytes are in hand: the wrong ones are kept aside under another name.
                aside = {"$set": {"filename": f"damaged/{key}-{ObjectId()}"}}
                if not files.update_one({"filename": key, "length": {"$ne": digest.size}}, aside).matched_count:
                    return False
            else:
                return True
        return False

    def _drop(self, file_id: Any) -> None:
        self._collection("chunks").delete_many({"files_id": file_id})
        self._collection("incoming").delete_one({"_id": file_id})

    def _found(self, key: str) -> Document | None:
        checked_key(key)
        with _answering():
            return self._collection("files").find_one({"filename": key})

    def _collection(self, name: str) -> Collection[Document]:
        return self._database()[f"{self._bucket}.{name}"]

    def _database(self) -> Database[Document]:
        opened = self._opened
        if opened is None or opened[0] != os.getpid():
            with self._opening:
                opened = self._opened
                if opened is None or opened[0] != os.getpid():
                    opened = self._opened = (os.getpid(), self._connect())
        return opened[1]

    def _connect(self) -> Database[Document]:
        # What the address says goes first: keywords would override it.
        manner = {name: value for name, value in _MANNER.items() if f"{name}=".lower() not in self._uri.lower()}
        client: pymongo.MongoClient[Document] = pymongo.MongoClient(self._uri, tz_aware=True, **manner)
        try:
            database = client.get_default_database(write_concern=WriteConcern(w="majority", j=True))
            database[f"{self._bucket}.files"].create_index([("filename", 1)], unique=True, name="key")
            database[f"{self._bucket}.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)
            database[f"{self._bucket}.incoming"].create_index([("at", 1)])
        except PyMongoError:
            client.close()
            raise
        return database


class _ChunkReader(io.RawIOBase):
    """Seekable reading of one file's chunks."""

    def __init__(self, chunks: Collection[Document], key: str, found: Document) -> None:
        self._chunks, self._key, self._id = chunks, key, found["_id"]
        self._size, self._chunk_size, self._at = int(found["length"]), int(found["chunkSize"]), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readall(self) -> bytes:
        """The rest in one query; the library's own would ask for 8 kB at a time."""
        data = bytearray(max(0, self._size - self._at))
        self.readinto(data)
        return bytes(data)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._size)
        if end <= self._at:
            return 0
        filled = 0
        for data in self._data(self._at // self._chunk_size, (end - 1) // self._chunk_size):
            begin = self._at % self._chunk_size
            piece = data[begin : begin + len(view) - filled]
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._at += len(piece)
        return filled

    def _data(self, first: int, last: int) -> Iterator[bytes]:
        """Chunks ``first`` to ``last``, whole. Raises ``evidence.not_found`` when one is gone or too short."""
        with _answering():
            query = {"files_id": self._id, "n": {"$gte": first, "$lte": last}}
            expected = first
            for chunk in self._chunks.find(query).sort("n", 1):
                if chunk["n"] != expected or len(chunk["data"]) != self._length_of(expected):
                    break
                yield chunk["data"]
                expected += 1
            if expected != last + 1:
                raise not_found(self._key)

    def _length_of(self, number: int) -> int:
        return min(self._chunk_size, self._size - number * self._chunk_size)


def _whole_chunks(reader: HashingReader) -> Iterator[bytes]:
    """The stream in pieces of exactly ``CHUNK_BYTES``, the last one shorter."""
    held = bytearray()
    while data := reader.read(CHUNK_BYTES):
        held += data
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)


@contextmanager
def _answering() -> Iterator[None]:
    """Whatever MongoDB cannot do now is ``evidence.store_unavailable``."""
    try:
        yield
    except PyMongoError as error:
        raise unavailable(type(error).__name__) from error


def mongo_uri_of(url: str) -> str:
    """``gridfs://…`` and ``gridfs+srv://…`` as PyMongo's own. Raises ``evidence.bad_store_url``."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("gridfs", "gridfs+srv") or not rest.partition("/")[2].partition("?")[0]:
        raise EvidenceError("evidence.bad_store_url", "证据存储地址不正确，应为 gridfs://主机/数据库?bucket=evidence")
    return f"mongodb{scheme.removeprefix('gridfs')}://{rest}"
