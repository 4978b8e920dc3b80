"""Late items: what came after its visit was closed or went to somebody else. A person decides; nothing is thrown away.

A taken item belongs to the record of the visit from then on, and the task's timeline says so. The outcome that was
accepted before keeps resting on what it rested on; an item that is left stays kept, marked, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from server.accounts.models import Person
from server.core import events
from server.core.events import Event
from server.custody import look_errors as errors
from server.dispatch.models import Visit
from server.field import errors as field_errors
from server.field.models import EvidenceItem
from server.law.outcomes import EVIDENCE_KINDS
from server.service.actor import Actor
from server.service.services.attempts import add_step

WHY_LABELS = {"visit_closed": "上门任务办结后才收到", "visit_lost": "收到时上门任务已改由他人办理"}
STATE_LABELS = {"waiting": "待处理", "taken": "已采纳", "left": "未采纳"}
_STATES = {"take": "taken", "leave": "left"}


@dataclass(frozen=True, slots=True)
class Page:
    """Late items as shown, oldest first, and how many there are in each state."""

    items: list[dict[str, Any]]
    total: int
    page: int
    page_size: int
    counts: dict[str, int]


def list_late(*, court: str, state: str, page: int, page_size: int) -> Page:
    """The court's late items in one state."""
    where = {"court": court, "late.state": state}
    found = (
        _collection().find(where, {"manifest": 0, "envelope": 0, "analysis": 0}).sort([("received_at", 1), ("_id", 1)])
    )
    items = list(found.skip((page - 1) * page_size).limit(page_size))
    counts = {one: _collection().count_documents({"court": court, "late.state": one}) for one in STATE_LABELS}
    return Page(_shown_all(court, items), counts[state], page, page_size, counts)


def decide(*, court: str, evidence_id: str, decision: str, reason: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Takes a late item into the record of its visit, or leaves it. Deciding the same again answers the same.

    Raises `evidence.not_found`, `late.not_late`, `late.decided`, `review.own_visit`.
    """
    state = _STATES[decision]
    found = _collection().find_one({"_id": evidence_id, "court": court})
    if found is None:
        raise field_errors.evidence_not_found()
    if found["server_id"] == actor.id:
        raise field_errors.review_own_visit()
    news = events.event(
        "evidence.late_decided",
        court=court,
        now=now,
        evidence_id=evidence_id,
        visit_id=found["visit_id"],
        task_id=found["task_id"],
        state=state,
    )
    change = {
        "late.state": state,
        "late.by": actor.id,
        "late.by_name": actor.name,
        "late.at": now,
        "late.reason": reason,
    }
    done = _collection().find_one_and_update(
        {"_id": evidence_id, "court": court, "late.state": "waiting"},
        {"$set": change, "$push": {"outbox": news}, "$inc": {"version": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if done is None:
        done = _decided_before(court, evidence_id, state, reason, actor)
    else:
        events.relay(EvidenceItem, evidence_id)
    return _shown_all(court, [done])[0]


def on_decided(event: Event) -> None:
    """Subscriber of `evidence.late_decided`: one line in the task's timeline, however often it is told."""
    item = _collection().find_one({"_id": event.data["evidence_id"], "court": event.court})
    if item is None or not item.get("task_id"):
        return
    late = item["late"]
    what = EVIDENCE_KINDS.get(item["kind"], item["kind"])
    word = "采纳" if late["state"] == "taken" else "不予采纳"
    visit = Visit._get_collection().find_one({"_id": item["visit_id"]}, {"recipient_id": 1}) or {}
    add_step(
        court=event.court,
        task_id=item["task_id"],
        actor=Actor(late["by"], late["by_name"]),
        what="evidence.late",
        text=f"迟到材料“{what}”{word}：{late['reason']}",
        now=event.at,
        recipient_id=visit.get("recipient_id"),
        step_id=event.id,
    )


def _collection() -> Any:
    return EvidenceItem._get_collection()


def _decided_before(court: str, evidence_id: str, state: str, reason: str, actor: Actor) -> dict[str, Any]:
    found = _collection().find_one({"_id": evidence_id, "court": court})
    late = (found or {}).get("late") or {}
    if found and (late.get("state"), late.get("by"), late.get("reason")) == (state, actor.id, reason):
        return dict(found)
    raise errors.late_not_waiting(late.get("state") or "", late.get("by_name"))


def _shown_all(court: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    visits = {
        one["_id"]: one
        for one in Visit._get_collection().find(
            {"_id": {"$in": [one["visit_id"] for one in items]}, "court": court},
            {"case_number": 1, "recipient_name": 1, "state": 1, "date": 1, "review.state": 1, "server_id": 1},
        )
    }
    people = {one["server_id"] for one in items} | {one.get("server_id") for one in visits.values()}
    found = Person._get_collection().find({"_id": {"$in": [one for one in people if one]}}, {"name": 1})
    names = {one["_id"]: one["name"] for one in found}
    return [_shown(one, visits.get(one["visit_id"], {}), names) for one in items]


def _shown(item: Mapping[str, Any], visit: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    late = item["late"]
    return {
        "evidence_id": item["_id"],
        "visit_id": item["visit_id"],
        "task_id": item["task_id"],
        "case_number": visit.get("case_number"),
        "recipient_name": visit.get("recipient_name"),
        "date": visit.get("date"),
        "review_state": (visit.get("review") or {}).get("state", "none"),
        "server_id": item["server_id"],
        "server_name": names.get(item["server_id"], ""),
        "now_with": names.get(visit.get("server_id") or "") or None,
        "kind": item["kind"],
        "label": EVIDENCE_KINDS.get(item["kind"], item["kind"]),
        "sha256": item["sha256"],
        "size": item["size"],
        "media_type": item["media_type"],
        "captured_at": item["captured_at"],
        "received_at": item["received_at"],
        "source": item.get("source", "phone"),
        "why": late["why"],
        "why_label": WHY_LABELS.get(late["why"], late["why"]),
        "state": late["state"],
        "state_label": STATE_LABELS[late["state"]],
        "by_name": late.get("by_name"),
        "at": late.get("at"),
        "reason": late.get("reason"),
        "version": item.get("version", 1),
    }
