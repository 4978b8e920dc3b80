"""The audit log: who did, saw or was refused what. Views declare their deed, `server.core.gate` writes the row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.core.audit.chain import append
from server.core.audit.deed import change, does, note, subjects, target
from server.core.audit.mask import masked
from server.core.audit.rows import DONE, Row


def record_system(
    *,
    court: str,
    action: str,
    now: datetime,
    object_type: str = "",
    object_id: str = "",
    result: str = DONE,
    code: str = "",
    **detail: Any,
) -> None:
    """One row for what no request did: a task, a command at the console. Personal values are masked."""
    append(
        [
            Row(
                court=court,
                at=now,
                action=action,
                result=result,
                code=code,
                object_type=object_type,
                object_id=object_id,
                detail=masked(detail),
            )
        ]
    )


__all__ = ["change", "does", "note", "record_system", "subjects", "target"]
