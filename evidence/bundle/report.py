"""What a verification found: the bundle as a whole, every item, every document; for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evidence.bundle.words import OK, VERDICT_ZH, VERDICTS, Reason, worst

SCHEMA = "songda-verification/1"


@dataclass(frozen=True, slots=True)
class Judged:
    """One item or document. `index`: its place in the court's log, when proven."""

    id: str
    title: str
    reasons: tuple[Reason, ...]
    remarks: tuple[Reason, ...] = ()
    index: int | None = None
    received_at: str = ""

    @property
    def verdict(self) -> str:
        return worst(list(self.reasons))

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "verdict": self.verdict,
            "reasons": [one.document() for one in self.reasons],
            "remarks": [one.document() for one in self.remarks],
            "log_index": self.index,
            "received_at": self.received_at or None,
        }


@dataclass(frozen=True, slots=True)
class KeyUsed:
    """`trusted` is None when the caller gave no keys to compare with."""

    text: str
    fingerprint: str
    trusted: bool | None


@dataclass(frozen=True, slots=True)
class StampSeen:
    """`by` as in `content.Log.stamped_by`; `trusted` is None when the caller gave no roots."""

    at: datetime
    by: str
    trusted: bool | None


@dataclass(frozen=True, slots=True)
class Report:
    """`about` are the words of bundle.json: bundle_id, court, court_name, scope, made_at; empty when unreadable."""

    about: Mapping[str, Any]
    reasons: tuple[Reason, ...]
    remarks: tuple[Reason, ...] = ()
    key: KeyUsed | None = None
    checkpoint: Mapping[str, Any] | None = None
    stamp: StampSeen | None = None
    items: Sequence[Judged] = field(default_factory=list)
    documents: Sequence[Judged] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Of the bundle as such, its items apart."""
        return worst(list(self.reasons))

    @property
    def ok(self) -> bool:
        """Everything holds: nothing is wrong with the bundle or anything in it."""
        return self.verdict == OK and all(one.verdict == OK for one in (*self.items, *self.documents))

    @property
    def counts(self) -> dict[str, int]:
        """How many items and documents came to each verdict."""
        found = [one.verdict for one in (*self.items, *self.documents)]
        return {verdict: found.count(verdict) for verdict in VERDICTS}

    def document(self) -> dict[str, Any]:
        """Plain JSON values."""
        key, stamp = self.key, self.stamp
        return {
            "schema": SCHEMA,
            "ok": self.ok,
            "bundle": dict(self.about),
            "verdict": self.verdict,
            "reasons": [one.document() for one in self.reasons],
            "remarks": [one.document() for one in self.remarks],
            "key": {"text": key.text, "fingerprint": key.fingerprint, "trusted": key.trusted} if key else None,
            "checkpoint": dict(self.checkpoint) if self.checkpoint else None,
            "stamp": {"at": stamp.at.isoformat(), "by": stamp.by, "trusted": stamp.trusted} if stamp else None,
            "counts": self.counts,
            "items": [one.document() for one in self.items],
            "documents": [one.document() for one in self.documents],
        }

    def lines(self) -> Iterator[str]:
        """For people: Chinese first, then English."""
        yield from self._about()
        for title, several in (("证据 Items", self.items), ("文书及其他 Documents", self.documents)):
            if several:
                yield f"{title}："
            for number, one in enumerate(several, 1):
                verdict = f"{one.verdict:<8} {VERDICT_ZH[one.verdict]}"
                yield f"  {number:>4}. {verdict}  {_shown(one.title)}  [{_shown(one.id)}]"
                yield from _told((*one.reasons, *one.remarks), "        ")
        yield self._conclusion()

    def _about(self) -> Iterator[str]:
        about = self.about
        if about:
            yield f"证据包 Bundle：{_shown(about['court_name'])}  {_shown(about['scope']['title'])}"
            yield f"制作时间 Made at：{_shown(about['made_at'])}   编号 Id：{_shown(about['bundle_id'])}"
        if self.key:
            yield f"法院公钥 Court's key：{_shown(self.key.text)}"
            yield f"公钥指纹 Fingerprint (SHA-256)：{self.key.fingerprint}"
        if self.checkpoint:
            yield f"法院日志检查点 Checkpoint：{self.checkpoint['size']} 条 entries，{self.checkpoint['root']}"
        if self.stamp:
            yield f"时间戳 Time-stamp：{self.stamp.at.isoformat()}"
        yield f"证据包整体 The bundle itself：{self.verdict} {VERDICT_ZH[self.verdict]}"
        yield from _told((*self.reasons, *self.remarks), "    ")

    def _conclusion(self) -> str:
        counts = "，".join(f"{verdict} {count}" for verdict, count in self.counts.items())
        if self.ok:
            return f"结论 Conclusion：全部成立 everything holds（{counts}）"
        return f"结论 Conclusion：未全部成立 NOT everything holds（{counts}）"


def _told(reasons: Sequence[Reason], indent: str) -> Iterator[str]:
    for one in reasons:
        yield f"{indent}{'·' if one.verdict == OK else '!'} {_shown(one.zh)}"
        yield f"{indent}  {_shown(one.en)}"


def _shown(text: str) -> str:
    """Without anything a terminal would obey: the words may be an attacker's."""
    return "".join(one if one.isprintable() else "�" for one in str(text))[:500]
