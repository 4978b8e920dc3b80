"""Stores of original bytes, all behind one small protocol.

``store_from_url`` is the only place that knows which stores exist.
"""

from urllib.parse import parse_qs, unquote, urlencode, urlsplit, urlunsplit

from evidence.errors import EvidenceError
from evidence.stores.files import FileStore
from evidence.stores.gridfs import GridFSStore, mongo_uri_of
from evidence.stores.moving import MovingStore
from evidence.stores.protocol import Adopter, Remover, Store, Stored, Sweeper, key_of, sha256_of_key, take_over
from evidence.stores.s3 import Lock, S3Store, s3_client

__all__ = [
    "Adopter",
    "FileStore",
    "GridFSStore",
    "Lock",
    "MovingStore",
    "Remover",
    "S3Store",
    "Store",
    "Stored",
    "Sweeper",
    "key_of",
    "place_of",
    "sha256_of_key",
    "store_from_url",
    "take_over",
]

_GRIDFS = ("gridfs", "gridfs+srv")


def store_from_url(url: str) -> Store:
    """The store a setting names; several, separated by blanks, are one that moves (the first is written).

    * ``file:///absolute/dir``
    * ``s3://bucket?endpoint=…&region=…&prefix=…&lock=compliance|governance&days=…``; credentials come from boto3's own
      chain, never from the URL
    * ``gridfs://[user:password@]host[,host]/database?bucket=evidence&…`` (``gridfs+srv``), all else as in a MongoDB URI

    Raises ``evidence.bad_store_url``. Nothing is connected to before the first use.
    """
    stores = [_one(part) for part in url.split()]
    if not stores:
        raise _bad()
    return stores[0] if len(stores) == 1 else MovingStore(stores[0], stores[1:])


def place_of(url: str) -> str:
    """One store's address without what is secret or only a manner of speaking to it: names the place in records."""
    parts = urlsplit(url)
    kept = {
        name: values[-1] for name, values in parse_qs(parts.query).items() if name in ("bucket", "prefix", "endpoint")
    }
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), urlencode(kept), ""))


def _one(url: str) -> Store:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FileStore(unquote(parts.path))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc:
        lock = Lock.of(query.get("lock"), query.get("days"))
        client = s3_client(endpoint=query.get("endpoint"), region=query.get("region"))
        return S3Store(client, bucket=parts.netloc, prefix=query.get("prefix", ""), lock=lock)
    if parts.scheme in _GRIDFS and parts.netloc:
        bucket = query.pop("bucket", "evidence")
        return GridFSStore(mongo_uri_of(urlunsplit(parts._replace(query=urlencode(query)))), bucket=bucket)
    raise _bad()


def _bad() -> EvidenceError:
    return EvidenceError(
        "evidence.bad_store_url", "证据存储地址不正确，应为 file:///目录、s3://桶名?endpoint=… 或 gridfs://主机/数据库"
    )
