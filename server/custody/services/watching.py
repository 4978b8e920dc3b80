"""异常提示: the watch over a day, what it found, and what a leader decided about it.

A finding is kept under its key: watching the same day again finds the same findings, brings the open ones up to date,
and leaves alone what somebody has decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from evidence.watch import Hit, watch
from evidence.watch.hits import LASTING, key_of
from server.core.ids import new_id
from server.custody import watch_errors as errors
from server.custody.models import Finding
from server.custody.services import sampling
from server.custody.services.watch_records import gather, names_of
from server.field.services import guard
from server.law.outcomes import label_zh
from server.service.actor import Actor

BACK_DAYS = 30
__all__ = ["Page", "Watched", "decide", "list_findings", "names_of", "visits_told", "watch_day"]
# A rate that was told before is told again when so many more have come, or after the window has passed.
_GROWN_BY = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """How many findings the day has by this run, and how many of them are new."""

    found: int
    new: int


@dataclass(frozen=True, slots=True)
class Page:
    """Raw findings of one page, newest day and most unusual first, and how many there are in all."""

    items: list[dict[str, Any]]
    total: int
    page: int
    page_size: int


def watch_day(*, court: str, date: str, sample_percent: int, now: datetime) -> Watched:
    """Looks over one day (ISO) against the 30 days before it, and draws the sample. May run twice, and again later."""
    records = gather(court=court, day=_day(date), back_days=BACK_DAYS)
    hits = watch(day=date, visits=records.visits, pictures=records.pictures)
    kept = [one for one in hits if not _told_before(court, date, one)]
    kept += _samples(court, date, sample_percent, {one.visit_id: one.server_name for one in records.visits})
    new = sum(_keep(court, date, one, now) for one in kept)
    return Watched(len(kept), new)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise errors.bad_day() from error


def _told_before(court: str, day: str, hit: Hit) -> bool:
    if hit.kind not in LASTING:
        return False
    dates = {"$gte": (_day(day) - timedelta(days=BACK_DAYS)).isoformat(), "$ne": day}
    where = {"court": court, "date": dates, "key": hit.key, "facts.count": {"$gt": hit.size - _GROWN_BY}}
    return _collection().find_one(where, {"_id": 1}) is not None


def _samples(court: str, day: str, percent: int, names: Mapping[str, str]) -> Iterable[Hit]:
    ids = sampling.drawn(court=court, date=day, percent=percent)
    for one in guard.visits().find({"_id": {"$in": ids}}, {"server_id": 1, "outcome.code": 1}):
        name, label = names.get(one["_id"], "送达员"), label_zh(one["outcome"]["code"])
        text = f"随机抽查：{name}办理的一次上门（{label}），请复核全部证据材料"
        yield Hit("sample", key_of("sample", one["_id"]), 0.0, text, (one["server_id"],), (one["_id"],))


def _keep(court: str, day: str, hit: Hit, now: datetime) -> bool:
    """Whether the finding is new."""
    told = {
        "score": float(hit.score),
        "server_ids": list(hit.server_ids),
        "visit_ids": list(hit.visit_ids),
        "evidence_ids": list(hit.evidence_ids),
        "facts": dict(hit.figures),
        "text": hit.text_zh,
    }
    where = {"court": court, "date": day, "key": hit.key, "state": "open"}
    fresh = {"_id": new_id(), "kind": hit.kind, "found_at": now}
    try:
        done = _collection().update_one(where, {"$set": told, "$setOnInsert": fresh}, upsert=True)
    except DuplicateKeyError:
        return False  # decided before, or another run was quicker
    return done.upserted_id is not None


def list_findings(
    *, within: Mapping[str, Any], date: str | None, state: str | None, kind: str | None, page: int, page_size: int
) -> Page:
    """Findings within reach."""
    asked = {"date": date, "state": state, "kind": kind}
    where = {**within, **{name: value for name, value in asked.items() if value}}
    found = _collection().find(where).sort([("date", -1), ("score", -1), ("_id", 1)])
    total = _collection().count_documents(where)
    return Page(list(found.skip((page - 1) * page_size).limit(page_size)), total, page, page_size)


def decide(*, court: str, finding_id: str, state: str, reason: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """`explained` (an innocent reason was found) or `confirmed`. Deciding the same again answers the same.

    Raises `finding.not_found`, `finding.decided`, `finding.own` (it is about oneself).
    """
    change = {"state": state, "reason": reason, "by": actor.id, "by_name": actor.name, "decided_at": now}
    done = _collection().find_one_and_update(
        {"_id": finding_id, "court": court, "state": "open", "server_ids": {"$ne": actor.id}},
        {"$set": change},
        return_document=ReturnDocument.AFTER,
    )
    if done is not None:
        return dict(done)
    found = _collection().find_one({"_id": finding_id, "court": court})
    if found is None:
        raise errors.finding_not_found()
    if actor.id in found["server_ids"]:
        raise errors.finding_own()
    if (found["state"], found.get("reason"), found.get("by")) == (state, reason, actor.id):
        return dict(found)
    raise errors.finding_decided(found.get("by_name"))


def visits_told(*, court: str, visit_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What is told of visits that findings name, by id: {date, server_id, outcome, happened_at, case_number,
    recipient_name, witness_name}. The caller leaves out what the asker may not see."""
    wanted = {"date": 1, "server_id": 1, "outcome": 1, "case_number": 1, "recipient_name": 1}
    found = guard.visits().find({"court": court, "_id": {"$in": list(visit_ids)}}, wanted)
    return {
        one["_id"]: {
            "date": one["date"],
            "server_id": one.get("server_id"),
            "outcome": (one.get("outcome") or {}).get("code"),
            "happened_at": (one.get("outcome") or {}).get("happened_at"),
            "case_number": one["case_number"],
            "recipient_name": one["recipient_name"],
            "witness_name": ((one.get("outcome") or {}).get("witness") or {}).get("name"),
        }
        for one in found
    }


def _collection() -> Any:
    return Finding._get_collection()
