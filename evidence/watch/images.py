"""One picture in two visits; one signature for two people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evidence.geo import distance_m
from evidence.watch.hits import Hit, key_of
from evidence.watch.values import Image, Visit


class Nearness(NamedTuple):
    """How many bits may differ: of the coarse hash (64), of the fine one (256), of the coarse one alone."""

    coarse: int
    fine: int
    alone: int


NEAR = Nearness(8, 64, 4)
SIGNED_ALIKE = Nearness(3, 24, 1)
# Hashes with almost all bits alike come from empty pictures and tell nothing.
_FEWEST, _MOST = 12, 52
NEIGHBOURS_M = 200.0
_SCENES = ("photo_door", "photo_recipient", "photo_witness", "photo_process", "photo_left")
_SIGNED_BY_OTHERS = ("signature_recipient", "signature_witness")
_CHUNK = 64  # rows held against all others at once: some 30 MB with the pictures of a busy month


def same_bytes(images: Sequence[Image], visits: Mapping[str, Visit], day: str) -> Iterator[Hit]:
    """The very same file in two visits, one of them of this day. A server's own signature may be a stored one."""
    found: dict[str, list[Image]] = defaultdict(list)
    for image in images:
        if image.visit_id in visits and image.kind != "signature_server":
            found[image.sha256].append(image)
    for same in found.values():
        yield from _pairs_of_day(same, visits, day)


def _pairs_of_day(same: Sequence[Image], visits: Mapping[str, Visit], day: str) -> Iterator[Hit]:
    """Each later one is held against the first."""
    first, *others = sorted(same, key=lambda one: (one.at, one.evidence_id))
    for other in others:
        if other.visit_id == first.visit_id or day not in (visits[first.visit_id].day, visits[other.visit_id].day):
            continue
        if first.is_signature:
            if _other_people(visits[first.visit_id], visits[other.visit_id]):
                yield _signature(first, other, visits, 0)
            continue
        a, b = visits[first.visit_id], visits[other.visit_id]
        near = neighbours(a, b)
        text = f"{_names(a, b)}的两次上门（{a.day}、{b.day}）使用了同一份材料文件"
        text += "，两处为同一建筑" if near else "，两处地址不同"
        yield _hit("same_photo", first, other, visits, 0.6 if near else 1.0, text, {"bits": 0})


def near_copies(images: Sequence[Image], visits: Mapping[str, Visit], day: str) -> Iterator[Hit]:
    """Pictures of one scene that are nearly equal though the buildings are not."""
    pool = [one for one in images if one.kind in _SCENES and one.visit_id in visits]
    for first, other, bits in _near(pool, visits, day, NEAR):
        a, b = visits[first.visit_id], visits[other.visit_id]
        if first.sha256 == other.sha256 or neighbours(a, b):
            continue
        text = f"{_names(a, b)}的两次上门（{a.day}、{b.day}）照片几乎相同，两处地址不同"
        yield _hit("near_photo", first, other, visits, 0.95 - 0.05 * bits, text, {"bits": bits})


def same_signatures(images: Sequence[Image], visits: Mapping[str, Visit], day: str) -> Iterator[Hit]:
    """The same strokes under the names of different people: nobody signs twice alike to the pixel."""
    for kind in _SIGNED_BY_OTHERS:
        pool = [one for one in images if one.kind == kind and one.visit_id in visits]
        for first, other, bits in _near(pool, visits, day, SIGNED_ALIKE):
            if first.sha256 == other.sha256 or not _other_people(visits[first.visit_id], visits[other.visit_id]):
                continue
            yield _signature(first, other, visits, bits)


def neighbours(a: Visit, b: Visit) -> bool:
    """Doors of one building, where honest pictures look alike."""
    if a.place and a.place == b.place:
        return True
    return a.point is not None and b.point is not None and distance_m(a.point, b.point) <= NEIGHBOURS_M


def _other_people(a: Visit, b: Visit) -> bool:
    return bool(a.recipient) and bool(b.recipient) and a.recipient != b.recipient


def _near(
    pool: Sequence[Image], visits: Mapping[str, Visit], day: str, limit: Nearness
) -> Iterator[tuple[Image, Image, int]]:
    """(earlier, later, differing bits) of different visits, one of them of this day."""
    telling = [one for one in pool if one.phash is not None and _FEWEST <= one.phash.bit_count() <= _MOST]
    telling.sort(key=lambda one: (one.at, one.evidence_id))
    hashes = np.array([one.phash for one in telling], dtype=np.uint64)
    today = np.array([visits[one.visit_id].day == day for one in telling], dtype=bool)
    (mine,) = np.nonzero(today)
    for start in range(0, len(mine), _CHUNK):
        part = mine[start : start + _CHUNK]
        for row, column, bits in _close(hashes, part, limit.coarse):
            a, b = sorted((row, column))
            # A pair of this day comes twice: once from each side.
            if (today[a] and today[b] and row != a) or telling[a].visit_id == telling[b].visit_id:
                continue
            if _confirmed(telling[a], telling[b], bits, limit):
                yield telling[a], telling[b], bits


def _confirmed(a: Image, b: Image, bits: int, limit: Nearness) -> bool:
    if a.fine is None or b.fine is None:
        return bits <= limit.alone
    return (a.fine ^ b.fine).bit_count() <= limit.fine


def _close(hashes: NDArray[np.uint64], rows: NDArray[np.intp], most: int) -> Iterator[tuple[int, int, int]]:
    differing = np.bitwise_count(hashes[rows][:, None] ^ hashes[None, :])
    for place, column in np.argwhere(differing <= most):
        row = int(rows[place])
        if row != column:
            yield row, int(column), int(differing[place, column])


def _signature(first: Image, other: Image, visits: Mapping[str, Visit], bits: int) -> Hit:
    a, b = visits[first.visit_id], visits[other.visit_id]
    text = f"{_names(a, b)}的两次上门（{a.day}、{b.day}）受送达人不同，签名图形却相同"
    return _hit("same_signature", first, other, visits, 1.0 - 0.1 * bits, text, {"bits": bits})


def _hit(
    kind: str,
    first: Image,
    other: Image,
    visits: Mapping[str, Visit],
    score: float,
    text: str,
    figures: Mapping[str, int],
) -> Hit:
    a, b = visits[first.visit_id], visits[other.visit_id]
    servers = tuple(dict.fromkeys((a.server_id, b.server_id)))
    ids = (first.evidence_id, other.evidence_id)
    return Hit(kind, key_of(kind, *ids), round(score, 2), text, servers, (a.visit_id, b.visit_id), ids, figures)


def _names(a: Visit, b: Visit) -> str:
    return "、".join(dict.fromkeys((a.server_name, b.server_name)))
