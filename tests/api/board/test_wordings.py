"""A court adjusts its papers without code: defaults, preview, draft, refusal by the drafter, approval by another."""

from __future__ import annotations

from collections.abc import Callable

from server.accounts.models import Person, holding
from server.papers.kinds import KINDS
from server.reports import wordings
from tests.api.board.conftest import ok, problem
from tests.api.conftest import COURT, Browser

PATH = "/api/board/wordings"
OWN = {"closing": "以上情况属实，特此说明。"}


def test_texts_are_drafted_seen_and_put_in_force_by_another(
    people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    people["manager"].grants = holding("leader")
    people["manager"].save()
    admin, leader, specialist = sign_in("admin"), sign_in("manager"), sign_in("specialist")
    defaults = ok(leader.get(f"{PATH}/defaults"))
    assert [one["kind"] for one in defaults["items"]] == list(KINDS)
    announcement = ok(admin.get(f"{PATH}/defaults?kind=announcement"))["items"][0]
    complaint = next(one for one in announcement["blocks"] if one["name"] == "complaint")
    assert {"公告原因", "公告期"} <= set(complaint["required_placeholders"])
    assert "视为送达" in complaint["must_say"]

    shown = admin.post(f"{PATH}/preview", json={"kind": "statement", "texts": OWN})
    assert (shown.status_code, shown.mimetype, shown.data[:5]) == (200, "application/pdf", b"%PDF-")
    bad = admin.post(PATH, json={"kind": "announcement", "texts": {"complaint": "视为送达，逾期。"}})
    assert problem(bad) == (422, "wording.missing_placeholder")
    assert {one["what"] for one in bad.json["problems"]} >= {"公告原因", "公告期"}
    assert specialist.post(PATH, json={"kind": "statement", "texts": OWN}).status_code == 403

    draft = ok(admin.post(PATH, json={"kind": "statement", "texts": OWN, "note": "本院用语"}), 201)
    assert (draft["state"], draft["in_force"], draft["version"]) == ("draft", False, f"{COURT}-1")
    assert problem(admin.post(f"{PATH}/{draft['id']}/approve")) == (409, "wording.own_approval")
    done = ok(leader.post(f"{PATH}/{draft['id']}/approve"))
    assert (done["state"], done["in_force"], done["approved_by_name"]) == ("approved", True, "manager")
    assert wordings.in_force(court=COURT, kind="statement").texts["closing"] == OWN["closing"]

    other = ok(admin.post(PATH, json={"kind": "statement", "texts": {}}), 201)
    assert ok(admin.post(f"{PATH}/{other['id']}/drop"))["state"] == "dropped"
    assert problem(leader.post(f"{PATH}/{other['id']}/approve")) == (409, "wording.not_draft")
    listed = ok(leader.get(f"{PATH}?kind=statement"))["items"]
    assert [(one["version"], one["in_force"]) for one in listed] == [(f"{COURT}-2", False), (f"{COURT}-1", True)]
    assert ok(leader.get(f"{PATH}?kind=proof"))["total"] == 0
