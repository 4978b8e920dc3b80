"""Entries older than half a year move to the evidence store (NDJSON, gzip) and can still be verified.

Writing the archive and removing the entries from MongoDB are two steps. The second needs a database user who may
delete, which the program's own may not: it is given on the command line.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import IO, Any

import pymongo
from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.log import CompactRange
from evidence.stores import Store
from server.core.audit import entries, heads, tiles
from server.core.audit.chain import append
from server.core.audit.models import ChainEntry, ChainHead, ChainSegment
from server.core.audit.rows import Row
from server.core.audit.walk import ALTERED, ENTRY, MISSING, SEGMENT, Damaged, Walker, entry_of, line_of
from server.core.errors import Conflict, DomainError, Invalid

KEPT_ONLINE = timedelta(days=184)  # six months, whichever they are (网络安全法 art. 21)
PER_SEGMENT = 200_000
_MAX_BYTES = 4 * 1024**3
_MAX_LINE = 4 * entries.MAX_BYTES
_CHUNK = 1024 * 1024


def archive(
    court: str, *, before: datetime, now: datetime, store: Store, per_segment: int = PER_SEGMENT
) -> list[dict[str, Any]]:
    """Writes the entries before the first one of `before` or later to the store; returns the new segments.

    Raises `audit.too_recent` when `before` is less than half a year ago, `audit.broken` when an entry is not genuine:
    nothing is archived over a fault.
    """
    if before > now - KEPT_ONLINE:
        raise Invalid(code="audit.too_recent", title="审计日志至少在线保存六个月，日期过近，不能归档")
    key = entries.key_of(court)
    begin = heads.from_segments(court, key)
    end = _end(court, begin.size, before)
    made = []
    walker = Walker(key, begin)
    while walker.tail.size < end:
        made.append(_write(court, walker, min(end, walker.tail.size + per_segment), now, store))
    if made:
        detail = {"begin": made[0]["begin"], "end": made[-1]["end"], "files": [one["sha256"] for one in made]}
        append([Row(court=court, at=now, action="audit.archive", object_type="audit", detail=detail)])
    return made


def remove(court: str, *, admin_uri: str, now: datetime, store: Store) -> int:
    """Deletes archived entries from MongoDB as another user, after reading their archive back. Returns how many.

    Raises `audit.broken` when an archive is not whole; PyMongoError when that user may not.
    """
    key = entries.key_of(court)
    removed = 0
    name = ChainEntry._get_collection().database.name
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(admin_uri, w="majority", journal=True)
    try:
        database = client[client.get_default_database(name).name]
        for segment in list(segments(court)):
            if segment.get("removed_at") is not None:
                continue
            _check_or_refuse(segment, key, store)
            tiles.grow(court, segment["end"])  # proofs of what leaves must still be possible
            span = {"$gte": segment["begin"], "$lt": segment["end"]}
            removed += database.audit_entries.delete_many({"court": court, "seq": span}).deleted_count
            database.audit_segments.update_one({"_id": segment["_id"]}, {"$set": {"removed_at": now}})
    finally:
        client.close()
    if removed:
        append([Row(court=court, at=now, action="audit.remove", object_type="audit", detail={"entries": removed})])
    return removed


def segments(court: str) -> Iterator[dict[str, Any]]:
    """Descriptors of the archive, oldest first."""
    return iter(ChainSegment._get_collection().find({"court": court}).sort([("court", 1), ("begin", 1)]))


def read(segment: Mapping[str, Any], store: Store) -> Iterator[dict[str, Any]]:
    """The entries of a segment, as `entries.CODEC` reads documents. Raises Damaged when the file is not as written."""
    begin = segment["begin"]
    try:
        with store.open(segment["store_key"]) as stream:
            found = hashlib.sha256()
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
        if found.hexdigest() != segment["sha256"]:
            raise Damaged(SEGMENT, ALTERED, begin, segment["_id"])
        with store.open(segment["store_key"]) as stream, gzip.GzipFile(fileobj=stream) as lines:
            while line := lines.readline(_MAX_LINE):
                yield entry_of(line)
    except EvidenceError as error:
        raise Damaged(SEGMENT, MISSING, begin, segment["_id"]) from error
    except (OSError, EOFError, zlib.error, entries.Malformed) as error:
        raise Damaged(SEGMENT, ALTERED, begin, segment["_id"]) from error


def opened(segment: Mapping[str, Any], tail: heads.Tail, key: entries.Key) -> heads.Tail:
    """Where a segment ends that follows on `tail`. Raises Damaged when its MAC does not hold or it begins elsewhere."""
    begin = segment.get("begin")
    try:
        genuine = segment["mac"] == heads.segment_mac(segment, key)
        end = heads.Tail(segment["hash"], CompactRange.from_dict(segment["range"]))
    except (EvidenceError, KeyError, TypeError, AttributeError, ValueError):
        genuine = False
    if not genuine or end.size != segment["end"]:
        raise Damaged(SEGMENT, ALTERED, begin if isinstance(begin, int) else None, segment["_id"])
    if begin != tail.size:
        raise Damaged(SEGMENT, MISSING, tail.size)
    return end


def _end(court: str, begin: int, before: datetime) -> int:
    """The first entry that stays."""
    collection = ChainEntry._get_collection()
    younger = {"court": court, "seq": {"$gte": begin}, "at": {"$gte": before}}
    stays = collection.find_one(younger, {"seq": 1}, sort=[("seq", 1)])
    if stays is not None:
        return int(stays["seq"])
    head = ChainHead._get_collection().find_one({"_id": court})
    return int(head["size"]) if head else 0


def _write(court: str, walker: Walker, end: int, now: datetime, store: Store) -> dict[str, Any]:
    begin = walker.tail.size
    with tempfile.TemporaryFile() as file:
        try:
            _dump(court, walker, end, file)
        except Damaged as error:
            raise _broken(error) from error
        file.seek(0)
        stored = store.put(file, max_bytes=_MAX_BYTES, content_type="application/gzip")
    segment = {
        "_id": f"{court}:{begin}",
        "court": court,
        "begin": begin,
        "end": walker.tail.size,
        "range": walker.tail.range.as_dict(),
        "hash": walker.tail.hash,
        "sha256": stored.sha256,
        "store_key": stored.key,
        "bytes": stored.size,
        "at": now,
        "removed_at": None,
    }
    segment["mac"] = heads.segment_mac(segment, walker.key)
    try:
        ChainSegment._get_collection().insert_one(segment)
    except DuplicateKeyError as error:
        raise Conflict(code="audit.archiving", title="另一归档任务正在进行，请稍后再试") from error
    return segment


def _dump(court: str, walker: Walker, end: int, file: IO[bytes]) -> None:
    """Raises Damaged."""
    query = {"court": court, "seq": {"$gte": walker.tail.size, "$lt": end}}
    found = ChainEntry._get_collection().with_options(codec_options=entries.CODEC).find(query)
    # The same entries always make the same bytes: no name, no time of writing.
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as out:
        for entry in found.sort([("court", 1), ("seq", 1)]):
            walker.take((entry,))
            out.write(line_of(entry))
    if walker.tail.size != end:
        raise Damaged(ENTRY, MISSING, walker.tail.size)


def _check_or_refuse(segment: Mapping[str, Any], key: entries.Key, store: Store) -> None:
    """Reads the archive back, chained from the segment before it."""
    before = heads.Tail.empty()
    for one in segments(segment["court"]):
        if one["end"] == segment["begin"]:
            before = heads.Tail(one["hash"], CompactRange.from_dict(one["range"]))
    walker = Walker(key, before)
    try:
        end = opened(segment, before, key)
        walker.take(read(segment, store))
        if walker.tail != end:
            raise Damaged(SEGMENT, ALTERED, segment["begin"], segment["_id"])
    except Damaged as error:
        raise _broken(error) from error


def _broken(error: Damaged) -> DomainError:
    return Conflict(
        code="audit.broken",
        title="审计日志校验未通过，不能归档",
        where=error.bad.where,
        seq=error.bad.seq,
        what=error.bad.what,
    )
