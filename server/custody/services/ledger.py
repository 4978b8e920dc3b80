"""The sync ledger: what a phone said it has and what the court holds of it, the same list for both ends.

n of m: n items held of m that were captured and are to come (announced, held, refused). What a phone took back before
it was sent is listed with its reason and counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.accounts.models import Person
from server.core import live
from server.core.clock import utc_now
from server.custody import errors
from server.custody.models import ANNOUNCED_STATES, Announced
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.law.outcomes import EVIDENCE_KINDS
from server.service.actor import Actor

STATE_LABELS = {"announced": "待上传", "held": "已收妥", "refused": "不符合要求", "withdrawn": "已撤回"}
LATE_LABELS = {"waiting": "迟到材料，待处理", "taken": "迟到材料，已采纳", "left": "迟到材料，未采纳"}
# What a page of a day shows of the items that are not in order; the counts are always of all.
MOST_LISTED = 1_000
_SHOWN = (
    "visit_id", "client_id", "kind", "sha256", "size", "captured_at", "state", "announced_at", "settled_at",
    "evidence_id", "problem", "reason", "source", "server_id", "date",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """`total` is announced + held + refused: everything that should have come."""

    announced: int = 0
    held: int = 0
    refused: int = 0
    withdrawn: int = 0

    @property
    def total(self) -> int:
        return self.announced + self.held + self.refused

    def document(self) -> dict[str, Any]:
        """As both ends are answered; `complete` when nothing is awaited any more, `text` for a display."""
        return {
            **{state: getattr(self, state) for state in ANNOUNCED_STATES},
            "total": self.total,
            "complete": self.announced == 0,
            "text": f"{self.held}/{self.total}",
        }


@dataclass(frozen=True, slots=True)
class PhoneLedger:
    """One person's day. `items` are plain dictionaries (see `_shown`), in the order they were captured."""

    day: str
    counts: Counts
    items: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ServerLedger:
    """One server's day as the office sees it: what is not in order is listed, what is held is counted."""

    server_id: str
    name: str
    counts: Counts
    missing: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    withdrawn: list[dict[str, Any]] = field(default_factory=list)
    unlinked: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class DayLedger:
    day: str
    counts: Counts
    servers: list[ServerLedger]
    cut: bool  # more items are out of order than are listed


def of_person(*, court: str, person_id: str, day: str) -> PhoneLedger:
    """Everything one person announced for a day, with where each item stands."""
    found = list(_collection().find({"court": court, "date": day, "server_id": person_id}, _projection()))
    found.sort(key=lambda one: (one["captured_at"], one["_id"]))
    more = _of_items(court, [one["evidence_id"] for one in found if one.get("evidence_id")])
    items = [_shown(one, more.get(one.get("evidence_id") or "", {})) for one in found]
    return PhoneLedger(day, _counted(found), items)


def of_day(*, court: str, day: str) -> DayLedger:
    """Everybody's counts of a day, and each item that is missing, refused or taken back. Whoever misses most first."""
    counts = _counts_of_day(court, day)
    wanted = {"court": court, "date": day, "state": {"$in": ["announced", "refused", "withdrawn"]}}
    found = list(_collection().find(wanted, _projection()).sort("announced_at", 1).limit(MOST_LISTED + 1))
    listed = [_shown(one, {}) for one in found[:MOST_LISTED]]
    _name_visits(court, listed)
    names, unlinked, late = _names(counts), _unlinked(court, day), _late(court, day)
    servers = [
        ServerLedger(
            server_id,
            names.get(server_id, ""),
            of_server,
            missing=_of(listed, server_id, "announced"),
            refused=_of(listed, server_id, "refused"),
            withdrawn=_of(listed, server_id, "withdrawn"),
            unlinked=unlinked.get(server_id, 0),
            late=late.get(server_id, 0),
        )
        for server_id, of_server in counts.items()
    ]
    servers.sort(key=lambda one: (-one.counts.announced, -one.counts.refused, one.name, one.server_id))
    return DayLedger(day, _sum(counts.values()), servers, len(found) > MOST_LISTED)


def withdraw(
    *, court: str, actor: Actor, visit_id: str, client_id: str, reason: str, now: datetime
) -> tuple[dict[str, Any], bool]:
    """Takes back an item that will not come (a shot deleted before it was sent); (the item, whether it was so before).

    The entry stays in the ledger with the reason. Raises `item.not_announced`, and `item.already_here` for what is held
    or refused: its bytes came, and stay.
    """
    key = {"court": court, "server_id": actor.id, "visit_id": visit_id, "client_id": client_id}
    change = {"$set": {"state": "withdrawn", "reason": reason, "settled_at": now}}
    before = _collection().find_one_and_update({**key, "state": "announced"}, change)
    found = _collection().find_one(key, _projection())
    if found is None:
        raise errors.item_not_announced()
    if before is None and found["state"] != "withdrawn":
        raise errors.item_already_here(found["state"])
    if before is not None:
        tell(court=court, server_id=actor.id, day=found["date"])
    return _shown(found, {}), before is None


def tell(*, court: str, server_id: str, day: str) -> None:
    """Tells open boards and the person's phone how many of how many are here. Losing this news loses nothing.

    `at` is read before counting: of two messages the one with the later `at` knows more.
    """
    at = utc_now().isoformat()
    counts = _counted(_collection().find({"court": court, "date": day, "server_id": server_id}, {"state": 1, "_id": 0}))
    said = {"server_id": server_id, "date": day, "at": at, **counts.document()}
    live.publish(court, "ledger.changed", **said)
    live.publish_to(court, server_id, "ledger.changed", **said)


def _collection() -> Any:
    return Announced._get_collection()


def _projection() -> dict[str, int]:
    return dict.fromkeys(_SHOWN, 1)


def _counted(found: Iterable[Mapping[str, Any]]) -> Counts:
    states = [one["state"] for one in found]
    return Counts(**{state: states.count(state) for state in ANNOUNCED_STATES})


def _sum(counts: Iterable[Counts]) -> Counts:
    every = list(counts)
    return Counts(**{state: sum(getattr(one, state) for one in every) for state in ANNOUNCED_STATES})


def _counts_of_day(court: str, day: str) -> dict[str, Counts]:
    found = _collection().aggregate(
        [
            {"$match": {"court": court, "date": day}},
            {"$group": {"_id": {"server": "$server_id", "state": "$state"}, "count": {"$sum": 1}}},
        ]
    )
    by_server: dict[str, dict[str, int]] = {}
    for one in found:
        by_server.setdefault(one["_id"]["server"], {})[one["_id"]["state"]] = one["count"]
    return {server_id: Counts(**states) for server_id, states in by_server.items()}


def _shown(one: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as both ends see it; `item`: what became of it after it was held."""
    late = (item.get("late") or {}).get("state")
    problem = one.get("problem") or None
    return {
        "item_id": one["_id"],
        "server_id": one["server_id"],
        "visit_id": one["visit_id"],
        "client_id": one["client_id"],
        "kind": one["kind"],
        "label": EVIDENCE_KINDS.get(one["kind"], one["kind"]),
        "sha256": one["sha256"],
        "size": one["size"],
        "state": one["state"],
        "state_label": STATE_LABELS[one["state"]],
        "source": one.get("source", "phone"),
        "captured_at": one["captured_at"],
        "announced_at": one["announced_at"],
        "settled_at": one.get("settled_at"),
        "evidence_id": one.get("evidence_id"),
        "problem": {"code": problem["code"], "title": problem["title"]} if problem else None,
        "reason": one.get("reason") if one["state"] == "withdrawn" else None,
        "late": late,
        "late_label": LATE_LABELS.get(late or ""),
        "broken": (item.get("analysis") or {}).get("state") == "broken",
    }


def _of_items(court: str, evidence_ids: list[str]) -> dict[str, dict[str, Any]]:
    if not evidence_ids:
        return {}
    found = EvidenceItem._get_collection().find(
        {"_id": {"$in": evidence_ids}, "court": court}, {"late.state": 1, "analysis.state": 1}
    )
    return {one["_id"]: one for one in found}


def _of(listed: list[dict[str, Any]], server_id: str, state: str) -> list[dict[str, Any]]:
    return [one for one in listed if one["server_id"] == server_id and one["state"] == state]


def _name_visits(court: str, listed: list[dict[str, Any]]) -> None:
    """Which case and whom an item is about, so that the office knows what to ask for."""
    wanted = sorted({one["visit_id"] for one in listed if one["visit_id"]})
    found = Visit._get_collection().find(
        {"_id": {"$in": wanted}, "court": court}, {"case_number": 1, "recipient_name": 1}
    )
    visits = {one["_id"]: one for one in found} if wanted else {}
    for one in listed:
        visit = visits.get(one["visit_id"], {})
        one["case_number"] = visit.get("case_number")
        one["recipient_name"] = visit.get("recipient_name")


def _names(server_ids: Iterable[str]) -> dict[str, str]:
    found = Person._get_collection().find({"_id": {"$in": list(server_ids)}}, {"name": 1})
    return {one["_id"]: one["name"] for one in found}


def _unlinked(court: str, day: str) -> dict[str, int]:
    """Items captured without a visit that nobody has linked to one yet, per server."""
    return _per_server({"court": court, "date": day, "visit_id": "", "state": {"$ne": "withdrawn"}})


def _late(court: str, day: str) -> dict[str, int]:
    """Held items of the day that came after their visit was closed or lost and wait for the office, per server."""
    waiting = EvidenceItem._get_collection().find({"court": court, "late.state": "waiting"}, {"announced_id": 1})
    ids = [one["announced_id"] for one in waiting if one.get("announced_id")]
    return _per_server({"_id": {"$in": ids}, "court": court, "date": day}) if ids else {}


def _per_server(where: Mapping[str, Any]) -> dict[str, int]:
    found = _collection().aggregate([{"$match": where}, {"$group": {"_id": "$server_id", "count": {"$sum": 1}}}])
    return {one["_id"]: one["count"] for one in found}
