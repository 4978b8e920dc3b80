"""From what happened at the door to what the papers say. Reads the visit and its evidence; decides nothing in law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.media import HEIC
from evidence.stores import Store
from server.accounts.models import Court, Person
from server.core.clock import COURT_ZONE
from server.core.fields import open_fields
from server.custody import decoding
from server.custody.services import copies
from server.dispatch.models import Visit
from server.field.models import EvidenceItem, PositionBatch
from server.field.rules import USEFUL
from server.law.outcomes import EVIDENCE_KINDS, OUTCOMES, label_zh
from server.papers import data as paper
from server.reports.doorstep import address_point, event_of, position_of
from server.reports.effects import effects_of, effects_on
from server.service.models import ServiceTask

_MANNERS = {
    "signed_recipient": paper.Manner.SIGNED_BY_RECIPIENT,
    "signed_family": paper.Manner.SIGNED_BY_RECEIVER,
    "signed_organisation": paper.Manner.SIGNED_BY_RECEIVER,
    "signed_agent": paper.Manner.SIGNED_BY_RECEIVER,
    "signed_designated": paper.Manner.SIGNED_BY_RECEIVER,
    "refused_witness": paper.Manner.LEFT_WITH_WITNESS,
    "refused_video": paper.Manner.LEFT_WITH_RECORDING,
}
_RECEIVER_REASONS = {
    "signed_family": "受送达人本人不在，由同住成年家属签收",
    "signed_organisation": "由单位负责收件的人签收",
    "signed_agent": "由诉讼代理人签收",
    "signed_designated": "由受送达人指定的代收人签收",
}
_CASE_KINDS = {
    "刑事": paper.CaseKind.CRIMINAL,
    "行政": paper.CaseKind.ADMINISTRATIVE,
    "执行": paper.CaseKind.ENFORCEMENT,
}
_PHOTO_KINDS = ("photo_", "scan")


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything one visit's papers rest on, read once."""

    court: Court
    task: ServiceTask
    visit: Visit
    server: Person | None
    second: Person | None
    items: list[EvidenceItem]
    track: list[dict[str, Any]]
    store: Store
    address: str  # whole: papers are made of it; 已销毁 when the party's values were destroyed since

    def image(self, kind: str) -> bytes | None:
        """The bytes of the newest item of a kind, or None."""
        found = [item for item in self.items if item.kind == kind]
        return self.read(found[-1]) if found else None

    def read(self, item: EvidenceItem) -> bytes:
        if item.media_type == HEIC:  # no printer of ours reads it: the display copy
            with copies.open_for_eyes(item, store=self.store, sandbox=decoding.sandbox).stream as shown:
                return shown.read()
        with self.store.open(item.store_key) as stream:
            return stream.read()

    @property
    def servers(self) -> list[Person]:
        return [person for person in (self.server, self.second) if person]


def gather(*, court: str, visit_id: str, store: Store) -> Gathered | None:
    """Reads a visit with its task, people, evidence in order of capture, and its track. None if unknown."""
    visit = Visit.objects(court=court, id=visit_id).first()
    if visit is None:
        return None
    items = list(EvidenceItem.objects(court=court, visit_id=visit_id, __raw__=USEFUL).order_by("captured_at"))
    (address,) = open_fields([{"text": visit.address.text}], court=court)
    return Gathered(
        address=address,
        court=Court.objects(id=court).get(),
        task=ServiceTask.objects(court=court, id=visit.task_id).get(),
        visit=visit,
        server=Person.objects(court=court, id=visit.server_id).first(),
        second=Person.objects(court=court, id=visit.second_server_id).first() if visit.second_server_id else None,
        items=items,
        track=_track(visit),
        store=store,
    )


def _track(visit: Visit) -> list[dict[str, Any]]:
    """Accepted fixes between departing and the outcome, at most one hundred, thinned evenly."""
    times = [step.happened_at for step in visit.progress if step.kind in ("depart", "arrive", "outcome")]
    if not times:
        return []
    first, last = min(times), max(times)
    batches = PositionBatch.objects(
        court=visit.court, server_id=visit.server_id, first_at__lte=last, last_at__gte=first
    ).order_by("first_at")
    points = [point for batch in batches for point in batch.points if first <= point["at"] <= last]
    keep = max(len(points) // 100, 1)
    return points[::keep]


def proof_of(one: Gathered, *, number: str, version: int, made_at: datetime) -> paper.ProofOfService:
    """送达回证 of the visit's outcome."""
    outcome, code = one.visit.outcome, one.visit.outcome.code
    manner = _MANNERS.get(code, paper.Manner.NOT_SERVED)
    signed_on = outcome.happened_at.astimezone(COURT_ZONE).date()
    signed = paper.Signature(image=one.image("signature_recipient"), signed_on=signed_on)
    return paper.ProofOfService(
        court_name=one.court.name,
        case_kind=_CASE_KINDS.get(one.task.case_kind, paper.CaseKind.CIVIL),
        cause=one.task.cause or "",
        case_number=one.task.case_number,
        documents=_documents(one),
        recipient_name=one.visit.recipient_name,
        address=one.address,
        manner=manner,
        outcome_code=code,
        outcome_label=label_zh(code),
        servers=tuple(_staff(person, one) for person in one.servers),
        issued_by=one.task.clerk_name or one.task.judge_name or one.court.name,
        issued_at=made_at,
        proof_number=number,
        version=version,
        recipient_signature=signed if manner is paper.Manner.SIGNED_BY_RECIPIENT else None,
        receiver=_receiver(one, signed) if manner is paper.Manner.SIGNED_BY_RECEIVER else None,
        remarks=_remarks(one, manner),
    )


def _documents(one: Gathered) -> tuple[paper.DocumentLine, ...]:
    return tuple(paper.DocumentLine(name=item.name, copies=item.copies) for item in one.visit.documents)


def _staff(person: Person, one: Gathered) -> paper.Staff:
    image = one.image("signature_server") if person is one.server else None
    return paper.Staff(name=person.name, role="送达人", signature=paper.Signature(image=image) if image else None)


def _receiver(one: Gathered, signed: paper.Signature) -> paper.Receiver:
    signer = one.visit.outcome.signer
    return paper.Receiver(
        name=signer.name if signer else "",
        relation=(signer.relation or "") if signer else "",
        reason=_RECEIVER_REASONS[one.visit.outcome.code],
        signature=signed,
    )


def _remarks(one: Gathered, manner: paper.Manner) -> paper.Remarks:
    outcome = one.visit.outcome
    if manner in (paper.Manner.SIGNED_BY_RECIPIENT, paper.Manner.SIGNED_BY_RECEIVER):
        return paper.Remarks(note=outcome.note or "")
    if manner is paper.Manner.NOT_SERVED:
        return paper.Remarks(
            occurred_at=outcome.happened_at,
            place=one.address,
            refusal_reason=outcome.refusal_reason or "",
            note=outcome.note or "",
            recordings=recordings_of(one),
        )
    return paper.Remarks(
        refused_by=outcome.signer.name if outcome.signer else one.visit.recipient_name,
        refusal_reason=outcome.refusal_reason or "",
        occurred_at=outcome.happened_at,
        place=one.address,
        left_at=outcome.left_at_place or "",
        witness=witness_of(one) if manner is paper.Manner.LEFT_WITH_WITNESS else None,
        recordings=recordings_of(one),
        note=outcome.note or "",
    )


def witness_of(one: Gathered) -> paper.Witness | None:
    witness = one.visit.outcome.witness
    if witness is None:
        return None
    signed_on = one.visit.outcome.happened_at.astimezone(COURT_ZONE).date()
    return paper.Witness(
        name=witness.name,
        organisation=_unit(witness),
        phone=witness.phone_mask or "",
        signature=paper.Signature(image=one.image("signature_witness"), signed_on=signed_on),
    )


def _unit(witness: Any) -> str:
    """Unit and post, as the law asks for them on the proof."""
    return " ".join(part for part in (witness.unit, witness.title) if part) if witness else ""


def recordings_of(one: Gathered) -> tuple[str, ...]:
    """Short names of photos and recordings as the report lists them."""
    pairs = zip(one.items, names_of(one), strict=True)
    return tuple(name for item, name in pairs if not item.kind.startswith("signature_"))


def names_of(one: Gathered) -> list[str]:
    """`照片1 门牌及现场照片`, numbered in order of capture."""
    return [f"材料{n} {EVIDENCE_KINDS.get(item.kind, item.kind)}" for n, item in enumerate(one.items, 1)]


def report_of(one: Gathered, *, number: str, version: int, made_at: datetime, made_by: str) -> paper.ServiceReport:
    """送达报告书 of the visit: its one direct attempt with exhibits, hashes and the reviewer's decision."""
    task = one.task
    return paper.ServiceReport(
        court_name=one.court.name,
        case_number=task.case_number,
        cause=task.cause or "",
        recipients=(
            paper.ReportRecipient(
                name=one.visit.recipient_name,
                role=one.visit.standing or "",
                address=one.address,
                address_basis=one.visit.address_basis,
            ),
        ),
        documents=_documents(one),
        attempts=(attempt_of(one),),
        report_number=number,
        made_by=made_by,
        made_at=made_at,
        version=version,
        procedure=task.procedure or "",
        judge=task.judge_name or "",
        clerk=task.clerk_name or "",
        effects=effects_of(effects_on(task, one.visit.recipient_id)),
        evidence=evidence_of(one),
        review=_review(one),
    )


def evidence_of(one: Gathered) -> tuple[paper.EvidenceLine, ...]:
    """Every item with its hash, in order of capture."""
    return tuple(
        paper.EvidenceLine(
            name=name,
            kind=EVIDENCE_KINDS.get(item.kind, item.kind),
            size_bytes=item.size,
            sha256=item.sha256,
            captured_at=item.captured_at,
        )
        for item, name in zip(one.items, names_of(one), strict=True)
    )


def _review(one: Gathered) -> paper.Review | None:
    review = one.visit.review
    if review is None or review.at is None:
        return None
    return paper.Review(
        decision_label={"accepted": "审核通过", "sent_back": "退回补正"}.get(review.state, "待审核"),
        reviewer=review.by_name or "",
        decided_at=review.at,
        opinion=review.reason or "",
    )


def attempt_of(one: Gathered, *, number: int | None = None) -> paper.Attempt:
    """The visit as an attempt of the report; `number` counts within the report, else among the recipient's visits."""
    visit, outcome = one.visit, one.visit.outcome
    rule = OUTCOMES.get(outcome.code)
    return paper.Attempt(
        number=number or _number(visit),
        channel_label="直接送达（外出上门）",
        recipient_name=visit.recipient_name,
        outcome_label=label_zh(outcome.code),
        served=bool(rule and rule.serves),
        started_at=min((step.happened_at for step in visit.progress), default=outcome.happened_at),
        address=one.address,
        facts=_facts(one),
        visit=_visit(one),
        photos=_photos(one),
        signatures=_signatures(one),
    )


def _number(visit: Visit) -> int:
    """Which attempt on this recipient it was, from 1."""
    earlier = Visit.objects(
        court=visit.court,
        task_id=visit.task_id,
        recipient_id=visit.recipient_id,
        created_at__lt=visit.created_at,
        outcome__exists=True,
    )
    return int(earlier.count()) + 1


def _facts(one: Gathered) -> tuple[tuple[str, str], ...]:
    outcome = one.visit.outcome
    pairs = (
        ("文书留置位置", outcome.left_at_place),
        ("见证人电话", outcome.witness.phone_mask if outcome.witness else None),
        ("签收人证件", outcome.signer.id_mask if outcome.signer else None),
    )
    return tuple((label, text) for label, text in pairs if text)


def _visit(one: Gathered) -> paper.Visit:
    visit, outcome = one.visit, one.visit.outcome
    times = [step.happened_at for step in visit.progress]
    return paper.Visit(
        number=visit.id[-8:].upper(),
        planned_from=visit.planned_arrive_at,
        planned_until=visit.planned_leave_at,
        started_at=min(times, default=None),
        ended_at=outcome.happened_at,
        servers=tuple(person.name for person in one.servers),
        signer_name=outcome.signer.name if outcome.signer else "",
        signer_relation=(outcome.signer.relation or "") if outcome.signer else "",
        refusal_reason=outcome.refusal_reason or "",
        witness_name=outcome.witness.name if outcome.witness else "",
        witness_organisation=_unit(outcome.witness),
        course_of_events=outcome.note or "",
        address_point=address_point(visit),
        events=tuple(event_of(step, visit) for step in sorted(visit.progress, key=lambda step: step.happened_at)),
        track=tuple(
            paper.Position(
                longitude=point["wgs84"][0],
                latitude=point["wgs84"][1],
                datum="WGS-84",
                accuracy_m=point["accuracy_m"],
                taken_at=point["at"],
            )
            for point in one.track
        ),
    )


def _photos(one: Gathered) -> tuple[paper.Photo, ...]:
    return tuple(
        paper.Photo(
            name=name,
            image=one.read(item),
            caption=EVIDENCE_KINDS.get(item.kind, item.kind),
            sha256=item.sha256,
            taken_at=item.captured_at,
            position=position_of(item.fix),
        )
        for item, name in zip(one.items, names_of(one), strict=True)
        if item.kind.startswith(_PHOTO_KINDS)
    )


def _signatures(one: Gathered) -> tuple[paper.NamedSignature, ...]:
    outcome = one.visit.outcome
    names = {
        "signature_recipient": ("签收人", outcome.signer.name if outcome.signer else one.visit.recipient_name),
        "signature_witness": ("见证人", outcome.witness.name if outcome.witness else ""),
        "signature_server": ("送达人", one.server.name if one.server else ""),
    }
    found = []
    for kind, (role, name) in names.items():
        image = one.image(kind)
        if image:
            day = outcome.happened_at.astimezone(COURT_ZONE).date()
            found.append(
                paper.NamedSignature(role=role, name=name, signature=paper.Signature(image=image, signed_on=day))
            )
    return tuple(found)
