"""Which news is whose: hands on to a person's phone what happens to their own visits, and nothing else.

Carries ids and states, as all live news; lossy as well: the phone reads the state again when it opens its stream.
"""

from __future__ import annotations

from typing import Any

from server.core import live
from server.core.events import Event
from server.dispatch.models import Visit

TO_ITS_SERVER = ("look.answered", "look.expired")
OF_VISITS = ("visit.reviewed", "visit.assigned", "visit.unassigned", "visit.withdrawn")
OF_DAYS = ("plan.published",)
NAMES = (*TO_ITS_SERVER, *OF_VISITS, *OF_DAYS)
_SAID = ("look_id", "visit_id", "state", "decision", "date", "plan_id", "why")


def on_event(event: Event) -> None:
    """Subscriber of `NAMES`; may hear the same news twice."""
    said = {name: event.data[name] for name in _SAID if event.data.get(name) is not None}
    for person_id in sorted(_people(event)):
        live.publish_to(event.court, person_id, event.name, **said)


def _people(event: Event) -> set[str]:
    if event.name in OF_DAYS:
        return set(event.data.get("servers") or ())
    named: set[Any] = {event.data.get("server_id"), event.data.get("from_server_id")}
    if event.name in OF_VISITS and event.data.get("visit_id"):
        found = Visit._get_collection().find_one(
            {"_id": event.data["visit_id"], "court": event.court}, {"server_id": 1, "second_server_id": 1}
        )
        named |= {(found or {}).get("server_id"), (found or {}).get("second_server_id")}
    return {one for one in named if one}
