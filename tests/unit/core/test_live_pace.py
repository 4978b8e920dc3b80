"""Counters that move with every upload reach a board at most twice a second, and always with their last value."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.live import PACE_S, Pace


def message(held: int, *, at: int | None = None, server: str = "s1") -> str:
    data = {"server_id": server, "date": "2026-11-24", "at": f"{held if at is None else at:04d}", "held": held}
    return json.dumps({"name": "ledger.changed", "data": data})


def held_in(text: str) -> int:
    return int(json.loads(text)["data"]["held"])


@given(st.lists(st.tuples(st.floats(0, 1, allow_nan=False), st.integers(1, 40)), min_size=1, max_size=40))
def test_the_last_count_always_comes_and_never_more_than_two_a_second(steps: list[tuple[float, int]]) -> None:
    pace, now, told = Pace(), 0.0, []
    for wait, at in steps:
        now += wait
        told += [(now, held_in(one)) for _, one in pace.due(now=now)]
        out = pace.offer("c", message(at, at=at), now=now)
        told += [(now, held_in(out))] if out else []
    now += 1.01 * PACE_S
    told += [(now, held_in(one)) for _, one in pace.due(now=now)]
    assert not pace.waiting
    assert told[-1][1] == max(at for _, at in steps)
    assert [held for _, held in told] == sorted(held for _, held in told)  # an older count never overtakes
    assert all(later - earlier >= 0.99 * PACE_S for (earlier, _), (later, _) in pairwise(told))


def test_servers_and_streams_do_not_wait_for_each_other() -> None:
    pace = Pace()
    assert pace.offer("c", message(1), now=10.0)
    assert pace.offer("c", message(1, server="s2"), now=10.0)
    assert pace.offer("c/s1", message(1), now=10.0)
    assert pace.offer("c", message(2), now=10.1) is None
    assert pace.due(now=10.2) == []
    assert [(stream, held_in(one)) for stream, one in pace.due(now=10.6)] == [("c", 2)]
