"""What the papers print, as plain frozen values.

Times are aware `datetime`s (printed in Asia/Shanghai), days of law are `date`s, lengths carry their unit,
positions their datum. Nothing here knows the database or the law's reasoning: the caller has already decided
what is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class CaseKind(StrEnum):
    """Which procedural law the foot note of the proof cites."""

    CIVIL = "civil"
    CRIMINAL = "criminal"
    ADMINISTRATIVE = "administrative"
    ENFORCEMENT = "enforcement"


class Manner(StrEnum):
    """How an attempt ended, as far as the form cares: which box is signed and what the remarks must hold."""

    SIGNED_BY_RECIPIENT = "signed_by_recipient"
    SIGNED_BY_RECEIVER = "signed_by_receiver"  # family, organisation's receiver, agent, 代收人 (CPL art. 88)
    LEFT_WITH_WITNESS = "left_with_witness"  # CPL art. 89, first way
    LEFT_WITH_RECORDING = "left_with_recording"  # CPL art. 89, second way
    REFUSED_BEFORE_COURT = "refused_before_court"  # Interpretation art. 131: noted and signed by court staff
    NOT_SERVED = "not_served"  # nobody home, moved, … : absence is not refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One line of 送达文书名称和件数."""

    name: str
    copies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A handwritten signature. `image` is PNG or JPEG; `signed_on` the day the signer wrote (CPL art. 87).

    A proof that claims a signature is refused without either; servers may be listed without.
    """

    image: bytes | None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Who received in the recipient's place, with relation and reason (收件人/代收人及代收理由)."""

    name: str
    relation: str
    reason: str
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """见证人 of leaving service: name, unit and post, telephone, signature."""

    name: str
    organisation: str
    phone: str = ""
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """A server, judge or clerk, with the signature if one was taken."""

    name: str
    role: str = ""
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """备考. Leaving service writes here who refused and why, when, where, witness and recordings."""

    refused_by: str = ""
    refusal_reason: str = ""
    occurred_at: datetime | None = None
    place: str = ""
    left_at: str = ""  # where exactly the documents were left
    course_of_events: str = ""
    witness: Witness | None = None
    witness_declined: str = ""  # the invited witness would not come (Simple Procedure Provisions art. 11)
    recordings: tuple[str, ...] = ()  # names or numbers of photos and videos
    court_staff: tuple[Staff, ...] = ()  # Interpretation art. 131: judge and clerk note and sign
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOfService:
    """送达回证: one per recipient and attempt that ended (CPL art. 87)."""

    court_name: str
    case_kind: CaseKind
    cause: str
    case_number: str
    documents: tuple[DocumentLine, ...]
    recipient_name: str
    address: str
    manner: Manner
    outcome_code: str
    outcome_label: str
    servers: tuple[Staff, ...]
    issued_by: str
    issued_at: datetime
    proof_number: str
    version: int = 1
    recipient_signature: Signature | None = None
    receiver: Receiver | None = None
    remarks: Remarks = Remarks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A measured point. Degrees in `datum` (WGS-84, GCJ-02, …), accuracy in metres (68 %)."""

    longitude: float
    latitude: float
    datum: str
    accuracy_m: float | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEvent:
    """One step of a visit: 接单, 出发, 到达, 登记结果. `position` None prints 定位不可用."""

    label: str
    occurred_at: datetime
    position: Position | None = None
    distance_to_address_m: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo, screenshot or scan. `image` in any format Pillow reads; `sha256` is of the sealed original."""

    name: str
    image: bytes
    caption: str
    sha256: str
    taken_at: datetime | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSignature:
    """A signature of the report: 签收人, 见证人, 送达人 … with the name in print."""

    role: str
    name: str
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a channel's record: a call, a message, a trace of the post."""

    occurred_at: datetime
    title: str
    result: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The direct channel: planned and actual times, events with positions, the travelled track."""

    number: str
    planned_from: datetime | None = None
    planned_until: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    servers: tuple[str, ...] = ()
    signer_name: str = ""
    signer_relation: str = ""
    refusal_reason: str = ""
    witness_name: str = ""
    witness_organisation: str = ""
    course_of_events: str = ""
    address_point: Position | None = None
    events: tuple[VisitEvent, ...] = ()
    track: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """送达行为: one try through one channel. `facts` are label and value, printed in order."""

    number: int
    channel_label: str
    recipient_name: str
    outcome_label: str
    served: bool
    started_at: datetime
    address: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    visit: Visit | None = None
    log: tuple[LogEntry, ...] = ()
    photos: tuple[Photo, ...] = ()
    signatures: tuple[NamedSignature, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRecipient:
    """A person served, the address used and its legal basis. Empty `documents` means all of the report's."""

    name: str
    role: str
    address: str
    address_basis: str = ""
    documents: tuple[DocumentLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """送达效力 of one document for one recipient, as confirmed, or as proposed when `confirmed_by` is empty.

    Without `document` it is about all of the recipient's documents.
    """

    recipient_name: str
    label: str
    article: str
    document: str = ""
    effective_on: date | None = None
    confirmed_by: str = ""
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One sealed item of evidence. `sha256` is the complete lower-case hex digest of the original bytes."""

    name: str
    kind: str
    size_bytes: int
    sha256: str
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """审核: who decided what, when, with which opinion."""

    decision_label: str
    reviewer: str
    decided_at: datetime
    opinion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """送达报告书: all attempts of a case or recipient, one section per channel, with exhibits.

    `attempts` in the order of time; sections follow the first use of each `channel_label`.
    """

    court_name: str
    case_number: str
    cause: str
    recipients: tuple[ReportRecipient, ...]
    documents: tuple[DocumentLine, ...]
    attempts: tuple[Attempt, ...]
    report_number: str
    made_by: str
    made_at: datetime
    version: int = 1
    procedure: str = ""
    division: str = ""
    judge: str = ""
    clerk: str = ""
    effects: tuple[Effect, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    review: Review | None = None
