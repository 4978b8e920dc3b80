"""A judge and a clerk decide on their own phone: what waits, why, on what evidence; and a mistake can be corrected."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from server.accounts.models import Person
from server.core.audit.models import ChainEntry
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.field.models import EvidenceItem
from server.service.models import DocumentCopies, Effect, Exhibit, ServiceTask, Todo
from server.service.services import todos
from tests.api.conftest import Browser
from tests.factories.service import task as make_task
from tests.factories.visits import visit as make_visit
from tests.integration.service.effect_steps import close, left, opened, row_of


@pytest.fixture
def mine(people: dict[str, Person]) -> ServiceTask:
    """A summons left at a door, which court staff must confirm."""
    task = make_task(documents=[DocumentCopies(name="传票")], judge_id=people["judge"].id, clerk_id=people["clerk"].id)
    close(opened(task), "refused_video", left())
    todos.follow(court=task.court, task_id=task.id, now=utc_now())
    return task


def page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def decide(browser: Browser, effect: Effect, **form: str) -> tuple[int, str]:
    fresh = Effect.objects.get(id=effect.id)
    data = {"csrf": browser.csrf, "version": str(fresh.version), **form}
    answer = browser.client.post(f"/judge/effects/{effect.id}/decide", data=data)
    return answer.status_code, answer.get_data(as_text=True)


def test_what_waits_is_counted_listed_explained_and_confirmed(
    mine: ServiceTask, people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    clerk, effect = sign_in("clerk"), row_of(mine)
    assert re.search(r"待我确认\s*<strong>1</strong>", page(clerk, "/judge/"))
    waiting = page(clerk, "/judge/confirm")
    assert mine.case_number in waiting
    assert "《传票》拟认定" in waiting
    shown = page(clerk, f"/judge/tasks/{mine.id}")
    for words in ("待确认：视为送达", "民事诉讼法第八十九条", "推算过程", "穷尽送达台账", "不予认定"):
        assert words in shown
    assert "另行认定" not in shown  # the judge's alone
    assert "style=" not in shown
    assert "<script" not in shown
    assert decide(clerk, effect, what="reject")[0] == 422  # no reason
    status, _ = decide(clerk, effect, what="confirm")
    assert status == 303
    assert ServiceTask.objects.get(id=mine.id).recipients[0].state == "served"
    assert ChainEntry.objects(action="effect.decide", object_id=effect.id, result="done").count() == 1
    todos.follow(court=mine.court, task_id=mine.id, now=utc_now())
    assert "待我确认" not in page(clerk, "/judge/")
    assert "没有待您确认的事项" in page(clerk, "/judge/confirm")


def test_several_documents_of_one_recipient_are_confirmed_together_and_no_others(
    people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    names = ("传票", "民事裁定书")
    theirs = {"judge_id": people["judge"].id, "clerk_id": people["clerk"].id}
    task = make_task(documents=[DocumentCopies(name=name) for name in names], **theirs)
    other = make_task(documents=[DocumentCopies(name="传票")], **theirs)
    for one in (task, other):
        close(opened(one), "refused_video", left())
    clerk, path = sign_in("clerk"), f"/judge/tasks/{task.id}/recipients/{task.recipients[0].id}/confirm"
    listed = re.findall(r'name="effect" value="([^"]+)"', page(clerk, f"/judge/tasks/{task.id}"))
    assert len(listed) == 2
    foreign = row_of(other)
    stolen = clerk.client.post(path, data={"csrf": clerk.csrf, "effect": f"{foreign.id}:{foreign.version}"})
    assert stolen.status_code == 404
    assert clerk.client.post(path, data={"csrf": clerk.csrf, "effect": listed}).status_code == 303
    assert {row_of(task, name).status for name in names} == {"confirmed"}
    assert ServiceTask.objects.get(id=task.id).state == "completed"
    assert row_of(other).status == "proposed"


def test_the_judge_corrects_a_mistake_with_a_reason_and_both_decisions_stay(
    mine: ServiceTask, sign_in: Callable[[str], Browser]
) -> None:
    judge, clerk, effect = sign_in("judge"), sign_in("clerk"), row_of(mine)
    assert decide(clerk, effect, what="confirm")[0] == 303
    assert decide(clerk, effect, what="reject", reason="看错了")[0] == 403  # what was confirmed only the judge undoes
    status, refused = decide(judge, effect, what="set", state="deemed", served_on="", reason="以留置次日为准")
    assert status == 422
    assert "应写明送达日期" in refused
    day = (court_day(utc_now()) - timedelta(days=1)).isoformat()
    assert decide(judge, effect, what="set", state="deemed", served_on=day, reason="回证上的日期有误")[0] == 303
    shown = page(judge, f"/judge/tasks/{mine.id}")
    assert "已作决定 2" in shown
    assert f"另行认定，视为送达 {day}" in shown
    assert "回证上的日期有误" in shown
    assert decide(judge, effect, what="reject", reason="录像不清")[0] == 303
    assert ServiceTask.objects.get(id=mine.id).recipients[0].state == "failed"
    assert Todo.objects(task_id=mine.id, kind="switch", state="open").count() == 1  # another way is called for


def test_a_decision_needs_the_page_the_case_and_the_version_that_was_seen(
    mine: ServiceTask, app: Flask, sign_in: Callable[[str], Browser]
) -> None:
    judge, effect = sign_in("judge"), row_of(mine)
    bare = judge.client.post(f"/judge/effects/{effect.id}/decide", data={"what": "confirm"})
    assert bare.status_code == 403
    assert decide(judge, effect, what="confirm", version="99")[0] == 409
    stranger = sign_in("other-judge")
    assert decide(stranger, effect, what="confirm")[0] == 404
    assert stranger.get(f"/judge/tasks/{mine.id}").status_code == 404
    assert "没有待您确认的事项" in page(stranger, "/judge/confirm")
    assert Effect.objects.get(id=effect.id).status == "proposed"


def test_announcement_is_refused_while_the_ledger_is_open_and_is_no_clerks_matter(
    mine: ServiceTask, sign_in: Callable[[str], Browser]
) -> None:
    path = f"/judge/tasks/{mine.id}/recipients/{mine.recipients[0].id}/notice"
    judge, clerk = sign_in("judge"), sign_in("clerk")
    answer = judge.client.post(path, data={"csrf": judge.csrf, "reason": "找不到人"})
    assert answer.status_code == 409
    assert "穷尽送达台账尚有" in answer.get_data(as_text=True)
    assert clerk.client.post(path, data={"csrf": clerk.csrf, "reason": "找不到人"}).status_code == 403
    assert not ServiceTask.objects.get(id=mine.id).recipients[0].notice_approval


def test_materials_open_in_place_for_ones_own_case_and_the_look_is_recorded(
    mine: ServiceTask, app: Flask, people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    stored = app.extensions["evidence_store"].put(io.BytesIO(b"RIFF a recording"), max_bytes=100)
    attempt_id = row_of(mine).attempt_id
    held = Exhibit(
        court=mine.court, task_id=mine.id, attempt_id=attempt_id, kind="recording", media_type="audio/mpeg",
        size=stored.size, sha256=stored.sha256, store_key=stored.key, received_at=utc_now(), by="p", by_name="专员",
    ).save(force_insert=True)  # fmt: skip
    judge = sign_in("judge")
    assert f"/judge/exhibits/{held.id}" in page(judge, f"/judge/tasks/{mine.id}")
    with judge.get(f"/judge/exhibits/{held.id}") as answer:
        assert (answer.status_code, answer.mimetype, answer.data) == (200, "audio/mpeg", b"RIFF a recording")
        assert answer.headers["Content-Disposition"].startswith("inline")
    assert ChainEntry.objects(action="exhibit.view", object_id=held.id).get().person_id == people["judge"].id
    assert sign_in("other-judge").get(f"/judge/exhibits/{held.id}").status_code == 404


def test_door_evidence_opens_through_its_own_task_only(
    mine: ServiceTask, app: Flask, people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    visit = make_visit(server=people["wc001"])
    ServiceTask.objects(id=visit.task_id).update(set__judge_id=people["judge"].id)
    stored = app.extensions["evidence_store"].put(io.BytesIO(b"a photo"), max_bytes=100)
    now = utc_now()
    item = EvidenceItem(
        court=mine.court, visit_id=visit.id, task_id=visit.task_id, client_id=new_id(), server_id=people["wc001"].id,
        digest="0" * 64, kind="photo_door", sha256=stored.sha256, size=stored.size, media_type="image/jpeg",
        store_key=stored.key, captured_at=now, received_at=now,
    ).save(force_insert=True)  # fmt: skip
    judge = sign_in("judge")
    with judge.get(f"/judge/tasks/{visit.task_id}/evidence/{item.id}") as answer:
        assert (answer.status_code, answer.data) == (200, b"a photo")
    assert judge.get(f"/judge/tasks/{mine.id}/evidence/{item.id}").status_code == 404
