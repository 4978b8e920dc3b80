"""What earlier attempts make true of a recipient."""

from __future__ import annotations

import dataclasses
from typing import Any

from server.law.attempts import Attempt
from server.law.channels import ALLOWED, BARRED, CONFIRM, judge
from server.law.history import with_history
from server.law.signers import Signer
from server.law.situation import Situation


def after(*attempts: Attempt, **facts: Any) -> Situation:
    return with_history(Situation(**facts), attempts, document_class="complaint")


def direct(result: str, relation: str | None = None) -> Attempt:
    return Attempt("a", "direct", result, refuser=Signer(relation) if relation else None)


def test_r1_13_absence_makes_direct_service_difficult_and_no_refusal() -> None:
    found = after(direct("nobody_home"), address_basis="原告提供")
    assert (found.direct_failed, found.refused) == (True, False)
    assert judge("postal", "complaint", found).verdict == ALLOWED
    assert judge("leaving", "complaint", found).verdict == BARRED


def test_only_a_refusal_by_somebody_who_could_sign_opens_leaving() -> None:
    assert after(direct("refused_returned", "cohabiting_adult")).refused
    assert not after(direct("refused_returned", "neighbour")).refused
    assert not after(direct("refused_returned")).refused


def test_r1_12_an_agents_refusal_is_kept_apart() -> None:
    found = after(direct("refused_returned", "agent"), agent=True)
    assert (found.refused, found.refused_by_agent) == (False, True)


def test_telephone_opens_when_door_and_mail_have_failed_and_the_phone_answers() -> None:
    mail = Attempt("m", "postal", "mail_returned")
    call = Attempt("p", "telephone", "call_told")
    assert judge("telephone", "complaint", after(direct("moved"), mail)).verdict == BARRED
    assert judge("telephone", "complaint", after(direct("moved"), mail, call)).verdict == CONFIRM


def test_history_never_takes_a_fact_away() -> None:
    facts = Situation(direct_failed=True, mail_failed=True, refused=True, reachable_by_phone=True)
    assert with_history(facts, (), document_class="complaint") == facts
    assert dataclasses.replace(after(), direct_failed=True) == after(direct("nobody_home"))
