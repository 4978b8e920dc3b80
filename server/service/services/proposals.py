"""The next way for a recipient, as a machine proposes it; a person opens it, never the machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.core.clock import court_day
from server.law import diligence as law
from server.law.refusals import LawRefused
from server.service import diligence
from server.service.diligence import Asked, Proposal
from server.service.services import ledger
from server.service.services.ledger import Course
from server.service.todo_rules import accepted_at


def proposal_for(*, court: str, task_id: str, recipient_id: str, now: datetime) -> Proposal:
    """What is proposed for one recipient now, with the other ways and why not those.

    Raises `task.not_found`, `recipient.not_found`; LawRefused where what is stored contradicts itself.
    """
    return of_course(ledger.course_of(court=court, task_id=task_id, recipient_id=recipient_id, now=now), now=now)


def of_course(course: Course, *, now: datetime) -> Proposal:
    """The proposal for what is known of a recipient. Raises LawRefused."""
    plan = plan_of(course, now=now)
    return diligence.propose(
        Asked(
            course.documents,
            course.situation,
            course.contacts,
            course.tries,
            plan,
            ledger.ledger_of(course).unlocked,
            course.rules,
        )
    )


def plan_of(course: Course, *, now: datetime) -> law.Plan:
    """What diligence asks next of a recipient (server.law.diligence)."""
    hearing_at = course.task.get("hearing_at")
    return law.plan(
        course.contacts,
        course.tries,
        accepted_at=min(accepted_at(course.task), now),
        now=now,
        hearing_on=court_day(hearing_at) if hearing_at else None,
        rules=course.rules,
    )


def stored_proposal(*, court: str, task_id: str, recipient_id: str, now: datetime) -> Mapping[str, Any]:
    """As a Todo keeps it; where the law refuses to judge what is stored, its words instead of a way."""
    try:
        return proposal_for(court=court, task_id=task_id, recipient_id=recipient_id, now=now).stored()
    except LawRefused as refused:
        return {
            "channel": "",
            "label": "",
            "verdict": "",
            "article": refused.rule,
            "text": f"系统不能给出建议：{refused.title}",
            "others": [],
        }
