"""One picture in several visits; one signature for several people. Everything alike is one finding, however many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
_PARTNERS = 40  # of one picture: more of the same would only bind the same group again
_LISTED = 50  # visits named by one finding; its figures count all

Visits = Mapping[str, Visit]
Pair = tuple[Image, Image]


def same_bytes(images: Sequence[Image], visits: Visits, day: str) -> Iterator[Hit]:
    """The very same file in several visits, one of them of this day. A server's own signature may be a stored one."""
    found: dict[str, list[Image]] = defaultdict(list)
    for image in images:
        if image.visit_id in visits and image.kind != "signature_server":
            found[image.sha256].append(image)
    for same in found.values():
        group = _one_per_visit(same)
        if len(group) < 2 or all(visits[one.visit_id].day != day for one in group):
            continue
        if not group[0].is_signature:
            yield _same_file(group, visits)
        elif _of_other_people(group, visits):
            yield _signed(group, visits)


def _same_file(group: Sequence[Image], visits: Visits) -> Hit:
    first = visits[group[0].visit_id]
    near = all(neighbours(first, visits[one.visit_id]) for one in group[1:])
    text = f"{_who(group, visits)}使用了同一份材料文件，{'均在同一建筑或者相邻' if near else '地址不同'}"
    return _hit("same_photo", group, visits, 0.6 if near else 1.0, text)


def near_copies(images: Sequence[Image], visits: Visits, day: str) -> Iterator[Hit]:
    """Pictures of one scene that are nearly equal though the buildings are not."""
    pool = [one for one in images if one.kind in _SCENES and one.visit_id in visits]

    def telling(a: Image, b: Image) -> bool:
        return a.sha256 != b.sha256 and not neighbours(visits[a.visit_id], visits[b.visit_id])

    for group in _groups(_near(pool, visits, day, NEAR, telling)):
        text = f"{_who(group, visits)}所拍照片几乎相同，地址不同"
        yield _hit("near_photo", group, visits, 0.9, text)


def same_signatures(images: Sequence[Image], visits: Visits, day: str) -> Iterator[Hit]:
    """The same strokes under the names of different people: nobody signs twice alike to the pixel."""

    def telling(a: Image, b: Image) -> bool:
        return a.sha256 != b.sha256 and _of_other_people((a, b), visits)

    for kind in _SIGNED_BY_OTHERS:
        pool = [one for one in images if one.kind == kind and one.visit_id in visits]
        for group in _groups(_near(pool, visits, day, SIGNED_ALIKE, telling)):
            yield _signed(group, visits)


def neighbours(a: Visit, b: Visit) -> bool:
    """Doors of one building, where honest pictures look alike."""
    if a.place and a.place == b.place:
        return True
    return a.point is not None and b.point is not None and distance_m(a.point, b.point) <= NEIGHBOURS_M


def _of_other_people(group: Sequence[Image], visits: Visits) -> bool:
    people = {visits[one.visit_id].recipient for one in group} - {""}
    return len(people) > 1


def _near(
    pool: Sequence[Image], visits: Visits, day: str, limit: Nearness, telling: Callable[[Image, Image], bool]
) -> Iterator[Pair]:
    """(earlier, later) of different visits, one of them of this day."""
    known = [one for one in pool if one.phash is not None and _FEWEST <= one.phash.bit_count() <= _MOST]
    known.sort(key=_order)
    hashes = np.array([one.phash for one in known], dtype=np.uint64)
    rows = np.array([n for n, one in enumerate(known) if visits[one.visit_id].day == day], dtype=np.intp)
    for start in range(0, len(rows), _CHUNK):
        for row, columns in _close(hashes, rows[start : start + _CHUNK], limit.coarse):
            for column in columns:
                a, b = known[min(row, column)], known[max(row, column)]
                if a.visit_id != b.visit_id and _confirmed(a, b, limit) and telling(a, b):
                    yield a, b


def _close(hashes: NDArray[np.uint64], rows: NDArray[np.intp], most: int) -> Iterator[tuple[int, list[int]]]:
    """(row, its partners): pictures whose coarse hashes differ by at most so many bits."""
    differing = np.bitwise_count(hashes[rows][:, None] ^ hashes[None, :])
    for row, near in zip(rows.tolist(), differing <= most, strict=True):
        columns = [one for one in np.flatnonzero(near)[: _PARTNERS + 1].tolist() if one != row]
        if columns:
            yield row, columns


def _confirmed(a: Image, b: Image, limit: Nearness) -> bool:
    if a.fine is None or b.fine is None:
        return ((a.phash or 0) ^ (b.phash or 0)).bit_count() <= limit.alone
    return (a.fine ^ b.fine).bit_count() <= limit.fine


def _groups(pairs: Iterable[Pair]) -> Iterator[list[Image]]:
    """What hangs together through pairs, each visit once."""
    head: dict[str, str] = {}
    known: dict[str, Image] = {}

    def root(name: str) -> str:
        while head.setdefault(name, name) != name:
            head[name] = name = head[head[name]]
        return name

    for a, b in pairs:
        known[a.evidence_id], known[b.evidence_id] = a, b
        head[root(a.evidence_id)] = root(b.evidence_id)
    groups: dict[str, list[Image]] = defaultdict(list)
    for name, image in known.items():
        groups[root(name)].append(image)
    yield from (_one_per_visit(group) for group in groups.values())


def _one_per_visit(images: Iterable[Image]) -> list[Image]:
    found: dict[str, Image] = {}
    for image in sorted(images, key=_order):
        found.setdefault(image.visit_id, image)
    return list(found.values())


def _order(image: Image) -> tuple[object, str]:
    return image.at, image.evidence_id


def _signed(group: Sequence[Image], visits: Visits) -> Hit:
    text = f"{_who(group, visits)}的受送达人不同，签名图形却相同"
    return _hit("same_signature", group, visits, 1.0, text)


def _hit(kind: str, group: Sequence[Image], visits: Visits, score: float, text: str) -> Hit:
    """Named by the earliest picture: copies that join later belong to the same finding."""
    servers = dict.fromkeys(visits[one.visit_id].server_id for one in group)
    listed = group[:_LISTED]
    ids, named = tuple(one.evidence_id for one in listed), tuple(one.visit_id for one in listed)
    figures = {"count": len(group)}
    return Hit(kind, key_of(kind, ids[0]), score, text, tuple(servers), named, ids, figures, len(group))


def _who(group: Sequence[Image], visits: Visits) -> str:
    """`甲、乙的 3 次上门（2026-11-02 至 2026-11-20）`."""
    found = [visits[one.visit_id] for one in group]
    names = list(dict.fromkeys(one.server_name for one in found))
    shown = "、".join(names[:3]) + (f"等 {len(names)} 人" if len(names) > 3 else "")
    days = sorted({one.day for one in found})
    when = days[0] if len(days) == 1 else f"{days[0]} 至 {days[-1]}"
    return f"{shown}的 {len(found)} 次上门（{when}）"
