"""What the tests of the audit log share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from server.core.audit.rows import Row

COURT = "京0102"
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def row(n: int = 0, court: str = COURT, **values: Any) -> Row:
    """A row of a manager, `n` seconds into the day."""
    given: dict[str, Any] = {
        "action": "visit.assign",
        "person_id": f"person-{n % 5}",
        "person_name": "李示例",
        "person_court": court,
        "roles": ("manager",),
        "session_id": "0123456789ab",
        "kind": "web",
        "object_type": "visit",
        "object_id": f"visit-{n}",
        "remote": "203.0.113.7",
        "request_id": f"request-{n}",
        "subjects": (f"{n % 7:032x}",) if n % 3 == 0 else (),
        "before": {"server": None},
        "after": {"server": "王示例", "n": n, "km": n / 8, "late": n % 2 == 0},
        "detail": {"note": "改派“示例”，原因：请假"} if n % 4 == 0 else {},
    }
    return Row(court=court, at=START + timedelta(seconds=n, milliseconds=n), **{**given, **values})
