"""What goes into an evidence bundle: items with their proofs, papers, exhibits, the visits and the ledger in words.

Words are masks only: numbers and addresses in full stand in originals and papers, nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from evidence.bundle.content import Device, Document, Envelope, Item, LogProof, Original
from evidence.bundle.names import extension
from evidence.bundle.writing import moment
from evidence.capture import LABELS_ZH, envelopes
from evidence.errors import EvidenceError
from evidence.stores import Store
from server.accounts.models import Person
from server.core.audit.proofs import Inclusion
from server.custody.models import Announced, CaptureDevice, CaptureTicket
from server.custody.services.ledger import LATE_LABELS, STATE_LABELS
from server.custody.services.logging import entry_id
from server.field.models import EvidenceItem
from server.law.outcomes import EVIDENCE_KINDS
from server.law.outcomes import label_zh as outcome_label
from server.papers.kinds import KINDS
from server.reports.archive_content import Member, plain
from server.reports.models import Paper
from server.service.models import Exhibit

PLACE_LABELS = {"agrees": "位置相符", "doubt": "位置存疑", "unknown": "位置无法判断"}
_AUTHOR = "法院出具"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What belongs to the scope: items (raw), papers, exhibits, visits (raw), and where the ledger's entries are."""

    items: Sequence[Mapping[str, Any]]
    papers: Sequence[Paper]
    exhibits: Sequence[Exhibit]
    visits: Sequence[Mapping[str, Any]]
    announced: Mapping[str, Any]


def original(store: Store, store_key: str, sha256: str, size: int) -> Original:
    def opened() -> BinaryIO:
        return store.open(store_key)

    return Original(sha256, size, opened)


def item_path(one: EvidenceItem) -> str:
    """Where a bundle keeps an original."""
    return f"originals/{one.id}.{extension(one.media_type)}"


def items(chosen: Chosen, proofs: Mapping[str, Inclusion], known: Collection[str], store: Store) -> list[Item]:
    """In order of capture. `known`: ids of the tickets and devices that are in the bundle; a forger may name others."""
    return [_item(one, proofs.get(entry_id(one["_id"])), known, store) for one in chosen.items]


def _item(one: Mapping[str, Any], proof: Inclusion | None, known: Collection[str], store: Store) -> Item:
    manifest, envelope = one.get("manifest"), one.get("envelope")
    ticket_id, device_id = ticket_of(envelope), str((envelope or {}).get("device_id"))
    return Item(
        evidence_id=one["_id"],
        title=EVIDENCE_KINDS.get(one["kind"], one["kind"]),
        media_type=one["media_type"],
        original=original(store, one["store_key"], one["sha256"], one["size"]),
        manifest=bytes(manifest) if manifest else None,
        envelope=None
        if not envelope
        else Envelope(
            bytes(envelope["payload"]),
            bytes(envelope["signature"]),
            device_id if device_id in known else "",
            ticket_id if ticket_id in known else "",
        ),
        proof=LogProof(proof.entry, proof.index, proof.hashes) if proof else None,
        said=_said(one),
    )


def _said(one: Mapping[str, Any]) -> dict[str, Any]:
    capture, place, late = one.get("capture") or {}, one.get("place") or {}, one.get("late") or {}
    said = {
        "kind": one["kind"],
        "visit_id": one["visit_id"],
        "task_id": one["task_id"],
        "source": one.get("source", "phone"),
        "captured_at": moment(one["captured_at"]),
        "received_at": moment(one["received_at"]),
    }
    if capture:
        said |= {
            "capture": {"verdict": capture["verdict"], "reasons": [why["code"] for why in capture.get("reasons", ())]},
            "capture_text": LABELS_ZH.get(capture["verdict"], ""),
        }
    if place:
        said |= {
            "place": {"verdict": place["verdict"], "reasons": [why["code"] for why in place.get("reasons", ())]},
            "place_text": PLACE_LABELS.get(place["verdict"], ""),
        }
    if late:
        said |= {"late": late.get("state"), "late_text": LATE_LABELS.get(late.get("state") or "", "")}
    return said


def ticket_of(envelope: Mapping[str, Any] | None) -> str:
    """The ticket an envelope names; empty when it cannot be read."""
    if not envelope:
        return ""
    try:
        return envelopes.parse(bytes(envelope["payload"])).ticket_id
    except EvidenceError:
        return ""


def tickets(court: str, chosen: Chosen) -> dict[str, str]:
    """Ticket id → note, of all tickets the items were sealed under."""
    wanted = sorted({ticket_of(one.get("envelope")) for one in chosen.items} - {""})
    found = CaptureTicket._get_collection().find({"_id": {"$in": wanted}, "court": court}, {"note": 1}).sort("_id", 1)
    return {one["_id"]: one["note"] for one in found}


def devices(court: str, chosen: Chosen) -> list[Device]:
    """The keys the items were sealed with."""
    wanted = sorted({str(one["envelope"]["device_id"]) for one in chosen.items if one.get("envelope")})
    found = CaptureDevice._get_collection().find({"_id": {"$in": wanted}, "court": court}).sort("_id", 1)
    return [
        Device(
            one["_id"],
            bytes(one["public_key"]),
            plain({name: one.get(name) for name in ("person_id", "key_id", "registered_at", "revoked_at")}),
        )
        for one in found
    ]


def documents(chosen: Chosen, store: Store) -> list[Document]:
    """Papers (with their sealed file when there is one) and exhibits."""
    found = []
    for number, paper in enumerate(chosen.papers, 1):
        found += list(_paper(number, paper, store))
    for number, one in enumerate(chosen.exhibits, 1):
        title = EVIDENCE_KINDS.get(one.kind, one.kind).replace("/", "、")
        name = f"exhibits/{number:03d}-{title}.{extension(one.media_type)}"
        said = {"kind": one.kind, "attempt_id": one.attempt_id, "received_at": moment(one.received_at)}
        held = original(store, one.store_key, one.sha256, one.size)
        found.append(Document(name, title, one.media_type, held, said))
    return found


def _paper(number: int, one: Paper, store: Store) -> Iterable[Document]:
    title = KINDS[one.kind].title
    stem = f"papers/{number:03d}-{title}-v{one.version}"
    said = {"kind": one.kind, "number": one.number, "version": one.version, "made_at": moment(one.made_at)}
    held = original(store, one.store_key, one.sha256, one.size)
    yield Document(f"{stem}.pdf", title, "application/pdf", held, said)
    if one.sealed_at:
        sealed = original(store, one.sealed_store_key, one.sealed_sha256, one.sealed_size)
        yield Document(f"{stem}-已盖章.pdf", f"{title}（已盖章）", "application/pdf", sealed, said)


def listed(member: Member, title: str, media_type: str, store: Store) -> Document:
    """A file of a case's archive as a document of the bundle."""
    return Document(
        member.path, title, media_type, original(store, member.store_key, member.sha256, member.size), {"by": _AUTHOR}
    )


def visits(chosen: Chosen) -> list[dict[str, Any]]:
    """Each visit in words."""
    ids = sorted({str(one["server_id"]) for one in chosen.visits if one.get("server_id")})
    people = Person._get_collection().find({"_id": {"$in": ids}}, {"name": 1})
    names = {one["_id"]: one["name"] for one in people}
    return [_visit(one, names) for one in chosen.visits]


def _visit(one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    outcome = one.get("outcome") or {}
    return plain(
        {
            "visit_id": one["_id"],
            "date": one["date"],
            "case_number": one["case_number"],
            "recipient_name": one["recipient_name"],
            "address_mask": (one.get("address") or {}).get("mask", ""),
            "server_name": names.get(one.get("server_id") or "", ""),
            "outcome": outcome.get("code"),
            "outcome_text": outcome_label(outcome["code"]) if outcome.get("code") else "",
            "happened_at": outcome.get("happened_at"),
        }
    )


def ledger(chosen: Chosen) -> dict[str, Any]:
    """How many items the phones reported, and each one that is not among the items of this bundle."""
    here = {one["_id"] for one in chosen.items}
    found = list(Announced._get_collection().find(chosen.announced).sort([("captured_at", 1), ("_id", 1)]))
    states = [one["state"] for one in found]
    absent = [_absent(one) for one in found if one.get("evidence_id") not in here]
    return {
        **{state: states.count(state) for state in STATE_LABELS},
        "total": len(found) - states.count("withdrawn"),
        "absent": absent,
    }


def _absent(one: Mapping[str, Any]) -> dict[str, Any]:
    problem = (one.get("problem") or {}).get("title") or ""
    return {
        "client_id": one["client_id"],
        "title": EVIDENCE_KINDS.get(one["kind"], one["kind"]),
        "state": one["state"],
        "state_text": STATE_LABELS[one["state"]],
        "why": problem,
        "sha256": one["sha256"],
        "size": one["size"],
        "captured_at": moment(one["captured_at"]),
    }
