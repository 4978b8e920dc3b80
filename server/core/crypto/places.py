"""Where sealed values lie: found from the models, never listed by hand.

`SealedText` is the field of a ciphertext. Whatever model has one, at any depth, is rotated and watched for lost keys;
a ciphertext in any other field would be missed, so a test looks for such in the documents of a whole day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mongoengine import EmbeddedDocumentField, ListField, StringField

from server.core import database


class SealedText(StringField):
    """A sealed value as `Vault.seal` gives it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a collection that holds sealed values. `parts` is its path; `[]` stands for each element of a list.

    `own_subject`, from `meta["sealed_subject"]` of the model, is the field that names the party, "" for `party_id`.
    """

    collection: str
    parts: tuple[str, ...]
    own_subject: str = ""

    @property
    def path(self) -> str:
        """As queries name it: lists need no mark."""
        return ".".join(part for part in self.parts if part != "[]")

    @property
    def beside(self) -> tuple[str, ...]:
        """Fields that say whose values these are, besides `party_id`."""
        return (self.own_subject,) if self.own_subject else ()

    def subject(self, document: dict[str, Any], path: str) -> str | None:
        """The party a value tells of: the nearest `party_id` around it, or the document itself if it is a party."""
        if self.own_subject:
            return str(document[self.own_subject])
        found: str | None = document.get("party_id")
        inside: Any = document
        for part in path.split("."):
            inside = inside[int(part)] if isinstance(inside, list) else inside.get(part, {})
            if isinstance(inside, dict):
                found = inside.get("party_id", found)
        return found

    def values(self, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """(path with positions, value) of every value of one document."""
        yield from _walk(document, self.parts, ())


def _walk(value: Any, parts: tuple[str, ...], at: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not parts:
        if isinstance(value, str):
            yield ".".join(at), value
    elif parts[0] == "[]":
        for number, one in enumerate(value if isinstance(value, list) else ()):
            yield from _walk(one, parts[1:], (*at, str(number)))
    elif isinstance(value, dict) and parts[0] in value:
        yield from _walk(value[parts[0]], parts[1:], (*at, parts[0]))


def places() -> list[Place]:
    """Every place of every model that has been imported, in a stable order."""
    found = [
        Place(model._get_collection_name(), parts, model._meta.get("sealed_subject", ""))
        for model in database.models()
        for parts in _of_fields(model._fields, ())
    ]
    return sorted(set(found), key=lambda place: (place.collection, place.parts))


def _of_fields(fields: dict[str, Any], prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for field in fields.values():
        yield from _of_field(field, (*prefix, field.db_field) if field.db_field else prefix)


def _of_field(field: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(field, SealedText):
        yield at
    elif isinstance(field, EmbeddedDocumentField):
        yield from _of_fields(field.document_type._fields, at)
    elif isinstance(field, ListField) and field.field is not None:
        yield from _of_field(field.field, (*at, "[]"))
