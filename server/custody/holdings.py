"""Everything in the database that names an object of the evidence store: moved as one, kept by class.

Features above this one register what they hold when the program is composed. The names are content addresses, so
several documents, also of several courts, may name the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mongoengine import Document

from server.cases.models import ImportRun
from server.core.audit.models import ChainSegment
from server.custody.models import Announced
from server.field.models import EvidenceItem
from server.service.models import Exhibit

# Classes of retention. `records` (the audit log's archive, lists of a case system) are moved and never removed here.
EVIDENCE, REFUSED, COPIES, PAPERS, BATCHES, PACKAGES, BUNDLES, RECORDS = (
    "evidence",
    "refused",
    "copies",
    "papers",
    "batches",
    "packages",
    "bundles",
    "records",
)
LABELS = {
    EVIDENCE: "证据原件",
    REFUSED: "未采用的原始文件",
    COPIES: "缩略图等工作副本",
    PAPERS: "送达文书",
    BATCHES: "成批文书的合并文件",
    PACKAGES: "送达档案包",
    BUNDLES: "导出的证据包",
    RECORDS: "日志归档和导入名单",
}


@dataclass(frozen=True, slots=True)
class Holding:
    """Documents of one model that name objects.

    `keys` are dotted paths to store keys, `*` for every value of a mapping or list. `since` is the field a timer that
    needs no receipt runs from. `by_hash` are indexed fields that hold the SHA-256 of an object people can bring in
    themselves: whoever removes an object looks there for others that name it.
    """

    model: Callable[[], type[Document]]
    label: str
    group: str
    keys: tuple[str, ...]
    since: str
    by_hash: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.model()._get_collection_name())

    @property
    def collection(self) -> Any:
        return self.model()._get_collection()

    def keys_of(self, document: Mapping[str, Any]) -> list[str]:
        """Every key the document names, in order, once."""
        return list(dict.fromkeys(key for path in self.keys for key in _values(document, path.split("."))))

    @property
    def projection(self) -> dict[str, int]:
        return {path.split(".*", maxsplit=1)[0]: 1 for path in self.keys}


_OWN = (
    Holding(lambda: EvidenceItem, "证据材料", EVIDENCE, ("store_key",), "received_at", ("sha256",)),
    Holding(lambda: EvidenceItem, "证据工作副本", COPIES, ("analysis.copies.*.store_key",), "received_at"),
    Holding(lambda: Announced, "未采用的材料", REFUSED, ("kept_key",), "settled_at", ("sha256",)),
    Holding(lambda: Exhibit, "送达材料", EVIDENCE, ("store_key",), "received_at", ("sha256",)),
    Holding(lambda: ImportRun, "导入名单", RECORDS, ("store_key",), "created_at"),
    Holding(lambda: ChainSegment, "日志归档", RECORDS, ("store_key",), "at"),
)
_registered: dict[tuple[str, str], Holding] = {}


def register(*holdings: Holding) -> None:
    """Called by the composition root; registering the same again changes nothing."""
    for one in holdings:
        _registered[(one.name, one.group)] = one


def known() -> list[Holding]:
    """Own and registered ones, in a fixed order."""
    register(*_OWN)
    return [_registered[name] for name in sorted(_registered)]


def _values(value: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(value, str) and value:
            yield value
        return
    step, rest = path[0], path[1:]
    if step == "*":
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        for one in inner:
            yield from _values(one, rest)
    elif isinstance(value, Mapping):
        yield from _values(value.get(step), rest)
