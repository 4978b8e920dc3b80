"""A court's own texts: drafted by one, approved by another, the last approved in force."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import utc_now
from server.core.errors import DomainError
from server.papers import wording
from server.reports import wordings
from server.reports.wording_models import PaperWording
from server.service.actor import Actor

COURT = "京0102"
CLERK, HEAD = Actor("clerk", "陈书记"), Actor("head", "周庭长")
OWN = {"closing": "以上情况属实，特此说明。"}

pytestmark = pytest.mark.usefixtures("database")


def draft(texts: dict[str, str] | None = None, *, kind: str = "statement", court: str = COURT) -> dict[str, Any]:
    given = OWN if texts is None else texts
    return wordings.draft_wording(court=court, kind=kind, texts=given, note="", actor=CLERK, now=utc_now())


def approve(one: dict[str, Any], actor: Actor = HEAD, minutes: float = 0) -> dict[str, Any]:
    now = utc_now() + timedelta(minutes=minutes)
    return wordings.approve_wording(court=one["court"], wording_id=one["_id"], actor=actor, now=now)


def in_force() -> wording.Wording:
    return wordings.in_force(court=COURT, kind="statement")


def code_of(caught: pytest.ExceptionInfo[DomainError]) -> str:
    return caught.value.code


def test_a_draft_prints_nothing_until_another_approves_it() -> None:
    one = draft()
    assert in_force() == wording.shipped("statement")
    with pytest.raises(DomainError) as caught:
        approve(one, CLERK)
    assert code_of(caught) == "wording.own_approval"
    approve(one)
    assert in_force().version == f"{COURT}-1"
    assert in_force().texts["closing"] == OWN["closing"]
    assert in_force().texts["opening"] == wording.shipped("statement").texts["opening"]


def test_the_last_approved_is_in_force_and_no_other_court_sees_it() -> None:
    first, second = draft(), draft({"closing": "特此说明如上。"})
    approve(second)
    approve(first, minutes=1)  # drafted earlier, approved later
    assert in_force().version == f"{COURT}-1"
    assert wordings.ids_in_force(court=COURT) == {first["_id"]}
    assert wordings.in_force(court="京0105", kind="statement") == wording.shipped("statement")
    with pytest.raises(DomainError) as caught:
        wordings.get_wording(court="京0105", wording_id=first["_id"])
    assert code_of(caught) == "wording.not_found"


def test_an_empty_wording_brings_the_shipped_texts_back() -> None:
    approve(draft())
    approve(draft({}), minutes=1)
    assert in_force().texts == wording.shipped("statement").texts
    assert in_force().version == f"{COURT}-2"


def test_a_text_no_paper_may_go_out_with_is_not_even_kept() -> None:
    with pytest.raises(DomainError) as caught:
        draft({"closing": "{不存在}"})
    assert code_of(caught) == "wording.unknown_placeholder"
    assert PaperWording.objects.count() == 0


def test_what_was_approved_or_dropped_stays_so() -> None:
    one = approve(draft())
    assert approve(one)["approved_at"] == one["approved_at"]  # the same click twice
    with pytest.raises(DomainError) as caught:
        wordings.drop_wording(court=COURT, wording_id=one["_id"], actor=CLERK, now=utc_now())
    assert code_of(caught) == "wording.not_draft"
    gone = draft()
    for _ in range(2):
        dropped = wordings.drop_wording(court=COURT, wording_id=gone["_id"], actor=CLERK, now=utc_now())
        assert dropped["state"] == "dropped"
    with pytest.raises(DomainError) as caught:
        approve(gone)
    assert code_of(caught) == "wording.not_draft"
    assert in_force().version == f"{COURT}-1"


def test_drafts_of_one_moment_get_numbers_of_their_own() -> None:
    with ThreadPoolExecutor(max_workers=6) as pool:
        made = list(pool.map(lambda _: draft(), range(6)))
    assert sorted(one["number"] for one in made) == [1, 2, 3, 4, 5, 6]


def test_an_approved_text_that_no_longer_fits_stops_the_press_by_name() -> None:
    one = approve(draft())
    PaperWording._get_collection().update_one({"_id": one["_id"]}, {"$set": {"texts": {"gone": "旧段落"}}})
    with pytest.raises(DomainError) as caught:
        in_force()
    assert code_of(caught) == "wording.unknown_block"


def test_a_preview_is_about_nobody_and_keeps_nothing() -> None:
    made = wordings.preview(kind="statement", court_name="示例人民法院", texts=OWN, now=utc_now())
    assert made.pdf.startswith(b"%PDF")
    assert made.wording_version == "草稿"
    assert PaperWording.objects.count() == 0
