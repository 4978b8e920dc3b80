"""What a judged attempt means for its recipient and its task: state, lock, completion, in one write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from server.service import machines
from server.service.actor import Actor
from server.service.services import store
from server.service.services.store import Edit
from server.service.timeline import step

_EVENTS = {"served": "serve", "awaiting": "propose", "failed": "fail"}


def settle(
    *,
    court: str,
    task_id: str,
    recipient_id: str,
    attempt_id: str | None,
    state: str,
    served_at: datetime | None,
    awaits: Sequence[str],
    actor: Actor,
    now: datetime,
    text: str,
) -> None:
    """Sets the recipient to `served`, `awaiting` or `failed` and frees the lock this attempt holds.

    The task is completed when every recipient is served or withdrawn, and goes on when service is denied again. While
    another attempt runs only `served` moves the recipient: that attempt decides the rest when it ends. Repeating it
    changes nothing, and leaves no second line. `text`: Chinese, for the timeline. `awaits`: court_staff, judge.
    Raises `task.not_found`, `recipient.not_found`.
    """
    settled = _Settling(recipient_id, attempt_id, state, served_at, tuple(awaits), actor, now, text)
    store.rewrite(court=court, task_id=task_id, now=now, change=settled)


class _Settling:
    """The change, as a callable that may be tried again."""

    def __init__(
        self,
        recipient_id: str,
        attempt_id: str | None,
        state: str,
        served_at: datetime | None,
        awaits: tuple[str, ...],
        actor: Actor,
        now: datetime,
        text: str,
    ) -> None:
        self.recipient_id, self.attempt_id, self.state = recipient_id, attempt_id, state
        self.served_at, self.awaits = served_at, awaits
        self.actor, self.now, self.text = actor, now, text

    def __call__(self, task: dict[str, Any]) -> Edit | None:
        place = store.place_of(task, self.recipient_id)
        held = task["recipients"][place]
        mine = store.holds(held, self.attempt_id)
        moves = self._moves(task, held, mine)
        if not (mine or moves):
            return None
        edit = Edit()
        change: dict[str, Any] = {}
        if moves:
            change["recipients"] = {self.recipient_id: _EVENTS[self.state]}
            self._move(edit, f"recipients.{place}.", held["state"])
        if mine:
            edit.gone.append(f"recipients.{place}.lock")
        what = "attempt.closed" if mine else "recipient.settled"
        edit.steps.append(
            step(what, self.text, actor=self.actor, now=self.now, recipient_id=self.recipient_id, change=change)
        )
        if moves:
            store.finish(task, {self.recipient_id: self.state}, edit, self.now)
        return edit

    def _moves(self, task: dict[str, Any], held: dict[str, Any], mine: bool) -> bool:
        if task["state"] not in ("in_progress", "completed"):
            return False
        if not machines.allows(machines.RECIPIENT, held["state"], _EVENTS[self.state]):
            return False
        if held.get("lock") and not mine and self.state != "served":
            return False
        now_is = (held["state"], held.get("served_at"), tuple(held.get("awaits") or ()))
        return now_is != (self.state, self.served_at if self.state == "served" else None, self.awaits)

    def _move(self, edit: Edit, path: str, before: str) -> None:
        edit.values[path + "state"] = machines.next_state(machines.RECIPIENT, before, _EVENTS[self.state])
        edit.values[path + "awaits"] = list(self.awaits)
        if self.state == "served" and self.served_at:
            edit.values[path + "served_at"] = self.served_at
        else:
            edit.gone.append(path + "served_at")
