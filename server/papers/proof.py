"""The tree of the proof of service (送达回证), and what it must hold before it may be printed."""

from __future__ import annotations

from server.papers.data import (
    Manner,
    ProofOfService,
    Receiver,
    Remarks,
    Signature,
    Staff,
    Witness,
)
from server.papers.errors import contradiction, incomplete
from server.papers.payload import Exhibits, Tree
from server.papers.text import day, day_of, moment
from server.papers.wording import Wording

REFUSED = (Manner.LEFT_WITH_WITNESS, Manner.LEFT_WITH_RECORDING, Manner.REFUSED_BEFORE_COURT)


def check(data: ProofOfService) -> None:
    """Refuses a form that claims a manner its rows do not carry (CPL arts. 87-89, Interpretation art. 131).

    Raises: DomainError `papers.incomplete`, `papers.contradiction`.
    """
    lacking = [field for field, value in _required(data).items() if not value]
    if lacking:
        raise incomplete(lacking)
    excess = []
    if data.recipient_signature is not None and data.manner is not Manner.SIGNED_BY_RECIPIENT:
        excess.append("recipient_name")
    if data.receiver is not None and data.manner is not Manner.SIGNED_BY_RECEIVER:
        excess.append("receiver")
    if excess:
        raise contradiction(excess)


def _required(data: ProofOfService) -> dict[str, object]:
    always: dict[str, object] = {
        "court_name": data.court_name,
        "case_number": data.case_number,
        "documents": data.documents,
        "recipient_name": data.recipient_name,
        "servers": data.servers,
    }
    return always | _required_by_manner(data)


def _required_by_manner(data: ProofOfService) -> dict[str, object]:
    if data.manner is Manner.SIGNED_BY_RECIPIENT:
        return {"recipient_name.signature": _complete(data.recipient_signature)}
    if data.manner is Manner.SIGNED_BY_RECEIVER:
        receiver = data.receiver
        return {
            "receiver.name": receiver and receiver.name,
            "receiver.relation": receiver and receiver.relation,
            "receiver.signature": receiver and _complete(receiver.signature),
        }
    if data.manner is Manner.NOT_SERVED:
        return {"remarks.outcome": data.outcome_label}
    return _required_of_refusal(data)


def _required_of_refusal(data: ProofOfService) -> dict[str, object]:
    remarks = data.remarks
    needed: dict[str, object] = {
        "remarks.refusal_reason": remarks.refusal_reason,
        "remarks.occurred_at": remarks.occurred_at,
    }
    if data.manner is Manner.LEFT_WITH_WITNESS:
        # Art. 89: server and witness sign.
        needed["remarks.witness"] = remarks.witness and _complete(remarks.witness.signature)
        needed["servers.signature"] = any(server.signature and server.signature.image for server in data.servers)
    if data.manner is Manner.LEFT_WITH_RECORDING:
        needed["remarks.recordings"] = remarks.recordings
    if data.manner is Manner.REFUSED_BEFORE_COURT:
        # INT art. 131: judge and clerk note what happened and sign; outsourced servers cannot.
        needed["remarks.court_staff"] = remarks.court_staff and all(
            _complete(person.signature) for person in remarks.court_staff
        )
    return needed


def _complete(signature: Signature | None) -> bool:
    """A signature with its picture and its date: art. 87 asks for both."""
    return bool(signature and signature.image and signature.signed_on)


def tree(data: ProofOfService, exhibits: Exhibits, words: Wording) -> Tree:
    """Everything `proof.typ` prints. The note on the law is the one of the case's kind."""
    return {
        "title": words.texts["title"],
        "court_name": data.court_name,
        "number": f"{data.proof_number}",
        "version": f"第 {data.version} 版",
        "cause": data.cause,
        "case_number": data.case_number,
        "documents": [{"name": d.name, "copies": f"{d.copies} 份"} for d in data.documents],
        "recipient_name": data.recipient_name,
        "address": data.address,
        "recipient": {
            "signature": signed(data.recipient_signature, exhibits, name="受送达人签名"),
            "empty": _unsigned(data),
        },
        "receiver": _receiver(data.receiver, exhibits),
        "remarks": _remarks(data, exhibits),
        "issued_by": data.issued_by,
        "issued_on": day_of(data.issued_at),
        "servers": [staff(s, exhibits, role="送达人") for s in data.servers],
        "notes": [words.texts[name] for name in (data.case_kind.value, "receiver", "refusal")],
    }


def signed(signature: Signature | None, exhibits: Exhibits, *, name: str) -> Tree | None:
    """A signature's file and date, or None."""
    if signature is None:
        return None
    image = exhibits.signature(signature.image, name=name) if signature.image else ""
    return {"image": image, "signed_on": day(signature.signed_on)}


def staff(person: Staff, exhibits: Exhibits, *, role: str) -> Tree:
    """A member of staff with the signature, if any."""
    return {
        "name": person.name,
        "role": person.role or role,
        "signature": signed(person.signature, exhibits, name=f"{person.role or role}{person.name}签名"),
    }


def _unsigned(data: ProofOfService) -> str:
    if data.manner is Manner.SIGNED_BY_RECIPIENT:
        return ""
    if data.manner is Manner.SIGNED_BY_RECEIVER:
        return "（签收情况见下栏）"
    return "（受送达人未签名，见备考）"


def _receiver(receiver: Receiver | None, exhibits: Exhibits) -> Tree | None:
    if receiver is None:
        return None
    return {
        "name": receiver.name,
        "relation": receiver.relation,
        "reason": receiver.reason,
        "signature": signed(receiver.signature, exhibits, name="代收人签名"),
    }


def _remarks(data: ProofOfService, exhibits: Exhibits) -> Tree:
    remarks = data.remarks
    return {
        "outcome": data.outcome_label,
        "served": data.manner is not Manner.NOT_SERVED,
        "facts": [{"label": label, "text": text} for label, text in _facts(data.manner, remarks) if text],
        "witness": _witness(remarks.witness, exhibits),
        "court_staff": [staff(s, exhibits, role="审判人员") for s in remarks.court_staff],
    }


def _facts(manner: Manner, remarks: Remarks) -> list[tuple[str, str]]:
    refused = manner in REFUSED
    return [
        ("拒收人", remarks.refused_by),
        ("拒收事由", remarks.refusal_reason),
        ("拒收时间" if refused else "时间", moment(remarks.occurred_at)),
        ("地点", remarks.place),
        ("经过", remarks.course_of_events),
        ("留置位置", remarks.left_at),
        ("照片、录像", "、".join(remarks.recordings)),
        ("未能邀请见证人的情形", remarks.witness_declined),
        ("说明", remarks.note),
    ]


def _witness(witness: Witness | None, exhibits: Exhibits) -> Tree | None:
    if witness is None:
        return None
    return {
        "name": witness.name,
        "organisation": witness.organisation,
        "phone": witness.phone,
        "signature": signed(witness.signature, exhibits, name="见证人签名"),
    }
