"""All checks over one day and the days before it."""

from __future__ import annotations

from collections.abc import Sequence

from evidence.watch import entering, images, moving, rates
from evidence.watch.hits import Hit
from evidence.watch.values import Image, Visit


def watch(*, day: str, visits: Sequence[Visit], pictures: Sequence[Image]) -> list[Hit]:
    """What stands out on this day, most unusual first. `visits` and `pictures` reach back as far as the caller wants
    rates and copies to be compared; a finding that does not touch this day is not made, rates excepted."""
    today = [one for one in visits if one.day == day]
    by_id = {one.visit_id: one for one in visits}
    found = [
        *moving.impossible_ways(today),
        *moving.witnesses_in_two_places(today),
        *images.same_bytes(pictures, by_id, day),
        *images.near_copies(pictures, by_id, day),
        *images.same_signatures(pictures, by_id, day),
        *rates.witnesses_too_often(visits),
        *rates.clustered_outcomes(visits),
        *entering.from_one_point(today),
        *entering.in_bursts(today),
    ]
    return sorted(found, key=lambda one: (-one.score, one.key))
