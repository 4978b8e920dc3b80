"""Going along a chain entry by entry: each is hashed anew, and must be the one that follows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bson.datetime_ms import DatetimeMS

from evidence.log import leaf_hash
from server.core.audit import entries
from server.core.audit.entries import Key, Malformed
from server.core.audit.heads import Tail

ALTERED = "altered"
MISSING = "missing"
REORDERED = "reordered"
INSERTED = "inserted"
FORGED = "forged"
CUT = "cut"

ENTRY, HEAD, CHECKPOINT, SEGMENT = "entry", "head", "checkpoint", "segment"


@dataclass(frozen=True, slots=True)
class Bad:
    """The first thing that is not as it was written. `seq` is the entry's (or the checkpoint's number)."""

    where: str
    what: str
    seq: int | None = None
    id: str = ""


class Damaged(Exception):
    """Raised by whoever meets it; caught where a report or a refusal is made."""

    def __init__(self, where: str, what: str, seq: int | None = None, entry_id: object = "") -> None:
        super().__init__(f"{where} {seq} {what}")
        self.bad = Bad(where, what, seq, entry_id if isinstance(entry_id, str) else repr(entry_id)[:100])


class Item(NamedTuple):
    """What there is to check of an entry; `canonical` is None when it cannot have one."""

    seq: Any
    id: Any
    prev: Any
    hash: Any
    key: Any
    mac: Any
    canonical: bytes | None


def item_of(entry: Mapping[str, Any]) -> Item:
    """Of a document read with `entries.CODEC`."""
    get = entry.get
    try:
        found: bytes | None = entries.canonical(entry)
    except Malformed:
        found = None
    return Item(get("seq"), get("_id"), get("prev"), get("hash"), get("key"), get("mac"), found)


def line_of(entry: Mapping[str, Any]) -> bytes:
    """The entry as one line of an archive: its canonical form with `hash`, `key` and `mac`, bytes in hexadecimal."""
    body = json.loads(entries.canonical(entry))
    body.update(hash=entry["hash"].hex(), key=entry["key"], mac=entry["mac"].hex())
    return entries.encoded(body) + b"\n"


def entry_of(line: bytes) -> dict[str, Any]:
    """The document an archive's line was made of, as `entries.CODEC` reads it. Raises Malformed."""
    try:
        body = json.loads(line)
        for name in ("prev", "hash", "mac"):
            body[name] = bytes.fromhex(body[name])
        body["_id"] = body.pop("id")
        body["at"] = DatetimeMS(body["at"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed("not a line of the archive") from error
    return dict(body)


class Walker:
    """Where the walk along one court's chain stands."""

    def __init__(self, key: Key, tail: Tail) -> None:
        self.key = key
        self.tail = tail

    def take(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """The next entries, read with `entries.CODEC`. Raises Damaged at the first that is not."""
        tail, key_id, mac, canonical = self.tail, self.key.id, self.key.mac, entries.canonical
        for one in documents:
            get = one.get
            try:
                found = leaf_hash(canonical(one))
            except Malformed:
                raise self.complaint(item_of(one)) from None
            if (
                get("hash") != found
                or get("seq") != tail.range.end
                or get("prev") != tail.hash
                or get("mac") != mac(found)
                or get("key") != key_id
            ):
                raise self.complaint(item_of(one))
            tail.grow(found)

    def genuine(self, item: Item) -> bool:
        """Whether the entry is unaltered and of this log, wherever it stands."""
        return (
            item.canonical is not None
            and leaf_hash(item.canonical) == item.hash
            and item.key == self.key.id
            and self.key.mac(item.hash) == item.mac
        )

    def complaint(self, item: Item) -> Damaged:
        """Says what is wrong with the entry at this place."""
        expected = self.tail.size
        if not isinstance(item.seq, int) or isinstance(item.seq, bool) or item.seq < expected:
            return Damaged(ENTRY, INSERTED, item.seq if isinstance(item.seq, int) else None, item.id)
        if item.seq > expected:
            return Damaged(ENTRY, MISSING, expected)
        return Damaged(ENTRY, self._fault(item), expected, item.id)

    def _fault(self, item: Item) -> str:
        ours = isinstance(item.hash, bytes) and self.key.mac(item.hash) == item.mac
        follows = item.prev == self.tail.hash
        if item.canonical is None or leaf_hash(item.canonical) != item.hash:
            return REORDERED if ours and not follows and item.canonical is not None else ALTERED
        if not ours or item.key != self.key.id:
            return FORGED
        return REORDERED
