"""What the server holds of what a phone sent, item by item: the phone deletes nothing before it has read this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.field.models import EvidenceItem, PositionBatch
from server.field.services import guard


@dataclass(frozen=True, slots=True)
class Asked:
    """One client id; with its visit for evidence and steps, without for a batch of positions."""

    client_id: str
    visit_id: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class HeldItem:
    """`kind`: the evidence kind, the step, or `positions`; None when nothing is held.

    `same`: whether the held content has the hash the phone named; None when it named none or it is not a file.
    """

    client_id: str
    visit_id: str | None
    held: bool
    kind: str | None
    sha256: str | None
    same: bool | None


@dataclass(frozen=True, slots=True)
class VisitState:
    """Where a visit stands for this phone; `what` says why when it is no longer its own."""

    visit_id: str
    state: str
    version: int | None
    review: dict[str, Any] | None
    lost: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Sync:
    items: list[HeldItem]
    visits: list[VisitState]


def sync_state(*, court: str, person_id: str, visit_ids: Sequence[str], asked: Sequence[Asked]) -> Sync:
    """The state of these visits and items. Only what this person sent counts as held."""
    evidence = _evidence(court, person_id, asked)
    steps = _steps(court, person_id, asked)
    batches = _batches(court, person_id, asked)
    return Sync([_item(one, evidence, steps, batches) for one in asked], _visits(court, person_id, visit_ids))


def _item(
    one: Asked,
    evidence: dict[tuple[str, str], tuple[str, str]],
    steps: dict[tuple[str, str], str],
    batches: set[str],
) -> HeldItem:
    key = (one.visit_id or "", one.client_id)
    if key in evidence:
        kind, sha256 = evidence[key]
        same = sha256 == one.sha256.lower() if one.sha256 else None
        return HeldItem(one.client_id, one.visit_id, True, kind, sha256, same)
    if key in steps:
        return HeldItem(one.client_id, one.visit_id, True, steps[key], None, None)
    if one.visit_id is None and one.client_id in batches:
        return HeldItem(one.client_id, None, True, "positions", None, None)
    return HeldItem(one.client_id, one.visit_id, False, None, None, None)


def _of_visits(asked: Sequence[Asked]) -> tuple[list[str], list[str]]:
    named = [one for one in asked if one.visit_id is not None]
    return list({str(one.visit_id) for one in named}), [one.client_id for one in named]


def _evidence(court: str, person_id: str, asked: Sequence[Asked]) -> dict[tuple[str, str], tuple[str, str]]:
    visit_ids, client_ids = _of_visits(asked)
    if not visit_ids:
        return {}
    found = EvidenceItem._get_collection().find(
        {
            "court": court,
            "visit_id": {"$in": visit_ids},
            "client_id": {"$in": client_ids},
            "server_id": person_id,
        },
        {"visit_id": 1, "client_id": 1, "kind": 1, "sha256": 1},
    )
    return {(one["visit_id"], one["client_id"]): (one["kind"], one["sha256"]) for one in found}


def _steps(court: str, person_id: str, asked: Sequence[Asked]) -> dict[tuple[str, str], str]:
    visit_ids, _ = _of_visits(asked)
    if not visit_ids:
        return {}
    found = guard.visits().find(
        {"_id": {"$in": visit_ids}, "court": court},
        {"progress.client_id": 1, "progress.kind": 1, "progress.by": 1},
    )
    return {
        (visit["_id"], step["client_id"]): step["kind"]
        for visit in found
        for step in visit.get("progress") or ()
        if step["by"] == person_id
    }


def _batches(court: str, person_id: str, asked: Sequence[Asked]) -> set[str]:
    client_ids = [one.client_id for one in asked if one.visit_id is None]
    if not client_ids:
        return set()
    found = PositionBatch._get_collection().find(
        {"court": court, "server_id": person_id, "client_id": {"$in": client_ids}}, {"client_id": 1}
    )
    return {one["client_id"] for one in found}


def _visits(court: str, person_id: str, visit_ids: Sequence[str]) -> list[VisitState]:
    wanted = list(dict.fromkeys(visit_ids))
    found = {
        visit["_id"]: visit
        for visit in guard.visits().find(
            {"_id": {"$in": wanted}, "court": court},
            {
                "state": 1, "version": 1, "review": 1, "server_id": 1, "second_server_id": 1, "changes": 1,
            },
        )
    }  # fmt: skip
    return [_visit(visit_id, found.get(visit_id), person_id) for visit_id in wanted]


def _visit(visit_id: str, visit: dict[str, Any] | None, person_id: str) -> VisitState:
    if visit is None:
        return VisitState(visit_id, "unknown", None, None, None)
    if guard.is_mine(visit, person_id):
        return VisitState(visit_id, visit["state"], visit["version"], guard.review_of(visit), None)
    refusal = guard.refusal_of_stranger(visit, person_id)
    if refusal.status == 404:
        return VisitState(visit_id, "unknown", None, None, None)
    return VisitState(visit_id, "not_yours", None, None, refusal.extra)
