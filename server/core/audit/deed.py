"""The deed being done in this request: services and views say what they changed or showed, the gate writes the row.

Everything here is a no-op when no deed is open (a Celery task, a command, a test of a service), so services may
always speak.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Deed:
    """What is known so far; becomes one `Row` when the request ends."""

    action: str | None = None
    permission: str = ""
    object_type: str = ""
    object_id: str = ""
    pending_id: str | None = None
    code: str = ""
    subjects: list[str] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)


_open: ContextVar[Deed | None] = ContextVar("songda_deed", default=None)


def begin(deed: Deed | None) -> None:
    """Opens a deed for what follows in this context; None closes it."""
    _open.set(deed)


def now_open() -> Deed | None:
    return _open.get()


def note(**detail: Any) -> None:
    """Adds members to the row's detail. Values are JSON; personal ones are masked before they are stored."""
    deed = _open.get()
    if deed is not None:
        deed.detail.update(detail)


def change(*, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None) -> None:
    """Says what changed, from what to what."""
    deed = _open.get()
    if deed is not None:
        deed.before.update(before or {})
        deed.after.update(after or {})


def subjects(*indexes: str) -> None:
    """Blind indexes of the personal values that were shown or changed."""
    deed = _open.get()
    if deed is not None:
        deed.subjects.extend(one for one in indexes if one and one not in deed.subjects)


def target(object_type: str, object_id: str) -> None:
    """Names the object when the address does not: something just created, or somebody just signed in."""
    deed = _open.get()
    if deed is not None:
        deed.object_type, deed.object_id = object_type, object_id


def does(action: str) -> None:
    """Names the deed when it turns out to be another than the address declares (a look that showed something)."""
    deed = _open.get()
    if deed is not None:
        deed.action = action
