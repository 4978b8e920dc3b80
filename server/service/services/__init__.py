"""Tasks through their states, and attempts that lock a recipient while they run."""

from server.service.services.attempts import (
    Wanted,
    add_step,
    attempts_of,
    free_orphaned_locks,
    open_attempts,
    send_back_attempt,
    submit_attempt,
    tell_sent_back,
    tell_submitted,
    withdraw_attempt,
)
from server.service.services.checking import approve_tasks, get_task, review_task
from server.service.services.closing import close_attempt
from server.service.services.settling import settle

__all__ = [
    "Wanted",
    "add_step",
    "approve_tasks",
    "attempts_of",
    "close_attempt",
    "free_orphaned_locks",
    "get_task",
    "open_attempts",
    "review_task",
    "send_back_attempt",
    "settle",
    "submit_attempt",
    "tell_sent_back",
    "tell_submitted",
    "withdraw_attempt",
]
