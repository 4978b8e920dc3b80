"""Which accepted visits of a day are looked at once more, drawn so that nobody at the door can foresee it."""

from __future__ import annotations

from evidence.watch import draw
from server.core import crypto
from server.field.services import guard

_PURPOSE = "review sample"


def drawn(*, court: str, date: str, percent: int) -> list[str]:
    """Ids of the accepted visits drawn for a day: about `percent` of them, at least one of each server.

    The lots are a MAC under a secret of the court (wrapped at rest like all its keys): whoever holds the master key can
    draw them again and show that nobody chose.
    """
    where = {"court": court, "date": date, "state": "ended", "review.state": "accepted"}
    found = guard.visits().find(where, {"server_id": 1})
    secret = crypto.vault().secret(_PURPOSE, court=court)
    pairs = [(one["_id"], one.get("server_id") or "") for one in found]
    return draw(pairs, secret=secret, day=date, share=percent / 100)
