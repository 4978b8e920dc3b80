"""The order of what was captured under one ticket: numbered from 0, each envelope naming the one before it.

Items arrive in any order, so a link is judged against whatever of its ticket is known: its own predecessor settles it
(that one was judged the same way), and until it comes the link waits. Only envelopes whose signature holds count as
known: nobody without the phone's key can break somebody else's chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evidence.capture.reasons import Reason, reason

TIME_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Link:
    """One genuine envelope of a ticket. `sha256`: of its payload; `taken_at`: server time as far as known."""

    sha256: str
    seq: int
    prev: str
    taken_at: datetime


def faults(link: Link, *, note_sha256: str, known: Iterable[Link], final: bool) -> list[Reason]:
    """What is wrong with the place of `link`. `final`: what has not come by now is missing, not awaited."""
    others = [one for one in known if one.sha256 != link.sha256]
    found = []
    if any(one.seq == link.seq for one in others):
        found.append(reason("chain.fork", seq=link.seq))
    if link.seq == 0:
        if link.prev != note_sha256:
            found.append(reason("chain.wrong_start"))
        return found
    return found + _behind(link, [one for one in others if one.seq == link.seq - 1], final)


def _behind(link: Link, before: Sequence[Link], final: bool) -> list[Reason]:
    """`before`: the envelopes that carry the number before; more than one of them is their fork, not ours."""
    if not before:
        return [reason("chain.gap" if final else "chain.waiting", number=link.seq)]
    previous = next((one for one in before if one.sha256 == link.prev), None)
    if previous is None:
        return [reason("chain.wrong_previous", seq=link.seq)]
    back = previous.taken_at - link.taken_at
    if back > TIME_SLACK:
        return [reason("chain.time_back", minutes=minutes(back))]
    return []


def minutes(span: timedelta) -> int:
    """A span in whole minutes, for a sentence."""
    return round(abs(span.total_seconds()) / 60)
