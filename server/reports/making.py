"""Rendered, stored, then recorded: a paper that is in the database is whole in the store. Old versions stay."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from evidence.stores import Store
from server.core import live
from server.core.clock import court_day
from server.core.ids import new_id
from server.papers.kinds import KINDS
from server.papers.render import RenderedPaper
from server.reports.models import Paper
from server.service.actor import Actor
from server.service.services import add_step

MAX_PAPER_BYTES = 100 * 1024 * 1024
Render = Callable[[str, int], RenderedPaper]


@dataclass(frozen=True, slots=True)
class About:
    """What a paper is about: its subject, and the case, task, recipient and visit it is filed under."""

    court: str
    subject: str
    task_id: str
    case_id: str | None = None
    recipient_id: str | None = None
    visit_id: str | None = None


def paper_number(kind: str, subject: str, day: str) -> str:
    """`HZ20261124-1A2B3C4D`: the kind, the day (ISO), and eight characters that stand for the subject."""
    mark = hashlib.sha256(subject.encode()).hexdigest()[:8].upper()
    return f"{KINDS[kind].prefix}{day.replace('-', '')}-{mark}"


def make(
    about: About,
    kind: str,
    basis: str,
    render: Render,
    *,
    store: Store,
    actor: Actor,
    now: datetime,
    day: str | None = None,
) -> Paper:
    """The paper of this basis, made unless it exists already. `render` is given its number and version.

    `day` (ISO) is what its number speaks of; today when none is given. Raises what `server.papers` refuses.
    """
    made_before = Paper.objects(court=about.court, subject=about.subject, kind=kind, basis=basis).first()
    paper = made_before
    if paper is None:
        number = paper_number(kind, about.subject, day or court_day(now).isoformat())
        paper = _write(about, kind, basis, number, render, store, actor, now)
    # Also for a paper that was there: the worker that made it may have died before it could say so.
    add_step(
        court=about.court,
        task_id=about.task_id,
        actor=actor,
        what="paper.made",
        text=f"生成{KINDS[kind].title}（第{paper.version}版）",
        now=paper.made_at,
        recipient_id=about.recipient_id,
        receipt=paper.id,
    )
    if made_before is None:
        news = {"paper_id": paper.id, "task_id": about.task_id, "kind": kind, "version": paper.version}
        live.publish(about.court, "paper.made", **({"visit_id": about.visit_id} if about.visit_id else {}), **news)
    return paper


def _write(
    about: About,
    kind: str,
    basis: str,
    number: str,
    render: Render,
    store: Store,
    actor: Actor,
    now: datetime,
) -> Paper:
    where = {"court": about.court, "subject": about.subject, "kind": kind}
    version = Paper.objects(**where).count() + 1
    rendered = render(number, version)
    stored = store.put(
        io.BytesIO(rendered.pdf),
        max_bytes=MAX_PAPER_BYTES,
        expected_sha256=rendered.sha256,
        content_type="application/pdf",
    )
    made = Paper(
        id=new_id(),
        **where,
        case_id=about.case_id,
        task_id=about.task_id,
        recipient_id=about.recipient_id,
        visit_id=about.visit_id,
        number=number,
        version=version,
        basis=basis,
        template_version=rendered.template_version,
        wording_version=rendered.wording_version or None,
        store_key=stored.key,
        sha256=rendered.sha256,
        size=len(rendered.pdf),
        pages=rendered.pages,
        made_at=now,
        made_by=actor.name,
    )
    try:
        Paper._get_collection().insert_one(made.to_mongo().to_dict())
    except DuplicateKeyError:
        # Another worker made it at the same moment: its paper is the paper.
        return _twin(where, basis, version)
    return made


def _twin(where: dict[str, str], basis: str, version: int) -> Paper:
    twin: Paper | None = Paper.objects(**where, basis=basis).first()
    return twin if twin is not None else Paper.objects(**where, version=version).get()
