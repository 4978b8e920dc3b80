"""What somebody with the database's password may do to a log: used by the tests of tampering."""

from __future__ import annotations

import copy
import os
from datetime import timedelta
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import WriteConcern

from server.core.audit import entries
from tests.integration.core.audit_chain import COURT

SIZE = 30
MARKS = (9, 20, 28)
COLLECTIONS = ("audit_entries", "audit_heads", "audit_checkpoints")
CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


class Log:
    """The log as an attacker with the database's password sees it."""

    def __init__(self, database: Any) -> None:
        quick = WriteConcern(w=1, j=False)
        self.parts = {
            name: database.get_collection(name, codec_options=CODEC, write_concern=quick) for name in COLLECTIONS
        }
        self.kept = {name: list(part.find().sort("_id", 1)) for name, part in self.parts.items()}

    @property
    def entries(self) -> Any:
        return self.parts["audit_entries"]

    def restore(self) -> None:
        for name, part in self.parts.items():
            part.delete_many({})
            part.insert_many(copy.deepcopy(self.kept[name]))

    def entry(self, seq: int) -> dict[str, Any]:
        return next(copy.deepcopy(one) for one in self.kept["audit_entries"] if one["seq"] == seq)

    def put(self, entry: dict[str, Any]) -> None:
        self.entries.replace_one({"_id": entry["_id"]}, entry, upsert=True)


def changed(value: Any, bit: int) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1 + bit % 3
    if isinstance(value, float):
        return value + 0.125
    if isinstance(value, bytes):
        at = bit % max(len(value), 1)
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] if value else b"\1"
    if isinstance(value, str):
        at = bit % max(len(value), 1)
        return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] if value else "x"
    if isinstance(value, list):
        return [*value[:-1], changed(value[-1], bit)] if value else ["x"]
    if isinstance(value, dict):
        return {**value, "x": 1} if not value or bit % 2 else change_one(value, bit)
    return value + timedelta(milliseconds=1) if value is not None else "x"


def change_one(values: dict[str, Any], bit: int) -> dict[str, Any]:
    name = sorted(values)[bit % len(values)]
    return {**values, name: changed(values[name], bit // len(values))}


def fields_of(found: dict[str, Any]) -> list[str]:
    return sorted(set(found) - {"_id"})


# Each takes the log, two places and a number to choose by; None when it would have changed nothing.


def edit_a_field(log: Log, one: int, other: int, bit: int) -> str:
    entry = log.entry(one)
    name = fields_of(entry)[bit % len(fields_of(entry))]
    if name == "court" or (name == "seq" and one != SIZE - 1):
        name = "action"  # moving it elsewhere is `renumber`
    entry[name] = changed(entry[name], bit // 7)
    log.put(entry)
    return f"entry {one}.{name}"


def remove_a_field(log: Log, one: int, other: int, bit: int) -> str:
    entry = log.entry(one)
    name = fields_of(entry)[bit % len(fields_of(entry))]
    del entry[name]
    log.put(entry)
    return f"entry {one} without {name}"


def add_a_field(log: Log, one: int, other: int, bit: int) -> str:
    log.put({**log.entry(one), ["note", "hash2", "id", "approved"][bit % 4]: "x"})
    return f"entry {one} with more"


def edit_and_hash_again(log: Log, one: int, other: int, bit: int) -> str:
    """By someone who knows how hashes are made, but has no key: to the end of the chain."""
    prev = log.entry(one)["prev"]
    for seq in range(one, SIZE):
        entry = log.entry(seq)
        if seq == one:
            entry["person_name"] = "另一人"
        mac = entry["mac"]
        entry["at"] = entries.stored_time(entry["at"])
        prev = entries.link(entry, seq, prev, entries.Key(entry["key"], bytes(32)))
        log.put({**entry, "mac": mac})
    return f"rehashed from {one}"


def delete_one(log: Log, one: int, other: int, bit: int) -> str:
    log.entries.delete_one({"seq": one})
    return f"deleted {one}"


def cut_the_tail(log: Log, one: int, other: int, bit: int) -> str:
    log.entries.delete_many({"seq": {"$gte": one}})
    return f"cut at {one}"


def delete_and_renumber(log: Log, one: int, other: int, bit: int) -> str:
    log.entries.delete_one({"seq": one})
    for seq in range(one + 1, SIZE):
        log.entries.update_one({"seq": seq}, {"$set": {"seq": seq - 1}})
    return f"deleted {one} and closed the gap"


def swap_two(log: Log, one: int, other: int, bit: int) -> str | None:
    if one == other:
        return None
    first, second = log.entry(one), log.entry(other)
    log.entries.delete_many({"seq": {"$in": [one, other]}})
    kept = [{"seq"}, {"seq", "prev"}, {"seq", "prev", "hash", "key", "mac"}, {"_id"}][bit % 4]
    for mine, its in ((first, second), (second, first)):
        log.entries.insert_one({**mine, **{name: its[name] for name in kept}})
    return f"swapped {one} and {other} but {kept}"


def renumber(log: Log, one: int, other: int, bit: int) -> str:
    seq: Any = [SIZE, SIZE + other, -1 - other, one + 0.5, str(one), None, True][bit % 7]
    log.put({**log.entry(one), "seq": seq})
    return f"renumbered {one} to {seq!r}"


def insert_a_copy(log: Log, one: int, other: int, bit: int) -> str:
    seq: Any = [SIZE, SIZE + other, -1 - other, one + 0.5, str(one), None][bit % 6]
    log.entries.insert_one({**log.entry(one), "_id": f"copy-{bit}", "seq": seq})
    return f"copied {one} to {seq!r}"


def forge_one(log: Log, one: int, other: int, bit: int) -> str:
    """A new row at the end, hashed rightly, with whatever MAC."""
    entry = log.entry(one)
    entry.update(_id="forged", at=entries.stored_time(entry["at"]))
    mac = entry["mac"]
    entries.link(entry, SIZE, log.entry(SIZE - 1)["hash"], entries.Key(entry["key"], os.urandom(32)))
    log.entries.insert_one({**entry, "mac": mac} if bit % 2 else entry)
    return "forged at the end"


def replace_one(log: Log, one: int, other: int, bit: int) -> str:
    """Deleted, and put back as a document of another id."""
    entry = log.entry(one)
    log.entries.delete_one({"seq": one})
    log.entries.insert_one({**entry, "_id": f"other-{bit}"})
    return f"replaced {one}"


def edit_the_head(log: Log, one: int, other: int, bit: int) -> str:
    part = log.parts["audit_heads"]
    head = part.find_one({"_id": COURT})
    name = fields_of(head)[bit % len(fields_of(head))]
    part.replace_one({"_id": COURT}, {**head, name: change_inside(head[name], bit // 5)})
    return f"head.{name}"


def change_inside(value: Any, bit: int) -> Any:
    return change_one(value, bit) if isinstance(value, dict) else changed(value, bit)


def delete_the_head(log: Log, one: int, other: int, bit: int) -> str:
    log.parts["audit_heads"].delete_one({"_id": COURT})
    return "no head"


def cut_with_the_head(log: Log, one: int, other: int, bit: int) -> str:
    log.entries.delete_many({"seq": {"$gte": one}})
    log.parts["audit_heads"].delete_one({"_id": COURT})
    return f"cut at {one}, and no head"


def edit_a_checkpoint(log: Log, one: int, other: int, bit: int) -> str:
    part = log.parts["audit_checkpoints"]
    found = list(part.find().sort("number", 1))[one % len(MARKS)]
    name = fields_of(found)[bit % len(fields_of(found))]
    if name == "court":
        name = "note"
    value = changed(found[name], bit // 9) if name != "number" else found[name] + len(MARKS)
    part.replace_one({"_id": found["_id"]}, {**found, name: value})
    return f"checkpoint.{name}"


def delete_a_checkpoint(log: Log, one: int, other: int, bit: int) -> str:
    part = log.parts["audit_checkpoints"]
    found = list(part.find().sort("number", 1))
    part.delete_many({"number": {"$gte": found[one % len(MARKS)]["number"]}} if bit % 2 else {"_id": found[0]["_id"]})
    return "checkpoints gone"


def copy_a_checkpoint(log: Log, one: int, other: int, bit: int) -> str:
    part = log.parts["audit_checkpoints"]
    found = list(part.find().sort("number", 1))[one % len(MARKS)]
    number: Any = [len(MARKS) + 1, 0, 1.5, "x", None, True][bit % 6]
    part.insert_one({**found, "_id": "copy", "number": number})
    return f"checkpoint copied to {number!r}"


TAMPERINGS = [
    edit_a_field,
    remove_a_field,
    add_a_field,
    edit_and_hash_again,
    delete_one,
    cut_the_tail,
    delete_and_renumber,
    swap_two,
    renumber,
    insert_a_copy,
    forge_one,
    replace_one,
    edit_the_head,
    delete_the_head,
    cut_with_the_head,
    edit_a_checkpoint,
    delete_a_checkpoint,
    copy_a_checkpoint,
]
