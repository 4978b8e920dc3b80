"""The outcome of a visit: entered once, with everything the law wants, while it is still this server's visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from server.core import crypto, events
from server.dispatch.models import Visit
from server.field import errors, rules
from server.field.digest import digest_of
from server.field.models import EvidenceItem
from server.field.services import guard
from server.field.services.guard import Written
from server.law import required_evidence
from server.law.outcomes import OUTCOMES
from server.service.actor import Actor

_BEFORE_THE_END = ("assigned", "accepted", "departed", "arrived")


@dataclass(frozen=True, slots=True)
class Signer:
    """Who took the papers; `id_number` is sealed before it is written."""

    name: str
    relation: str | None = None
    id_number: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """见证人 of a refusal; `phone` is sealed before it is written."""

    name: str
    unit: str = ""
    title: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An outcome as typed on the phone; `evidence` holds client ids of items sent for this visit."""

    client_id: str
    code: str
    happened_at: datetime
    fix: rules.RawFix | None = None
    signer: Signer | None = None
    witness: Witness | None = None
    refusal_reason: str | None = None
    left_at_place: str | None = None
    note: str | None = None
    evidence: tuple[str, ...] = ()


def record_outcome(*, court: str, visit_id: str, actor: Actor, entry: Entry, now: datetime) -> Written:
    """Ends the visit, or enters the outcome again after it was sent back. The review is pending then.

    Raises `outcome.unknown`, `outcome.wrong_recipient`, `outcome.not_allowed`, `outcome.evidence_missing`,
    `visit.ended` (another outcome is in), and what `record_progress` raises.
    """
    digest = digest_of(_content(entry, court))
    visit = guard.find(court=court, visit_id=visit_id)
    before = guard.repeat_of(visit, client_id=entry.client_id, digest=digest, person_id=actor.id)
    if before is not None:
        return before
    guard.check_mine(visit, actor.id)
    _check_may_end(visit)
    guard.check_time(entry.happened_at, now=now)
    place = guard.check_fix(entry.fix, now=now)
    held = _check_complete(court, visit, entry)
    progress = {
        "client_id": entry.client_id,
        "digest": digest,
        "kind": "outcome",
        "happened_at": entry.happened_at,
        "received_at": now,
        "by": actor.id,
    } | ({"fix": place} if place else {})
    done = _write(court, visit, progress, _document(entry, court, visit["party_id"], held, now), actor, now)
    if done is None:
        return _lost_race(court, visit_id, entry, digest, actor)
    events.relay(Visit, visit_id)
    return guard.written_of(done, repeated=False)


def _write(
    court: str,
    visit: dict[str, Any],
    progress: dict[str, Any],
    outcome: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> dict[str, Any] | None:
    news = events.event(
        "visit.outcome",
        court=court,
        now=now,
        visit_id=visit["_id"],
        server_id=actor.id,
        state="ended",
        date=visit["date"],
        outcome=outcome["code"],
    )
    found = guard.visits().find_one_and_update(
        {
            "_id": visit["_id"],
            "court": court,
            "progress.client_id": {"$ne": progress["client_id"]},
            "$and": [
                guard.mine(actor.id),
                {
                    "$or": [
                        {"state": {"$in": _BEFORE_THE_END}},
                        {"state": "ended", "review.state": "sent_back"},
                    ]
                },
            ],
        },
        {
            "$set": {"state": "ended", "outcome": outcome, "review.state": "pending", "updated_at": now},
            "$push": {"progress": progress, "submissions": outcome, "outbox": news},
            "$inc": {"version": 1, "review.round": 1},
        },
        projection={"state": 1, "version": 1, "review": 1},
        return_document=ReturnDocument.AFTER,
    )
    return dict(found) if found else None


def _lost_race(court: str, visit_id: str, entry: Entry, digest: str, actor: Actor) -> Written:
    """Somebody wrote between our look and our write: the same request again, another outcome, or a re-assignment."""
    visit = guard.find(court=court, visit_id=visit_id)
    before = guard.repeat_of(visit, client_id=entry.client_id, digest=digest, person_id=actor.id)
    if before is not None:
        return before
    guard.check_mine(visit, actor.id)
    _check_may_end(visit)
    raise errors.visit_changed(visit["state"], visit["version"])


def _check_may_end(visit: dict[str, Any]) -> None:
    if visit["state"] == "ended" and guard.review_of(visit)["state"] != "sent_back":
        outcome = visit.get("outcome") or {}
        raise errors.visit_ended(outcome.get("code"), outcome.get("happened_at"))


def _check_complete(court: str, visit: dict[str, Any], entry: Entry) -> list[str]:
    """Evidence ids in the order listed, when everything the law wants is there. What does not count is left out."""
    if entry.code not in OUTCOMES:
        raise errors.unknown_outcome()
    case = circumstances_of(visit)
    closed = required_evidence.bar(entry.code, case)
    if closed is not None:
        raise errors.outcome_barred(closed.code, closed.text_zh, closed.article)
    held = {
        one["client_id"]: one
        for one in EvidenceItem._get_collection().find(
            {"court": court, "visit_id": visit["_id"], "client_id": {"$in": list(entry.evidence)}},
            {"client_id": 1, "kind": 1, "analysis.state": 1, "late.state": 1},
        )
    }
    good = {client_id: one for client_id, one in held.items() if rules.useless(one) is None}
    wanted = required_evidence.missing(
        entry.code,
        circumstances=case,
        entered=required_evidence.Entered(Counter(one["kind"] for one in good.values()), fields_of(entry)),
    )
    missing: list[dict[str, Any]] = [
        {"code": "evidence_not_held", "text": "所列证据材料尚未上传完成", "client_id": client_id}
        for client_id in dict.fromkeys(entry.evidence)
        if client_id not in held
    ] + [{"code": one.code, "text": one.text_zh, "article": one.article} for one in wanted]
    if missing:
        raise errors.outcome_incomplete(missing + _why_not(held))
    return [good[client_id]["_id"] for client_id in dict.fromkeys(entry.evidence) if client_id in good]


def _why_not(held: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The listed items that are here and still do not count: told only where something is missing."""
    found = {client_id: rules.useless(one) for client_id, one in held.items()}
    return [{"code": why.code, "text": why.title, "client_id": client_id} for client_id, why in found.items() if why]


def circumstances_of(visit: Mapping[str, Any]) -> required_evidence.Circumstances:
    """What the law's questions need to know of a raw visit."""
    return required_evidence.Circumstances(
        documents=tuple(one["name"] for one in visit.get("documents", ())),
        recipient_kind=visit.get("recipient_kind", ""),
        case_kind=visit.get("case_kind", ""),
    )


def fields_of(entry: Entry) -> dict[str, str | None]:
    """The fields as typed, under the names the law's pieces use."""
    return {
        "signer.name": entry.signer.name if entry.signer else None,
        "signer.relation": entry.signer.relation if entry.signer else None,
        "witness.name": entry.witness.name if entry.witness else None,
        "witness.unit": entry.witness.unit if entry.witness else None,
        "refusal_reason": entry.refusal_reason,
        "left_at_place": entry.left_at_place,
        "note": entry.note,
    }


def _content(entry: Entry, court: str) -> dict[str, Any]:
    """What counts as the same outcome. Personal numbers enter as blind indexes: a digest must not give them away."""
    vault = crypto.vault()
    signer, witness = entry.signer, entry.witness
    return {
        "code": entry.code,
        "happened_at": entry.happened_at,
        "fix": entry.fix.content() if entry.fix else None,
        "fields": fields_of(entry),
        "witness_title": witness.title if witness else None,
        "id_number": vault.index(signer.id_number, court=court) if signer and signer.id_number else None,
        "phone": vault.index(witness.phone, court=court) if witness and witness.phone else None,
        "evidence": list(entry.evidence),
    }


def _document(entry: Entry, court: str, party_id: str, held: list[str], now: datetime) -> dict[str, Any]:
    """`server.dispatch.models.Outcome` as stored."""
    document: dict[str, Any] = {
        "code": entry.code,
        "happened_at": entry.happened_at,
        "received_at": now,
        "refusal_reason": entry.refusal_reason,
        "left_at_place": entry.left_at_place,
        "note": entry.note,
        "evidence": held,
    }
    if entry.signer is not None:
        document["signer"] = _signer(entry.signer, court, party_id)
    if entry.witness is not None:
        document["witness"] = _witness(entry.witness, court, party_id)
    return {key: value for key, value in document.items() if value is not None}


def _signer(signer: Signer, court: str, party_id: str) -> dict[str, Any]:
    document: dict[str, Any] = {"name": signer.name}
    if signer.relation:
        document["relation"] = signer.relation
    if signer.id_number:
        document["id_mask"] = crypto.mask_id_number(signer.id_number)
        document["id_sealed"] = crypto.vault().seal(signer.id_number, court=court, subject=party_id)
    return document


def _witness(witness: Witness, court: str, party_id: str) -> dict[str, Any]:
    document: dict[str, Any] = {"name": witness.name, "unit": witness.unit}
    if witness.title:
        document["title"] = witness.title
    if witness.phone:
        document["phone_mask"] = crypto.mask_phone(witness.phone)
        document["phone_sealed"] = crypto.vault().seal(witness.phone, court=court, subject=party_id)
    return document
