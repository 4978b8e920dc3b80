"""What the check on the spot says is what entering the outcome says: for every outcome, with and without its items."""

from __future__ import annotations

from typing import Any

import pytest

from server.accounts.models import Person
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody.services import checking
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.field.services.outcome import Entry, Signer, Witness, record_outcome
from server.law.outcomes import EVIDENCE_KINDS, OUTCOMES
from server.service.actor import Actor
from tests.factories import visits as make


def held(visit: Visit, server: Person, kind: str, **fields: Any) -> str:
    one = EvidenceItem(
        court=make.COURT, visit_id=visit.id, task_id=visit.task_id, client_id=new_id(), server_id=server.id,
        digest="d", kind=kind, sha256="0" * 64, size=5, media_type="image/jpeg", store_key="k",
        captured_at=utc_now(), received_at=utc_now(), **fields,
    ).save(force_insert=True)  # fmt: skip
    return str(one.client_id)


def entry(code: str, items: list[str], *, typed: bool) -> Entry:
    fields: dict[str, Any] = {}
    if typed:
        fields = {
            "signer": Signer("当事人甲", "同住配偶"),
            "witness": Witness("见证人乙", "某居委会"),
            "refusal_reason": "拒绝签收",
            "left_at_place": "住所门内",
            "note": "敲门无人应答",
        }
    return Entry(client_id=new_id(), code=code, happened_at=utc_now(), evidence=tuple(items), **fields)


@pytest.mark.parametrize("code", list(OUTCOMES))
def test_the_check_says_what_entering_the_outcome_would_say(code: str, visit: Visit, server: Person) -> None:
    actor = Actor(server.id, server.name)
    good = [held(visit, server, kind) for kind in EVIDENCE_KINDS for _ in range(2)]
    broken = [held(visit, server, kind, analysis={"state": "broken"}) for kind in EVIDENCE_KINDS]
    late = [held(visit, server, kind, late={"why": "visit_lost", "state": "left"}) for kind in EVIDENCE_KINDS]
    for items, typed in (([], False), ([], True), (broken + late, True), (["not-here-yet", *good], True), (good, True)):
        asked = entry(code, items, typed=typed)
        said = checking.check(court=make.COURT, visit_id=visit.id, actor=actor, entry=asked)
        refused = refusal_of(visit, actor, asked)
        assert said.ready is (refused is None), (code, said)
        if refused is None:
            Visit.objects(id=visit.id).update(set__review={"state": "sent_back", "round": 1, "reason": "x"})
            kept = Visit.objects.get(id=visit.id).outcome.evidence
            assert set(kept) <= {one.id for one in EvidenceItem.objects(client_id__in=good)}
        elif said.bar is None:
            # Items taken in the same millisecond have no order of their own.
            told, missed = _without_names(said.missing_held), _without_names(refused.extra["missing"])
            assert sorted(told, key=str) == sorted(missed, key=str)
        else:
            assert refused.code == said.bar["code"]


def refusal_of(visit: Visit, actor: Actor, asked: Entry) -> DomainError | None:
    """Enters the outcome; None when it was accepted."""
    try:
        record_outcome(court=make.COURT, visit_id=visit.id, actor=actor, entry=asked, now=utc_now())
    except DomainError as error:
        return error
    return None


def _without_names(missing: list[dict[str, Any]]) -> list[tuple[str | None, str | None]]:
    """The check knows more about an item that is not here than the outcome does: only which one it is must agree."""
    return [(one.get("client_id"), None if one.get("client_id") else one["code"]) for one in missing]
