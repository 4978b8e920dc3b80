"""Refusals of the service core."""

from __future__ import annotations

from server.core.errors import Conflict, Invalid, NotFound


def task_not_found() -> NotFound:
    return NotFound(code="task.not_found", title="没有这个送达任务")


def attempt_not_found() -> NotFound:
    return NotFound(code="attempt.not_found", title="没有这次送达行为")


def exhibit_not_found() -> NotFound:
    return NotFound(code="exhibit.not_found", title="没有这份材料")


def recipient_not_found() -> NotFound:
    return NotFound(code="recipient.not_found", title="任务中没有这个受送达人")


def effect_not_found() -> NotFound:
    return NotFound(code="effect.not_found", title="没有这个送达事项")


def todo_not_found() -> NotFound:
    return NotFound(code="todo.not_found", title="没有这个待办")


def rule_set_not_found() -> NotFound:
    return NotFound(code="rules.not_found", title="没有这个版本的送达规则")


def task_changed() -> Conflict:
    return Conflict(code="task.changed", title="任务已被他人修改，请刷新后重试")


def task_not_pending() -> Conflict:
    return Conflict(code="task.not_pending", title="任务不在待审核状态")


def reason_required() -> Invalid:
    return Invalid(code="task.reason_required", title="退回任务必须写明原因")


def recipient_locked(rule: str | None) -> Conflict:
    return Conflict(code="recipient.locked", title="该受送达人已由其他送达方式锁定", rule=rule)


def recipient_closed() -> Conflict:
    return Conflict(code="recipient.closed", title="该受送达人已送达，或任务不在送达中")


def attempt_not_open() -> Conflict:
    return Conflict(code="attempt.not_open", title="这次送达行为已经结束")


def state_refused(*, machine: str, state: str, event: str, title: str) -> Conflict:
    return Conflict(code="state.refused", title=title, machine=machine, state=state, event=event)
