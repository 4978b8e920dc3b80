"""The states of a task and its recipients after every step, rebuilt from the timeline alone (T9).

Each step says which events of the machines it was (`change`); folding them through `server.service.machines` must end
where the stored states are. Steps written before `change` was kept say it by their code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.law.outcomes import OUTCOMES
from server.service import errors, machines
from server.service.services import store

Raw = Mapping[str, Any]

_OF_TASK = {"task.approved": "approve", "task.returned": "return", "task.completed": "complete"}
_OF_RECIPIENT = {"attempt.opened": "open", "attempt.withdrawn": "release"}
_SERVED_TEXTS = frozenset(f"审核通过：{rule.label_zh}" for rule in OUTCOMES.values() if rule.serves)


@dataclass(frozen=True, slots=True)
class Frame:
    """How things stood after one step. `recipients`: id → state, of those who were in the task then."""

    step_id: str
    at: datetime
    by_name: str
    what: str
    text: str
    recipient_id: str | None
    task_state: str
    recipients: dict[str, str]


@dataclass(frozen=True, slots=True)
class Replay:
    """Every frame in order of the steps; `agrees`: the last one is what is stored. `broken` names the first step that
    the machines refuse, None as it should be."""

    frames: list[Frame]
    agrees: bool
    broken: str | None


def replay(*, court: str, task_id: str) -> Replay:
    """The course of a task, step by step. Raises `task.not_found`."""
    task = store.tasks().find_one({"_id": task_id, "court": court}, {"outbox": 0})
    if task is None:
        raise errors.task_not_found()
    return fold(task)


def fold(task: Raw) -> Replay:
    """The replay of a raw task with its steps."""
    steps = task.get("steps") or []
    added = {one for entry in steps for one in (entry.get("change") or {}).get("added", ())}
    recipients = {one["id"]: machines.RECIPIENT.start for one in task["recipients"] if one["id"] not in added}
    state = machines.TASK.start
    frames: list[Frame] = []
    broken: str | None = None
    for entry in steps:
        for machine, who, event in _events(entry):
            before = state if machine is machines.TASK else recipients.get(who, "")
            if before not in machine.states or not machines.allows(machine, before, event):
                # An old step may say less than happened; a new one that does not fit is a mistake worth showing.
                broken = broken or (entry["id"] if "change" in entry else None)
                continue
            after = machines.next_state(machine, before, event)
            if machine is machines.TASK:
                state = after
            else:
                recipients[who] = after
        recipients |= dict.fromkeys((entry.get("change") or {}).get("added", ()), machines.RECIPIENT.start)
        frames.append(_frame(entry, state, recipients))
    stored = {one["id"]: one["state"] for one in task["recipients"]}
    return Replay(frames, (state, recipients) == (task["state"], stored), broken)


def _events(entry: Raw) -> Iterator[tuple[machines.Machine, str, str]]:
    """(machine, recipient id or "", event) of one step: recipients first, because a task follows from them."""
    change = entry["change"] if "change" in entry else _of_old(entry)
    for who, event in (change.get("recipients") or {}).items():
        yield machines.RECIPIENT, who, event
    if change.get("task"):
        yield machines.TASK, "", change["task"]


def _of_old(entry: Raw) -> dict[str, Any]:
    """What a step without `change` was, by its code and words."""
    what, who = entry["what"], entry.get("recipient_id") or ""
    if what in _OF_TASK:
        return {"task": _OF_TASK[what]}
    if what == "task.edited" and "重新待审核" in entry["text"]:
        return {"task": "resubmit"}
    if what in _OF_RECIPIENT:
        return {"recipients": {who: _OF_RECIPIENT[what]}}
    if what == "attempt.closed":
        return {"recipients": {who: "serve" if entry["text"] in _SERVED_TEXTS else "fail"}}
    return {}


def _frame(entry: Raw, state: str, recipients: Mapping[str, str]) -> Frame:
    return Frame(
        entry["id"],
        entry["at"],
        entry["by_name"],
        entry["what"],
        entry["text"],
        entry.get("recipient_id"),
        state,
        dict(recipients),
    )
