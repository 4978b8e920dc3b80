"""Tasks through their states, attempts through any channel, and people stepping in."""

from server.service.services.attempts import (
    add_step,
    attempts_of,
    send_back_attempt,
    submit_attempt,
    tell_sent_back,
    tell_submitted,
    withdraw_attempt,
)
from server.service.services.byhand import Result, close_by_hand, missing_now
from server.service.services.checking import Approved, Refused, approve_tasks, get_task, review_task
from server.service.services.closing import close_attempt
from server.service.services.exhibits import Upload, add_exhibit, exhibits_of, open_exhibit
from server.service.services.intervention import switch_channel, withdraw_by_hand, withdraw_recipient, withdraw_task
from server.service.services.opening import ByHand, Wanted, free_orphaned_locks, open_attempts, open_by_hand
from server.service.services.settling import settle

__all__ = [
    "Approved",
    "ByHand",
    "Refused",
    "Result",
    "Upload",
    "Wanted",
    "add_exhibit",
    "add_step",
    "approve_tasks",
    "attempts_of",
    "close_attempt",
    "close_by_hand",
    "exhibits_of",
    "free_orphaned_locks",
    "get_task",
    "missing_now",
    "open_attempts",
    "open_by_hand",
    "open_exhibit",
    "review_task",
    "send_back_attempt",
    "settle",
    "submit_attempt",
    "switch_channel",
    "tell_sent_back",
    "tell_submitted",
    "withdraw_attempt",
    "withdraw_by_hand",
    "withdraw_recipient",
    "withdraw_task",
]
