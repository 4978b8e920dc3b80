"""A random sample nobody can foresee and anybody with the key can draw again."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable

_WHOLE = 2**64


def draw(visits: Iterable[tuple[str, str]], *, secret: bytes, day: str, share: float) -> list[str]:
    """The visit ids drawn from (visit id, server id): each with the chance `share`, and at least one per server.

    Whether a visit is drawn depends on the secret, the day and its own id alone (but for the one per server), so
    visits that join later change nothing about those drawn before. `share` 0 draws nothing.
    """
    if share <= 0:
        return []
    mine: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for visit_id, server_id in visits:
        mine[server_id].append((_place(secret, day, visit_id), visit_id))
    drawn: list[str] = []
    for lots in mine.values():
        lots.sort()
        drawn.extend(visit_id for number, (lot, visit_id) in enumerate(lots) if lot < share or number == 0)
    return sorted(drawn)


def _place(secret: bytes, day: str, visit_id: str) -> float:
    """A number in [0, 1): HMAC-SHA-256 of day and visit."""
    mac = hmac.digest(secret, f"songda-sample/1\n{day}\n{visit_id}".encode(), "sha256")
    return int.from_bytes(mac[:8]) / _WHOLE
