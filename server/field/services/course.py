"""The whole course of a task in one line of time: its own steps, who had its visits, and what the phones reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.dispatch import services as dispatch
from server.dispatch.models import Visit
from server.dispatch.wording import change_text
from server.service.models import ServiceTask

_PROGRESS = {"accept": "送达员接单", "depart": "送达员出发前往送达地址", "arrive": "送达员到达送达地址"}
_NODES = {
    "open": "已安排上门，待分派",
    "assigned": "已分派外出送达员",
    "accepted": "送达员已接单",
    "departed": "送达员正在前往",
    "arrived": "送达员已到达",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step: who, when, what, and the paper or evidence it produced."""

    at: datetime
    by_name: str
    what: str
    text: str
    recipient_id: str | None = None
    receipt: str | None = None


def course_of_task(task: ServiceTask) -> list[Line]:
    """Every step of a task in order of time."""
    visits = [
        dict(one)
        for one in Visit._get_collection().find(
            {"court": task.court, "task_id": task.id},
            {"changes": 1, "progress": 1, "recipient_id": 1, "date": 1},
        )
    ]
    names = dispatch.server_names(court=task.court, days=[visit["date"] for visit in visits])
    lines = [Line(step.at, step.by_name, step.what, step.text, step.recipient_id, step.receipt) for step in task.steps]
    for visit in visits:
        lines += [_changed(visit, change, names) for change in visit.get("changes") or ()]
        lines += [_progressed(visit, step, names) for step in visit.get("progress") or () if step["kind"] in _PROGRESS]
    return sorted(lines, key=lambda line: line.at)


def _changed(visit: dict[str, Any], change: dict[str, Any], names: dict[str, str]) -> Line:
    text = change_text(change, names)
    return Line(change["at"], change["by_name"], f"visit.{change['what']}", text, visit["recipient_id"])


def _progressed(visit: dict[str, Any], step: dict[str, Any], names: dict[str, str]) -> Line:
    return Line(
        step["happened_at"],
        names.get(step["by"], "外出送达员"),
        f"visit.{step['kind']}",
        _PROGRESS[step["kind"]],
        visit["recipient_id"],
    )


def nodes_of_tasks(*, court: str, task_ids: Iterable[str]) -> dict[str, tuple[str, datetime]]:
    """Task id → (where its running visit stands, since when); tasks with no visit under way are left out."""
    found = Visit._get_collection().find(
        {"court": court, "task_id": {"$in": list(task_ids)}, "state": {"$in": list(_NODES)}},
        {"task_id": 1, "state": 1, "updated_at": 1},
    )
    return {visit["task_id"]: (_NODES[visit["state"]], visit["updated_at"]) for visit in found}
