"""One row of the audit log as a plain value: who did (or was refused) what to which object, from where, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

DONE = "done"
REFUSED = "refused"  # the rules said no: a right missing, a stale version, a bad body
FAILED = "failed"  # the program broke
UNKNOWN = "unknown"  # the process died between the deed and its row; found by the sweep
RESULTS = (DONE, REFUSED, FAILED, UNKNOWN)

PLATFORM = ""  # the chain of what belongs to no court: strangers, the installation itself


@dataclass(frozen=True, slots=True)
class Row:
    """What is recorded. Values of `before`, `after` and `detail` are JSON and masked already.

    `court` names the chain: the court of the object. `subjects` are blind indexes of personal values that were shown
    or changed, so that "who saw this number" is one query. `request_id` ties the row to logs and to the answer.
    """

    court: str
    at: datetime
    action: str
    result: str = DONE
    person_id: str = ""
    person_name: str = ""
    person_court: str = ""
    roles: tuple[str, ...] = ()
    session_id: str = ""
    kind: str = "system"  # web, phone, system
    object_type: str = ""
    object_id: str = ""
    remote: str = ""
    request_id: str = ""
    code: str = ""  # problem code when refused or failed
    subjects: tuple[str, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
