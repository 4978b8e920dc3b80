"""What a post office's trace may mean for service: never more than "handed to somebody" (§4.2 of the reference).

704 妥投 is told for parcels left with shops, at doors, with relatives; only the signed receipt serves (EMS04 art. 9).
Codes that are not known leave the mail open: the full list is not published.
"""

from __future__ import annotations

from collections.abc import Iterable

_DELIVERED, _UNDELIVERED = "704", "705"


def result_of(codes: Iterable[str]) -> str:
    """The result (server.law.attempts) the trace alone supports, its operation codes in the order of time."""
    last = ""
    for code in codes:
        if code in (_DELIVERED, _UNDELIVERED):
            last = code
    return "mail_delivered" if last == _DELIVERED else "mail_open"


def failed_tries(codes: Iterable[str]) -> int:
    """How many delivery tries the trace reports as failed (705), for T16."""
    return sum(code == _UNDELIVERED for code in codes)
