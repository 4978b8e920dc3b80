"""Who meets one witness, or nobody at all, far more often than the court does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from evidence.watch.chances import discoveries, pooled, spread_of, tail
from evidence.watch.hits import Hit, key_of
from evidence.watch.values import Visit

FALSE_SHARE = 0.05
LEAST_RATIO = 1.5


class _Least(NamedTuple):
    """Below, nothing is said: how many visits, and how many of the kind in question."""

    visits: int
    hits: int


TOGETHER = _Least(5, 4)
OUTCOMES = _Least(8, 5)


@dataclass(frozen=True, slots=True)
class _Row:
    """So many of so many of one server, and the visits they are."""

    server_id: str
    name: str
    label: str
    hits: tuple[Visit, ...]
    trials: int

    @property
    def count(self) -> tuple[int, int]:
        return len(self.hits), self.trials


@dataclass(frozen=True, slots=True)
class _Odds:
    row: _Row
    base: float
    chance: float


def witnesses_too_often(visits: Iterable[Visit]) -> Iterator[Hit]:
    """The share of a server's most frequent witness against that share of all other servers."""
    seen: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.witness:
            seen[visit.server_id].append(visit)
    rows = [_top_witness(server, found) for server, found in seen.items() if len(found) >= TOGETHER.visits]
    for odds in _named([rows], TOGETHER):
        row, (k, n) = odds.row, odds.row.count
        text = (
            f"{row.name}近期 {n} 次有见证人的送达中有 {k} 次为同一见证人，"
            f"其他送达员最常见见证人的平均占比为 {odds.base:.0%}"
        )
        yield _hit("witness_often", odds, text, row.label)


def _top_witness(server_id: str, found: Sequence[Visit]) -> _Row:
    witness, _ = min(Counter(one.witness for one in found).items(), key=lambda pair: (-pair[1], pair[0]))
    hits = tuple(one for one in found if one.witness == witness)
    return _Row(server_id, found[0].server_name, witness, hits, len(found))


def clustered_outcomes(visits: Iterable[Visit]) -> Iterator[Hit]:
    """The share of each kind of failure per server against all other servers of the court."""
    mine: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        mine[visit.server_id].append(visit)
    groups = sorted({one.group for found in mine.values() for one in found if one.group})
    rows_of = {group: [_group_row(group, found) for found in mine.values()] for group in groups}
    # All servers and kinds of failure are one family of questions.
    for odds in _named(rows_of.values(), OUTCOMES):
        row, (k, n) = odds.row, odds.row.count
        label = row.hits[0].group_zh or row.label
        text = f"{row.name}近期 {n} 次上门中有 {k} 次结果为“{label}”（{k / n:.0%}），其他送达员为 {odds.base:.0%}"
        yield _hit("outcome_cluster", odds, text, row.label)


def _group_row(group: str, found: Sequence[Visit]) -> _Row:
    hits = tuple(one for one in found if one.group == group)
    return _Row(found[0].server_id, found[0].server_name, group, hits, len(found))


def _named(families: Iterable[Sequence[_Row]], least: _Least) -> list[_Odds]:
    asked = [odds for rows in families for odds in _odds(rows, least)]
    named = discoveries([one.chance for one in asked], false_share=FALSE_SHARE)
    return [
        one
        for one, yes in zip(asked, named, strict=True)
        if yes and len(one.row.hits) >= least.hits and len(one.row.hits) / one.row.trials >= LEAST_RATIO * one.base
    ]


def _odds(rows: Sequence[_Row], least: _Least) -> Iterator[_Odds]:
    """Each server against all others; with nobody to compare with there is nothing to say."""
    for row in rows:
        others = [one.count for one in rows if one is not row]
        if not others or row.trials < least.visits:
            continue
        base = pooled(others)
        yield _Odds(row, base, tail(len(row.hits), row.trials, base, spread_of(others)))


def _hit(kind: str, odds: _Odds, text: str, subject: str) -> Hit:
    row, (k, n) = odds.row, odds.row.count
    figures = {"count": k, "of": n, "share": round(k / n, 3), "base": round(odds.base, 3), "chance": odds.chance}
    visits = tuple(one.visit_id for one in sorted(row.hits, key=lambda one: one.at))
    score = round(min(0.99, 1 - odds.chance), 2)
    return Hit(kind, key_of(kind, row.server_id, subject), score, text, (row.server_id,), visits, (), figures, k)
