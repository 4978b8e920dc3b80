"""Addresses lay in clear in contact points, tasks, visits and timelines, and so did the building a visit goes to.

They identify a person as much as a number does, so they are sealed like numbers; timelines keep the street only. The
index that kept a party's addresses apart goes over to the blind index. Landlines were indexed with their dashes, under
which a search for the bare digits did not find them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import OperationFailure

from server.core import crypto
from server.core.crypto import mask_address, normal_address
from server.core.fields import phone_index, sealed_address
from server.dispatch.rules import building_of

_BATCH = 200
_INDEX_NOT_FOUND = 27
_NAMESPACE_NOT_FOUND = 26
_OLD_INDEX = "court_1_party_id_1_text_1"
_IN_TIMELINE = re.compile(r"送达地址：([^；]*?) → ([^；]*)")

Document = dict[str, Any]


def migrate(db: Any) -> str:
    """Answers how many documents of each collection it changed."""
    _drop_old_index(db.contact_points)
    changed = {
        "contact_points": _each(db.contact_points, {"text": {"$type": "string"}}, _contact_point),
        "service_tasks": _each(db.service_tasks, {"recipients.address": {"$type": "string"}}, _task),
        "timelines": _each(db.service_tasks, {"steps.text": {"$regex": "送达地址：.* → "}}, _timeline),
        "visits": _each(db.visits, {"address": {"$type": "string"}}, _visit),
        "landlines": _each(db.parties, {"phone.mask": {"$regex": "-"}}, _landline),
    }
    return ", ".join(f"{name} {count}" for name, count in changed.items())


def _drop_old_index(collection: Any) -> None:
    try:
        collection.drop_index(_OLD_INDEX)
    except OperationFailure as error:
        if error.code not in (_INDEX_NOT_FOUND, _NAMESPACE_NOT_FOUND):
            raise


def _each(collection: Any, where: Document, change: Callable[[Document], Iterator[UpdateOne]]) -> int:
    """Every write names what was read, so that nobody who writes meanwhile loses anything."""
    changed = 0
    for batch in _batches(collection.find(where)):
        writes = [write for document in batch for write in change(document)]
        if writes:
            changed += int(collection.bulk_write(writes, ordered=False).modified_count)
    return changed


def _batches(found: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in found:
        batch.append(document)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _contact_point(document: Document) -> Iterator[UpdateOne]:
    sealed = sealed_address(document["text"], court=document["court"], subject=document["party_id"])
    yield UpdateOne({"_id": document["_id"], "text": document["text"]}, {"$set": {"text": sealed}})


def _task(document: Document) -> Iterator[UpdateOne]:
    for number, one in enumerate(document["recipients"]):
        if isinstance(one["address"], str):
            sealed = sealed_address(one["address"], court=document["court"], subject=one["party_id"])
            path = f"recipients.{number}.address"
            yield UpdateOne({"_id": document["_id"], path: one["address"]}, {"$set": {path: sealed}})


def _timeline(document: Document) -> Iterator[UpdateOne]:
    for number, step in enumerate(document["steps"]):
        cut = _IN_TIMELINE.sub(lambda found: f"送达地址：{_cut(found[1])} → {_cut(found[2])}", step["text"])
        if cut != step["text"]:
            path = f"steps.{number}.text"
            yield UpdateOne({"_id": document["_id"], path: step["text"]}, {"$set": {path: cut}})


def _cut(text: str) -> str:
    return text if text == "无" or text.endswith("**") else mask_address(text)


def _visit(document: Document) -> Iterator[UpdateOne]:
    court, address = document["court"], document["address"]
    change: Document = {"$set": {"address": sealed_address(address, court=court, subject=document["party_id"])}}
    building = building_of(address)
    if building:
        change["$set"]["building"] = crypto.vault().index(f"building:{normal_address(building)}", court=court)
    else:
        change["$unset"] = {"building": ""}
    yield UpdateOne({"_id": document["_id"], "address": address}, change)


def _landline(document: Document) -> Iterator[UpdateOne]:
    court, phone = document["court"], document["phone"]
    (text,) = crypto.vault().open_many([phone["text"]], court=court)
    if text is not None and (index := phone_index(text, court=court)) != phone["index"]:
        yield UpdateOne({"_id": document["_id"], "phone.text": phone["text"]}, {"$set": {"phone.index": index}})
