"""Making papers, once for each review that accepted an outcome, and again on request: old versions stay."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from evidence.stores import Store
from server.core import live
from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.papers import render as printing
from server.papers.kinds import KINDS
from server.papers.render import RenderedPaper
from server.reports import making, wordings
from server.reports.gather import Gathered, gather, proof_of, report_of
from server.reports.models import Paper
from server.service.actor import SYSTEM, Actor

log = logging.getLogger(__name__)
OF_A_VISIT = ("proof", "report")
LABELS = {code: kind.title for code, kind in KINDS.items()}


def review_basis(visit_id: str, review_round: int) -> str:
    """Names the acceptance papers are made from; the same acceptance never makes a second version."""
    return f"review:{visit_id}:{review_round}"


def make_papers(
    *, court: str, visit_id: str, basis: str, store: Store, actor: Actor = SYSTEM, now: datetime
) -> list[Paper]:
    """Makes the proof and the report of an accepted visit. Safe to run twice for the same `basis`.

    Raises `visit.not_found`, `papers.not_accepted`, and what `server.papers` refuses.
    """
    found = _accepted(court, visit_id, store)
    return [_make(found, kind, basis, store, actor, now) for kind in OF_A_VISIT]


def make_paper(*, court: str, visit_id: str, kind: str, basis: str, store: Store, actor: Actor, now: datetime) -> Paper:
    """One of the two papers of an accepted visit. Raises as `make_papers`."""
    return _make(_accepted(court, visit_id, store), kind, basis, store, actor, now)


def _accepted(court: str, visit_id: str, store: Store) -> Gathered:
    found = gather(court=court, visit_id=visit_id, store=store)
    if found is None:
        raise NotFound(code="visit.not_found", title="没有这次上门")
    if found.visit.outcome is None or found.visit.review.state != "accepted":
        raise Conflict(code="papers.not_accepted", title="送达结果尚未审核通过，不能生成文书")
    return found


def _make(found: Gathered, kind: str, basis: str, store: Store, actor: Actor, now: datetime) -> Paper:
    visit = found.visit
    about = making.About(
        visit.court, f"visit:{visit.id}", visit.task_id, found.task.case_id, visit.recipient_id, visit.id
    )

    def render(number: str, version: int) -> RenderedPaper:
        words = wordings.in_force(court=visit.court, kind=kind)
        if kind == "proof":
            return printing.render(kind, proof_of(found, number=number, version=version, made_at=now), words)
        data = report_of(found, number=number, version=version, made_at=now, made_by=actor.name)
        return printing.render(kind, data, words)

    return making.make(about, kind, basis, render, store=store, actor=actor, now=now, day=visit.date)


def list_papers(
    *, court: str, task_id: str | None = None, visit_id: str | None = None, case_id: str | None = None
) -> list[Paper]:
    """Papers of a case, a task or a visit, newest first."""
    where = {"court": court}
    if task_id:
        where["task_id"] = task_id
    if visit_id:
        where["visit_id"] = visit_id
    if case_id:
        where["case_id"] = case_id
    return list(Paper.objects(**where).order_by("-made_at", "kind"))


def get_paper(*, court: str, paper_id: str) -> Paper | None:
    return Paper.objects(court=court, id=paper_id).first()


def ask_again(*, court: str, visit_id: str, now: datetime) -> str:
    """Remembers that somebody wants the papers of an accepted visit made again; returns the `basis` to make them on.

    What is remembered survives queue and workers: the sweep finds it. Raises `visit.not_found`, `papers.not_accepted`.
    """
    basis = f"manual:{new_id()}"
    asked = Visit._get_collection().update_one(
        {"_id": visit_id, "court": court, "review.state": "accepted"},
        {"$push": {"papers_asked": {"basis": basis, "at": now}}},
    )
    if not asked.matched_count:
        if Visit._get_collection().find_one({"_id": visit_id, "court": court}, {"_id": 1}) is None:
            raise NotFound(code="visit.not_found", title="没有这次上门")
        raise Conflict(code="papers.not_accepted", title="送达结果尚未审核通过，不能生成文书")
    return basis


def still_wanted(*, court: str, visit_id: str, basis: str) -> bool:
    """False when these papers were made, or refused, by an earlier message: after a slow hour there may be many."""
    unmade = {"papers_at": None} if basis.startswith("review:") else {"papers_asked.basis": basis}
    return Visit._get_collection().find_one({"_id": visit_id, "court": court, **unmade}, {"_id": 1}) is not None


def unmade_papers(*, now: datetime, older_than: timedelta, limit: int = 200) -> list[tuple[str, str, str]]:
    """(court, visit id, basis) of papers that a lost message or a dead worker left unmade."""
    visits, limit_at = Visit._get_collection(), now - older_than
    accepted = visits.find(
        {"review.state": "accepted", "papers_at": None, "review.at": {"$lt": limit_at}},
        {"court": 1, "review.round": 1},
    ).limit(limit)
    asked = visits.find({"papers_asked.at": {"$lt": limit_at}}, {"court": 1, "papers_asked": 1}).limit(limit)
    return [(one["court"], one["_id"], review_basis(one["_id"], one["review"]["round"])) for one in accepted] + [
        (one["court"], one["_id"], wish["basis"])
        for one in asked
        for wish in one["papers_asked"]
        if wish["at"] < limit_at
    ]


def mark_made(*, court: str, visit_id: str, basis: str, now: datetime) -> None:
    """Remembers on the visit that these papers exist, so that the sweep need not look at it again."""
    Visit._get_collection().update_one(
        {"_id": visit_id, "court": court},
        {
            "$set": {"papers_at": now},
            "$unset": {"papers_problem": ""},
            "$pull": {"papers_asked": {"basis": basis}},
        },
    )


def record_failure(*, court: str, visit_id: str, basis: str, problem: dict[str, object], now: datetime) -> None:
    """Keeps why the papers could not be made on the visit, tells the boards, and stops the sweep from trying again."""
    Visit._get_collection().update_one(
        {"_id": visit_id, "court": court},
        {"$set": {"papers_at": now, "papers_problem": problem}, "$pull": {"papers_asked": {"basis": basis}}},
    )
    live.publish(court, "paper.failed", visit_id=visit_id, code=problem.get("code"))
