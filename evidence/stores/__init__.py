"""Stores of original bytes, all behind one small protocol.

``store_from_url`` is the only place that knows which stores exist.
"""

from urllib.parse import parse_qs, unquote, urlsplit

from evidence.errors import EvidenceError
from evidence.stores.files import FileStore
from evidence.stores.protocol import Store, Stored, key_of
from evidence.stores.s3 import S3Store, s3_client

__all__ = ["FileStore", "S3Store", "Store", "Stored", "key_of", "store_from_url"]


def store_from_url(url: str) -> Store:
    """The store a setting names: ``file:///absolute/dir`` or ``s3://bucket?endpoint=…&region=…&prefix=…``.

    Raises ``evidence.bad_store_url``. S3 credentials come from boto3's own chain, never from the URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FileStore(unquote(parts.path))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc:
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        client = s3_client(endpoint=query.get("endpoint"), region=query.get("region"))
        return S3Store(client, bucket=parts.netloc, prefix=query.get("prefix", ""))
    raise EvidenceError("evidence.bad_store_url", "证据存储地址不正确，应为 file:///目录 或 s3://桶名?endpoint=…")
