"""Wordings of a court: drafted by one, approved by another. The one approved last is in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from server.core.errors import Conflict, NotFound
from server.core.ids import new_id
from server.papers import wording
from server.papers.render import RenderedPaper, render
from server.papers.specimens import specimen
from server.papers.wording import Wording
from server.reports.wording_models import WORDING_STATES, PaperWording
from server.service.actor import Actor

__all__ = [
    "WORDING_STATES",
    "approve_wording",
    "draft_wording",
    "drop_wording",
    "get_wording",
    "ids_in_force",
    "in_force",
    "list_wordings",
    "preview",
    "version_of",
    "wording_not_found",
]

PER_PAGE_MOST = 500


def wording_not_found() -> NotFound:
    return NotFound(code="wording.not_found", title="没有这份文书用语")


def _rows() -> Any:
    return PaperWording._get_collection()


def version_of(found: Mapping[str, Any]) -> str:
    """`京0102-3`: as printed on papers and stored with them."""
    return f"{found['court']}-{found['number']}"


def in_force(*, court: str, kind: str) -> Wording:
    """What papers of the kind are printed in now: the court's wording approved last, else the shipped one.

    Raises `wording.*` when an approved text no longer fits the blocks of this release: never another text in silence.
    """
    found = _rows().find_one(
        {"court": court, "kind": kind, "state": "approved"}, sort=[("approved_at", -1), ("number", -1)]
    )
    return wording.compose(kind, found["texts"], version=version_of(found)) if found else wording.shipped(kind)


def ids_in_force(*, court: str) -> set[str]:
    """Ids of the wordings papers of the court are printed in now, one per kind at most."""
    newest = _rows().aggregate(
        [
            {"$match": {"court": court, "state": "approved"}},
            {"$sort": {"approved_at": -1, "number": -1}},
            {"$group": {"_id": "$kind", "id": {"$first": "$_id"}}},
        ]
    )
    return {one["id"] for one in newest}


def list_wordings(*, court: str, kind: str | None = None) -> list[dict[str, Any]]:
    """Every wording of the court, newest first (raw); the newest approved of a kind is in force."""
    where = {"court": court, **({"kind": kind} if kind else {})}
    return list(_rows().find(where).sort([("drafted_at", -1), ("number", -1)]).limit(PER_PAGE_MOST))


def get_wording(*, court: str, wording_id: str) -> dict[str, Any]:
    """Raises `wording.not_found`."""
    found = _rows().find_one({"_id": wording_id, "court": court})
    if found is None:
        raise wording_not_found()
    return dict(found)


def draft_wording(
    *, court: str, kind: str, texts: Mapping[str, str], note: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    """A new draft of the kind under the next number. Raises `wording.*` for texts no paper may go out with."""
    wording.check(kind, texts)
    newest = _rows().find_one({"court": court, "kind": kind}, sort=[("number", -1)])
    number = newest["number"] + 1 if newest else 1
    while True:
        document: dict[str, Any] = {
            "_id": new_id(),
            "court": court,
            "kind": kind,
            "number": number,
            "texts": {name: text.strip() for name, text in texts.items()},
            "note": note,
            "state": "draft",
            "drafted_by": actor.id,
            "drafted_by_name": actor.name,
            "drafted_at": now,
        }
        try:
            _rows().insert_one(document)
            return get_wording(court=court, wording_id=document["_id"])
        except DuplicateKeyError:
            number += 1  # somebody drafted in the same moment


def approve_wording(*, court: str, wording_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """From now on papers are printed in it. Approving it again changes nothing.

    Raises `wording.not_found`, `wording.not_draft`, `wording.own_approval`, and what `draft_wording` raises.
    """
    found = get_wording(court=court, wording_id=wording_id)
    if found["state"] == "approved" and found.get("approved_by") == actor.id:
        return found
    if found["drafted_by"] == actor.id:
        raise Conflict(code="wording.own_approval", title="文书用语应当由起草人以外的人员批准")
    wording.check(found["kind"], found["texts"])
    approved = {
        "state": "approved",
        "approved_by": actor.id,
        "approved_by_name": actor.name,
        "approved_at": now,
    }
    return _move(court, wording_id, approved)


def drop_wording(*, court: str, wording_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """The draft is given up; dropping it again changes nothing. Raises `wording.not_found`, `wording.not_draft`."""
    found = get_wording(court=court, wording_id=wording_id)
    if found["state"] == "dropped":
        return found
    return _move(court, wording_id, {"state": "dropped", "dropped_by": actor.id, "dropped_at": now})


def _move(court: str, wording_id: str, change: dict[str, Any]) -> dict[str, Any]:
    """Only a draft moves, and only once."""
    found = _rows().find_one_and_update(
        {"_id": wording_id, "court": court, "state": "draft"},
        {"$set": change},
        return_document=ReturnDocument.AFTER,
    )
    if found is None:
        get_wording(court=court, wording_id=wording_id)
        raise Conflict(code="wording.not_draft", title="这份文书用语已经批准或者放弃，请刷新后查看")
    return dict(found)


def preview(*, kind: str, court_name: str, texts: Mapping[str, str], now: datetime) -> RenderedPaper:
    """The paper in these texts, its data replaced by the names of what will stand there. Raises `wording.*`."""
    words = wording.compose(kind, texts, version="草稿")
    return render(kind, specimen(kind, court_name=court_name, made_at=now, blocks=tuple(texts)), words)
