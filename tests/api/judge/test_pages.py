"""A judge sees the tasks of their own cases, without typing a number, and nobody else's."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.accounts.models import Person
from server.core.audit.models import ChainEntry
from server.core.clock import utc_now
from server.core.ids import new_id
from server.reports.models import Paper
from server.service.models import ServiceTask
from tests.api.conftest import PASSWORD, Browser
from tests.factories.service import task as make_task
from tests.factories.visits import visit as make_visit

OTHERS_NUMBER = "（2026）京0102民初20001号"


@pytest.fixture
def mine(people: dict[str, Person]) -> ServiceTask:
    judge = people["judge"]
    make_task(case_number=OTHERS_NUMBER, judge_id=new_id())
    return make_task(judge_id=judge.id, judge_name=judge.name, clerk_id=people["clerk"].id)


def paper_of(app: Flask, task: ServiceTask, content: bytes = b"%PDF-1.7 proof") -> Paper:
    stored = app.extensions["evidence_store"].put(io.BytesIO(content), max_bytes=1000)
    saved: Paper = Paper(
        court=task.court,
        task_id=task.id,
        visit_id=new_id(),
        subject=new_id(),
        kind="proof",
        number="HZ20261124-00000001",
        version=1,
        basis="test",
        store_key=stored.key,
        sha256=stored.sha256,
        size=stored.size,
        pages=1,
        made_at=utc_now(),
        made_by="系统",
    ).save(force_insert=True)
    return saved


def test_the_first_screen_lists_my_cases_with_state_node_duration_and_done(
    mine: ServiceTask, sign_in: Callable[[str], Browser]
) -> None:
    page = sign_in("judge").get("/judge/").get_data(as_text=True)
    assert mine.case_number in page
    assert OTHERS_NUMBER not in page
    for words in ("送达中", "当前节点", "已用时", "是否完成"):
        assert words in page


def test_the_clerk_of_the_case_sees_it_too(mine: ServiceTask, sign_in: Callable[[str], Browser]) -> None:
    assert mine.case_number in sign_in("clerk").get("/judge/").get_data(as_text=True)


def test_the_node_follows_the_server_on_the_way(
    mine: ServiceTask, people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    visit = make_visit(server=people["wc001"], state="departed")
    ServiceTask.objects(id=visit.task_id).update(set__judge_id=people["judge"].id)
    assert "送达员正在前往" in sign_in("judge").get("/judge/").get_data(as_text=True)


def test_another_judges_task_is_not_there(mine: ServiceTask, sign_in: Callable[[str], Browser]) -> None:
    other = ServiceTask.objects(case_number=OTHERS_NUMBER).get()
    answer = sign_in("judge").get(f"/judge/tasks/{other.id}")
    assert answer.status_code == 404
    assert "没有这个送达任务" in answer.get_data(as_text=True)


def test_the_proof_opens_and_who_opened_it_is_recorded(
    app: Flask, mine: ServiceTask, people: dict[str, Person], sign_in: Callable[[str], Browser]
) -> None:
    paper = paper_of(app, mine)
    browser = sign_in("judge")
    assert "送达回证（第 1 版，1 页）" in browser.get(f"/judge/tasks/{mine.id}").get_data(as_text=True)
    answer = browser.get(f"/judge/papers/{paper.id}")
    with answer:
        content = answer.data
    assert (answer.status_code, answer.mimetype, content) == (200, "application/pdf", b"%PDF-1.7 proof")
    entry = ChainEntry.objects(action="paper.download").get()
    assert (entry.person_id, entry.object_id) == (people["judge"].id, paper.id)


def test_a_proof_of_anothers_case_does_not_open(
    app: Flask, mine: ServiceTask, sign_in: Callable[[str], Browser]
) -> None:
    other = ServiceTask.objects(case_number=OTHERS_NUMBER).get()
    assert sign_in("judge").get(f"/judge/papers/{paper_of(app, other).id}").status_code == 404


def test_the_timeline_escapes_what_people_wrote(mine: ServiceTask, sign_in: Callable[[str], Browser]) -> None:
    ServiceTask.objects(id=mine.id).update(set__cause="<script>alert(1)</script>")
    page = sign_in("judge").get(f"/judge/tasks/{mine.id}").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_who_is_not_signed_in_is_led_to_the_sign_in_page(app: Flask, people: dict[str, Person]) -> None:
    client = app.test_client()
    answer = client.get("/judge/")
    assert (answer.status_code, answer.location) == (302, "/judge/sign-in")
    wrong = client.post("/judge/sign-in", data={"username": "judge", "password": "nope"})
    assert wrong.status_code == 401
    assert "用户名或密码不正确" in wrong.get_data(as_text=True)
    right = client.post("/judge/sign-in", data={"username": "judge", "password": PASSWORD})
    assert (right.status_code, right.location) == (302, "/judge/")
    assert client.get("/judge/").status_code == 200


def test_signing_out_needs_the_page_and_ends_the_session(sign_in: Callable[[str], Browser]) -> None:
    browser = sign_in("judge")
    assert browser.client.post("/judge/sign-out").status_code == 403
    assert browser.client.post("/judge/sign-out", data={"csrf": browser.csrf}).status_code == 302
    assert browser.get("/judge/").status_code == 302


def test_a_manager_is_told_that_this_page_is_not_theirs(people: Any, sign_in: Callable[[str], Browser]) -> None:
    answer = sign_in("manager").get("/judge/")
    assert answer.status_code == 403
    assert "没有此项权限" in answer.get_data(as_text=True)
