"""What the service core stores: tasks, attempts, effects, things to do, rules of courts."""

from server.service.models.attempts import ATTEMPT_STATES, Attempt, Exhibit
from server.service.models.effects import EFFECT_STATES, STATUSES, Decision, Effect
from server.service.models.rule_sets import RULE_SET_STATES, CourtRules
from server.service.models.tasks import (
    CHANNELS,
    RECIPIENT_STATES,
    TASK_STATES,
    ChannelLock,
    DocumentCopies,
    Recipient,
    ServiceTask,
    Step,
)
from server.service.models.todos import TODO_FOR, TODO_STATES, LedgerExcuse, Todo

__all__ = [
    "ATTEMPT_STATES",
    "CHANNELS",
    "EFFECT_STATES",
    "RECIPIENT_STATES",
    "RULE_SET_STATES",
    "STATUSES",
    "TASK_STATES",
    "TODO_FOR",
    "TODO_STATES",
    "Attempt",
    "ChannelLock",
    "CourtRules",
    "Decision",
    "DocumentCopies",
    "Effect",
    "Exhibit",
    "LedgerExcuse",
    "Recipient",
    "ServiceTask",
    "Step",
    "Todo",
]
