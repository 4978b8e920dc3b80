"""Papers asked for by hand: remembered first, then made by a worker; a sweep finds what a lost message left unmade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from evidence.stores import Store
from server.core import live
from server.core.errors import DomainError
from server.core.ids import new_id
from server.papers.seal.provider import SealProvider
from server.reports import forms, making, sealing
from server.reports.models import Paper, PaperOrder
from server.service.actor import Actor


@dataclass(frozen=True, slots=True)
class Workshop:
    """What making papers takes: where files are kept, where parties read, who seals."""

    store: Store
    portal_url: str
    seals: SealProvider


def ask(
    *,
    court: str,
    task_id: str,
    kind: str,
    recipient_id: str | None,
    fields: Mapping[str, Any],
    wants_seal: bool,
    workshop: Workshop,
    actor: Actor,
    now: datetime,
) -> PaperOrder:
    """Remembers the wish once everything it needs is there. Raises `papers.unknown_kind`, `papers.not_for_this`,
    `papers.recipient_needed`, `papers.field_missing`, `task.not_found`, and what the kind itself refuses.
    """
    wanted = forms.Wanted(court, task_id, recipient_id, dict(fields), workshop.portal_url)
    forms.try_out(kind, wanted, store=workshop.store, now=now)
    order = PaperOrder(
        id=new_id(),
        court=court,
        task_id=task_id,
        recipient_id=recipient_id,
        kind=kind,
        fields=dict(fields),
        wants_seal=wants_seal,
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=now,
    )
    order.save(force_insert=True)
    return order


def fulfil(*, order_id: str, workshop: Workshop, now: datetime) -> Paper | None:
    """Makes the paper of an order and seals it when that was wished; None when there was nothing (more) to do.

    Safe to run twice. What cannot be printed or sealed is refused once and kept as the reason; a service that does not
    answer leaves the order waiting for the sweep.
    """
    order = PaperOrder.objects(id=order_id, state="queued").first()
    if order is None:
        return None
    try:
        paper = _sealed(order, _make(order, workshop, now), workshop, now)
    except DomainError as refusal:
        if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _close(order, {"problem": refusal.as_problem()})
            return None
        _close(order, {"state": "failed", "problem": refusal.as_problem(), "done_at": now})
        live.publish(order.court, "paper.failed", task_id=order.task_id, order_id=order.id, code=refusal.code)
        return None
    _close(order, {"state": "made", "paper_id": paper.id, "problem": {}, "done_at": now})
    return paper


def _make(order: PaperOrder, workshop: Workshop, now: datetime) -> Paper:
    wanted = forms.Wanted(order.court, order.task_id, order.recipient_id, order.fields, workshop.portal_url)
    gathered = forms.gather(order.kind, wanted, store=workshop.store, now=now)
    actor = Actor(order.asked_by, order.asked_by_name)
    return making.make(
        gathered.about,
        order.kind,
        f"order:{order.id}",
        lambda number, version: gathered.render(number, version, actor.name),
        store=workshop.store,
        actor=actor,
        now=now,
    )


def _sealed(order: PaperOrder, paper: Paper, workshop: Workshop, now: datetime) -> Paper:
    """With its seal, when it was wished and not set before by a run that died."""
    if not order.wants_seal or paper.sealed_at is not None:
        return paper
    return sealing.seal_paper(
        court=order.court,
        paper_id=paper.id,
        provider=workshop.seals,
        store=workshop.store,
        actor=Actor(order.asked_by, order.asked_by_name),
        now=now,
    )


def _close(order: PaperOrder, change: Mapping[str, Any]) -> None:
    PaperOrder._get_collection().update_one({"_id": order.id, "state": "queued"}, {"$set": dict(change)})


def preview(
    *,
    court: str,
    task_id: str,
    kind: str,
    recipient_id: str | None,
    fields: Mapping[str, Any],
    workshop: Workshop,
    actor: Actor,
    now: datetime,
) -> bytes:
    """The PDF as it would be, marked as a preview in the place of its number; nothing is kept. Raises as `ask`."""
    wanted = forms.Wanted(court, task_id, recipient_id, dict(fields), workshop.portal_url)
    return forms.gather(kind, wanted, store=workshop.store, now=now).render("预览", 1, actor.name).pdf


def unmade(*, now: datetime, older_than: timedelta, limit: int = 200) -> list[str]:
    """Ids of orders that a lost message or a dead worker left behind."""
    found = PaperOrder._get_collection().find({"state": "queued", "asked_at": {"$lt": now - older_than}}, {"_id": 1})
    return [one["_id"] for one in found.limit(limit)]


def orders_of(*, court: str, task_id: str, limit: int = 50) -> Sequence[PaperOrder]:
    """The orders of a task, newest first."""
    return list(PaperOrder.objects(court=court, task_id=task_id).order_by("-asked_at").limit(limit))
