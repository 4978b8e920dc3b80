"""Records of what happened at a door: 留置送达笔录 and 外出送达工作记录 (CPL art. 89, INT art. 131, SIMP art. 11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from server.core.errors import Conflict
from server.papers import data as paper
from server.papers import forms
from server.reports import gather as door
from server.reports.doorstep import event_of
from server.reports.forms.common import Head, attempt_of, documents_of
from server.reports.forms.material import Material
from server.service.models import Attempt

Typed = Mapping[str, Any]
_LEFT = {
    "refused_witness": paper.Manner.LEFT_WITH_WITNESS,
    "refused_video": paper.Manner.LEFT_WITH_RECORDING,
    "refused_unwitnessed": paper.Manner.LEFT_WITH_WITNESS,
    "refused_elsewhere": paper.Manner.REFUSED_BEFORE_COURT,
    "refused_at_court": paper.Manner.REFUSED_BEFORE_COURT,
}
_PERSON = re.compile(r"^(?P<name>[^（(]+)[（(](?P<relation>[^）)]*)[）)]\s*$")


def leaving_record(one: Material, typed: Typed, head: Head) -> forms.LeavingRecord:
    """留置送达笔录 of a refusal. Raises `papers.not_a_refusal`, `papers.no_attempt`."""
    attempt = attempt_of(one, typed, channels=("direct", "pickup", "entrusted"), what="留置送达笔录")
    if attempt.outcome not in _LEFT:
        raise Conflict(code="papers.not_a_refusal", title="这次送达不是拒收留置，不能制作留置送达笔录")
    return forms.LeavingRecord(**head.of(one), **_scene(one, attempt, typed), manner=_LEFT[attempt.outcome])


def work_record(one: Material, typed: Typed, head: Head) -> forms.WorkRecord:
    """外出送达工作记录 of one way to one door. Raises `papers.no_attempt`."""
    attempt = attempt_of(one, typed, channels=("direct",), what="外出送达工作记录")
    visit = one.visits.get(attempt.id)
    events: tuple[paper.VisitEvent, ...] = ()
    if visit:
        steps = sorted(visit.progress, key=lambda step: step.happened_at)
        events = tuple(event_of(step, visit) for step in steps)
    return forms.WorkRecord(
        **head.of(one),
        **_scene(one, attempt, typed),
        visit_number=visit.id[-8:].upper() if visit else "",
        address=one.address,
        events=events,
        result=one.result_label(attempt),
    )


def _scene(one: Material, attempt: Attempt, typed: Typed) -> dict[str, Any]:
    """What both records share: from the visit when it was one, else from what was entered by hand."""
    shared: dict[str, Any] = {
        "recipient_name": one.recipient.name,
        "documents": documents_of(one),
        "started_at": attempt.opened_at,
        "ended_at": attempt.happened_at,
        "place": one.address,
        "present": tuple(_present(line) for line in typed.get("present") or ()),
        "witness": _witness(typed),
        "witness_declined": typed.get("witness_declined") or "",
        "court_staff": tuple(paper.Staff(name=name.strip()) for name in typed.get("court_staff") or ()),
    }
    visit = one.visits.get(attempt.id)
    found = door.gather(court=one.court.id, visit_id=visit.id, store=one.store) if visit else None
    if found is None or found.visit.outcome is None:
        return shared | _by_hand(attempt, typed)
    outcome = found.visit.outcome
    times = [step.happened_at for step in found.visit.progress if step.kind == "arrive"]
    return shared | {
        "started_at": min(times, default=outcome.happened_at),
        "ended_at": outcome.happened_at,
        "servers": tuple(_officer(person.name, found, person is found.server) for person in found.servers),
        "course_of_events": typed.get("course") or outcome.note or "",
        "refused_by": outcome.signer.name if outcome.signer else "",
        "refusal_reason": outcome.refusal_reason or "",
        "witness": door.witness_of(found) or shared["witness"],
        "left_at": outcome.left_at_place or "",
        "recordings": door.recordings_of(found),
    }


def _witness(typed: Typed) -> paper.Witness | None:
    """The witness as typed; the signature is left for the pen."""
    if not typed.get("witness_name"):
        return None
    return paper.Witness(name=typed["witness_name"], organisation=typed.get("witness_organisation") or "")


def _by_hand(attempt: Attempt, typed: Typed) -> dict[str, Any]:
    record = attempt.record or {}
    fields = record.get("fields") or {}
    return {
        "servers": (forms.Officer(name=attempt.closed_by_name),) if attempt.closed_by_name else (),
        "course_of_events": typed.get("course") or fields.get("note") or "",
        "refused_by": (record.get("refuser") or {}).get("name") or "",
        "refusal_reason": fields.get("refusal_reason") or "",
        "left_at": fields.get("left_at_place") or "",
    }


def _officer(name: str, found: door.Gathered, first: bool) -> forms.Officer:
    image = found.image("signature_server") if first else None
    signature = paper.Signature(image=image) if image else None
    return forms.Officer(name=name, organisation=found.court.name, signature=signature)


def _present(line: str) -> forms.Present:
    """`李某乙（配偶）` is a name and a relation; anything else is a name."""
    found = _PERSON.match(line.strip())
    if found is None:
        return forms.Present(name=line.strip())
    return forms.Present(name=found["name"].strip(), relation=found["relation"].strip())
