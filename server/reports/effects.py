"""What the papers say of legal effect: per document and recipient, as decided or as proposed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from server.law.effects.findings import STATES
from server.papers import data as paper
from server.service.models import Effect, ServiceTask


def effects_of(effects: Iterable[Effect]) -> tuple[paper.Effect, ...]:
    """Each document for each recipient: as decided, or as proposed while nobody has decided."""
    return tuple(_effect(one) for one in effects)


def _effect(one: Effect) -> paper.Effect:
    """As decided, whatever has been proposed since; as proposed while nobody has decided."""
    decided = one.decisions[-1] if one.status in ("confirmed", "rejected") and one.decisions else None
    found = decided or one
    state = "none" if decided is not None and decided.what == "reject" else found.state
    return paper.Effect(
        recipient_name=one.recipient_name,
        document=one.document,
        label=STATES[state],
        article=found.article or "",
        effective_on=date.fromisoformat(found.served_on) if found.served_on and state != "none" else None,
        confirmed_by=decided.by_name if decided else "",
        confirmed_at=decided.at if decided else None,
    )


def effects_on(task: ServiceTask, recipient_id: str) -> list[Effect]:
    """The rows of one recipient, by document."""
    found = Effect.objects(court=task.court, task_id=task.id, recipient_id=recipient_id)
    return list(found.order_by("document"))
