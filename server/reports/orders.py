"""Papers asked for by hand: remembered first, then made by a worker; a sweep finds what a lost message left unmade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from evidence.stores import Store
from server.core import live
from server.core.errors import DomainError
from server.core.ids import new_id
from server.reports import forms, making
from server.reports.models import Paper, PaperOrder
from server.service.actor import Actor


def ask(
    *,
    court: str,
    task_id: str,
    kind: str,
    recipient_id: str | None,
    fields: Mapping[str, Any],
    wants_seal: bool,
    portal_url: str,
    store: Store,
    actor: Actor,
    now: datetime,
) -> PaperOrder:
    """Remembers the wish once everything it needs is there. Raises `papers.unknown_kind`, `papers.not_for_this`,
    `papers.recipient_needed`, `papers.field_missing`, `task.not_found`, and what the kind itself refuses.
    """
    wanted = forms.Wanted(court, task_id, recipient_id, dict(fields), portal_url)
    forms.try_out(kind, wanted, store=store, now=now)
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


def fulfil(*, order_id: str, store: Store, portal_url: str, now: datetime) -> Paper | None:
    """Makes the paper of an order; None when it was made or refused before. Safe to run twice."""
    order = PaperOrder.objects(id=order_id, state="queued").first()
    if order is None:
        return None
    try:
        paper = _make(order, store, portal_url, now)
    except DomainError as refusal:
        _close(order, {"state": "failed", "problem": refusal.as_problem(), "done_at": now})
        live.publish(order.court, "paper.failed", task_id=order.task_id, order_id=order.id, code=refusal.code)
        return None
    _close(order, {"state": "made", "paper_id": paper.id, "done_at": now})
    return paper


def _make(order: PaperOrder, store: Store, portal_url: str, now: datetime) -> Paper:
    wanted = forms.Wanted(order.court, order.task_id, order.recipient_id, order.fields, portal_url)
    gathered = forms.gather(order.kind, wanted, store=store, now=now)
    actor = Actor(order.asked_by, order.asked_by_name)
    return making.make(
        gathered.about,
        order.kind,
        f"order:{order.id}",
        lambda number, version: gathered.render(number, version, actor.name),
        store=store,
        actor=actor,
        now=now,
    )


def _close(order: PaperOrder, change: Mapping[str, Any]) -> None:
    PaperOrder._get_collection().find_one_and_update(
        {"_id": order.id, "state": "queued"}, {"$set": change}, return_document=ReturnDocument.AFTER
    )


def preview(
    *,
    court: str,
    task_id: str,
    kind: str,
    recipient_id: str | None,
    fields: Mapping[str, Any],
    portal_url: str,
    store: Store,
    actor: Actor,
    now: datetime,
) -> bytes:
    """The PDF as it would be, marked as a preview in the place of its number; nothing is kept. Raises as `ask`."""
    wanted = forms.Wanted(court, task_id, recipient_id, dict(fields), portal_url)
    return forms.gather(kind, wanted, store=store, now=now).render("预览", 1, actor.name).pdf


def unmade(*, now: datetime, older_than: timedelta, limit: int = 200) -> list[str]:
    """Ids of orders that a lost message or a dead worker left behind."""
    found = PaperOrder._get_collection().find({"state": "queued", "asked_at": {"$lt": now - older_than}}, {"_id": 1})
    return [one["_id"] for one in found.limit(limit)]


def orders_of(*, court: str, task_id: str, limit: int = 50) -> Sequence[PaperOrder]:
    """The orders of a task, newest first."""
    return list(PaperOrder.objects(court=court, task_id=task_id).order_by("-asked_at").limit(limit))
