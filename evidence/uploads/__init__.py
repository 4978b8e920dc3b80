"""Resumable upload, tus 1.0.0 (https://tus.io/protocols/resumable-upload): protocol, stores, locks.

`Uploads` answers requests; it is given a store (where the bytes lie), a locker (who may touch an upload) and a desk
(who may upload what, and what becomes of it). Nothing here knows a web framework or a database.
"""

from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from evidence.errors import EvidenceError
from evidence.stores.s3 import s3_client
from evidence.uploads.errors import UploadError
from evidence.uploads.files import FileUploads
from evidence.uploads.handler import OpenDesk, Uploads, capabilities
from evidence.uploads.locks import ThreadLocker
from evidence.uploads.messages import Request, Response
from evidence.uploads.protocol import Desk, Info, Known, Lease, Locker, UploadStore, Wish
from evidence.uploads.s3 import S3Uploads
from evidence.uploads.source import Pace

__all__ = [
    "Desk",
    "FileUploads",
    "Info",
    "Known",
    "Lease",
    "Locker",
    "OpenDesk",
    "Pace",
    "Request",
    "Response",
    "S3Uploads",
    "ThreadLocker",
    "UploadError",
    "UploadStore",
    "Uploads",
    "Wish",
    "beside",
    "capabilities",
    "upload_store_from_url",
]


def upload_store_from_url(url: str) -> UploadStore:
    """The store a setting names: ``file:///absolute/dir`` or ``s3://bucket?endpoint=…&region=…&prefix=…``.

    Raises ``evidence.bad_store_url``. S3 credentials come from boto3's own chain, never from the URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FileUploads(unquote(parts.path))
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc:
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        client = s3_client(endpoint=query.get("endpoint"), region=query.get("region"))
        return S3Uploads(client, bucket=parts.netloc, prefix=query.get("prefix", "uploads"))
    raise EvidenceError("evidence.bad_store_url", "证据存储地址不正确，应为 file:///目录 或 s3://桶名?endpoint=…")


def beside(evidence_url: str) -> str:
    """Where uploads lie when nothing else is said: on the same disk or in the same bucket as the evidence.

    The setting may name several stores; the first is the one that is written. Empty for stores of other kinds, and for
    a bucket under Object Lock: pieces that could not be deleted would keep every upload twice.
    """
    first = (evidence_url.split() or [""])[0]
    parts = urlsplit(first)
    if parts.scheme == "file":
        return first.rstrip("/") + "/uploads"
    if parts.scheme != "s3":
        return ""
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if "lock" in query:
        return ""
    kept: dict[str, str] = {name: query[name] for name in ("endpoint", "region") if name in query}
    kept["prefix"] = "/".join(filter(None, (query.get("prefix", "").strip("/"), "uploads")))
    return f"s3://{parts.netloc}?{urlencode(kept)}"
