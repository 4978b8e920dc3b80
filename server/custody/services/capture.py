"""The verdict on how an item was captured, with all the court knows: keys, tickets, and the order of what came.

Never raises for what a phone sent: it says what is wrong. A verdict is judged again when a neighbour in its chain
arrives; what waits for one is looked at now and then until its ticket has expired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from evidence import capture as seals
from evidence.capture import (
    Around,
    Device,
    Envelope,
    Sent,
    Stated,
    Verdict,
    parse,
    payload_sha256,
    signature_holds,
)
from evidence.capture.chain import Link
from evidence.errors import EvidenceError
from server.core.audit import checkpoints
from server.custody.models import Announced, CaptureDevice, CaptureTicket
from server.custody.services import linking
from server.field.models import EvidenceItem

LOOK_AGAIN_AFTER = timedelta(minutes=10)
_TURNS_TRIED = 8
_SWEPT_AT_ONCE = 200


def judge(*, court: str, found: Mapping[str, Any], now: datetime) -> Verdict:
    """The verdict on an announced or held item (raw, `Announced` or `EvidenceItem`) as it stands now; keeps nothing."""
    entry = _announced_of(court, found)
    envelope = found.get("envelope") or (entry or {}).get("envelope")
    sent = _sent(envelope) if envelope else None
    known_at = (entry or found).get("announced_at") or found["received_at"]
    return seals.judge(
        sent,
        stated=_stated(found),
        around=_around(court, sent, entry, known_at, now) if sent else Around(known_at, now, None, None),
        verifier=checkpoints.verifier(court),
    )


def judge_item(*, court: str, evidence_id: str, now: datetime) -> Verdict | None:
    """Judges a held item anew and keeps the verdict beside it; None when there is no such item. May run twice."""
    for _ in range(_TURNS_TRIED):
        found = _items().find_one({"_id": evidence_id, "court": court}, {"manifest": 0, "analysis": 0})
        if found is None:
            return None
        found = linking.follow(found, now=now)
        verdict = judge(court=court, found=found, now=now)
        # Two judges at once: the later turn has seen all the earlier one has, so the earlier must not overwrite it.
        turn = (found.get("capture") or {}).get("turn")
        kept = verdict.document() | {"judged_at": now, "turn": (turn or 0) + 1}
        if verdict.waiting:
            kept["look_at"] = now + LOOK_AGAIN_AFTER
        if _items().update_one({"_id": evidence_id, "capture.turn": turn}, {"$set": {"capture": kept}}).matched_count:
            return verdict
    return None


def seal_of(sent: Sent) -> dict[str, Any]:
    """The place an envelope claims in the chain of its ticket. Raises ``envelope.unreadable``."""
    envelope = parse(sent.payload)
    return {
        "ticket_id": envelope.ticket_id,
        "seq": envelope.seq,
        "prev": envelope.prev,
        "payload_sha256": payload_sha256(sent.payload),
        "at": envelope.server_time,
        "genuine": False,
    }


def place(*, court: str, entries: Sequence[dict[str, Any]]) -> None:
    """Marks the seals whose signature holds under the key their ticket was issued to: only those count as a chain."""
    sealed = [one for one in entries if one.get("seal")]
    keys = _keys_of_tickets(court, {one["seal"]["ticket_id"] for one in sealed})
    for one in sealed:
        key = keys.get(one["seal"]["ticket_id"], b"")
        one["seal"]["genuine"] = signature_holds(one["envelope"]["payload"], one["envelope"]["signature"], key)


def rejudge_around(*, court: str, ticket_id: str, seqs: Sequence[int], now: datetime) -> int:
    """Judges again what is held beside, or right behind, these envelopes of a ticket; how many there were."""
    numbers = sorted({near for one in seqs for near in (one, one + 1)})
    wanted = {"seal.ticket_id": ticket_id, "seal.seq": {"$in": numbers}, "court": court, "state": "held"}
    held = list(_announced().find(wanted, {"evidence_id": 1}))
    for one in held:
        judge_item(court=court, evidence_id=one["evidence_id"], now=now)
    return len(held)


def sweep(*, now: datetime) -> int:
    """Judges again what waits for its predecessor, until its ticket has expired. Returns how many were looked at."""
    due = list(_items().find({"capture.look_at": {"$lte": now}}, {"court": 1}).limit(_SWEPT_AT_ONCE))
    for one in due:
        judge_item(court=one["court"], evidence_id=one["_id"], now=now)
    return len(due)


def _around(
    court: str,
    sent: Sent,
    entry: Mapping[str, Any] | None,
    known_at: datetime,
    now: datetime,
) -> Around:
    try:
        envelope = parse(sent.payload)
    except EvidenceError:
        return Around(known_at, now, None, None)
    ticket = _one(CaptureTicket._get_collection().find_one({"_id": envelope.ticket_id, "court": court}))
    beside = _announced().find(
        {"seal.ticket_id": envelope.ticket_id, "seal.seq": {"$in": [envelope.seq - 1, envelope.seq]}, "court": court},
        {"seal": 1},
    )
    return Around(
        known_at=known_at,
        now=now,
        device=_device(court, envelope.device_id),
        ticket_note=ticket["note"] if ticket else None,
        others=[_link(one["seal"]) for one in beside if one["seal"]["genuine"]],
        used_before=_used_before(payload_sha256(sent.payload), envelope, ticket, entry, court),
    )


def _used_before(
    payload: str, envelope: Envelope, ticket: Mapping[str, Any] | None, entry: Mapping[str, Any] | None, court: str
) -> bool:
    """Whether another item came with the same payload, and has at least as good a claim to it as this one.

    Whoever copies an envelope cannot spoil the item it was made for, not even by coming first.
    """
    if entry is None:
        return False
    fields = {"client_id": 1, "sha256": 1, "server_id": 1, "visit_id": 1, "announced_at": 1}
    found = _announced().find({"seal.payload_sha256": payload, "court": court}, fields)
    twins = [one for one in found if one["_id"] != entry["_id"]]
    if not _fits(entry, envelope, ticket):
        return bool(twins)
    place = (entry["announced_at"], entry["_id"])
    return any(_fits(one, envelope, ticket) and (one["announced_at"], one["_id"]) < place for one in twins)


def _fits(entry: Mapping[str, Any], envelope: Envelope, ticket: Mapping[str, Any] | None) -> bool:
    """Whether the envelope was made for this item of this person, and may have been for this visit."""
    item = envelope.item
    if ticket is None or (entry["client_id"], entry["sha256"]) != (item.client_id, item.sha256):
        return False
    own_visit = not ticket["visit_id"] or entry["visit_id"] in ("", ticket["visit_id"])
    return own_visit and entry["server_id"] == ticket["person_id"]


def _link(seal: Mapping[str, Any]) -> Link:
    return Link(seal["payload_sha256"], seal["seq"], seal["prev"], seal["at"])


def _device(court: str, device_id: str) -> Device | None:
    found = CaptureDevice._get_collection().find_one({"_id": device_id, "court": court})
    if found is None:
        return None
    return Device(found["_id"], found["person_id"], bytes(found["public_key"]), found.get("revoked_at"))


def _keys_of_tickets(court: str, ticket_ids: set[str]) -> dict[str, bytes]:
    """Ticket id → public key of the device it was issued to."""
    if not ticket_ids:
        return {}
    tickets = list(
        CaptureTicket._get_collection().find({"_id": {"$in": list(ticket_ids)}, "court": court}, {"device_id": 1})
    )
    devices = CaptureDevice._get_collection().find(
        {"_id": {"$in": [one["device_id"] for one in tickets]}, "court": court}, {"public_key": 1}
    )
    keys = {one["_id"]: bytes(one["public_key"]) for one in devices}
    return {one["_id"]: keys[one["device_id"]] for one in tickets if one["device_id"] in keys}


def _announced_of(court: str, found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The ledger's entry of an item; itself when it is one."""
    if "announced_at" in found:
        return found
    if found.get("announced_id"):
        return _one(_announced().find_one({"_id": found["announced_id"], "court": court}))
    key = {name: found[name] for name in ("court", "server_id", "visit_id", "client_id")}
    return _one(_announced().find_one(key))


def _one(found: Any) -> Mapping[str, Any] | None:
    return dict(found) if found is not None else None


def _stated(found: Mapping[str, Any]) -> Stated:
    return Stated(
        client_id=found["client_id"],
        kind=found["kind"],
        sha256=found["sha256"],
        size=found["size"],
        captured_at=found["captured_at"],
        visit_id=found["visit_id"],
        person_id=found["server_id"],
    )


def _sent(envelope: Mapping[str, Any]) -> Sent:
    return Sent(bytes(envelope["payload"]), bytes(envelope["signature"]), str(envelope["device_id"]))


def _items() -> Any:
    return EvidenceItem._get_collection()


def _announced() -> Any:
    return Announced._get_collection()
