"""A small court day played through the API as people do it: list in, approved, planned, walked, reviewed, printed.

What only a worker does (imports, plans, papers, sweeps) is called here in its place, in this process.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from evidence.samples import signature
from server.accounts.models import Person
from server.cases import services as cases
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.dispatch.services import runner
from server.reports import services as reports
from tests.factories import visits as make
from tests.factories.case_lists import csv_of, good_row
from tests.factories.media import small_photo

SERVERS = ("wc001", "wc002", "wc003")
COURT = make.COURT


def ok(answer: TestResponse) -> Any:
    """The document of an answer that must be 2xx."""
    assert 200 <= answer.status_code < 300, answer.get_data(as_text=True)
    content = answer.json if answer.is_json and answer.status_code != 204 else answer.get_data()
    answer.close()  # a file that was streamed is open until here
    return content


class PlayedDay:
    """Steps to call in their order; what they made stays in the attributes. `board` is a signed-in court_admin."""

    def __init__(self, app: Flask, people: dict[str, Person], board: Any, phone: Callable[[str], Any]) -> None:
        self.app = app
        self.people = people
        self.board = board
        self.phones = {name: phone(name) for name in SERVERS}
        self.day = court_day(utc_now()).isoformat()
        self.run_id = ""
        self.plan_id = ""
        self.batch_id = ""
        self.visits: list[dict[str, Any]] = []
        self.task_ids: list[str] = []

    def whole(self) -> PlayedDay:
        """Everything: a day with visits in every state, evidence, one accepted and one waiting outcome, papers."""
        self.import_list(7)
        self.approve()
        self.roster()
        self.select()
        self.plan()
        self.move()
        self.walk()
        self.review()
        self.papers()
        return self

    # the office

    def import_list(self, rows: int) -> None:
        due = (court_day(utc_now()) + timedelta(days=2)).isoformat()
        hearing = (court_day(utc_now()) + timedelta(days=20)).isoformat() + " 09:30"
        listed = [good_row(n, 要求完成日期=due, 开庭时间=hearing, 可上门时段="") for n in range(1, rows + 1)]
        listed.append(good_row(rows + 1, 手机号码="12"))
        form = {"kind": "cases", "file": (io.BytesIO(csv_of(listed)), "清单.csv")}
        self.run_id = ok(self.board.post("/api/board/imports", data=form))["id"]
        cases.run_import(run_id=self.run_id, now=utc_now(), store=self.app.extensions["evidence_store"])
        told = ok(self.board.get(f"/api/board/imports/{self.run_id}"))
        assert (told["state"], told["counts"]["created"]) == ("done", rows), told

    def import_again(self) -> None:
        """The same list with an edited row."""
        listed = [good_row(1, 备注="院门改在东侧"), good_row(2)]
        form = {"kind": "cases", "file": (io.BytesIO(csv_of(listed)), "清单.csv")}
        run_id = ok(self.board.post("/api/board/imports", data=form))["id"]
        cases.run_import(run_id=run_id, now=utc_now(), store=self.app.extensions["evidence_store"])

    def approve(self) -> None:
        tasks = ok(self.board.get("/api/board/tasks?state=pending_review"))["items"]
        self.task_ids = [one["id"] for one in tasks]
        first = self.task_ids[0]
        ok(self.board.post(f"/api/board/tasks/{first}/review", json={"decision": "approve", "version": 1}))
        some, rest = self.task_ids[1:3], {"all_pending": True}
        ok(self.board.post("/api/board/tasks/review-batch", json={"task_ids": some}))
        ok(self.board.post("/api/board/tasks/review-batch", json=rest))

    def roster(self, day: str | None = None) -> None:
        path = f"/api/board/days/{day or self.day}/roster"
        version = ok(self.board.get(path))["version"]
        entries = [self._entry(name) for name in SERVERS]
        ok(self.board.put(path, json={"entries": entries, "version": version}))

    def _entry(self, name: str) -> dict[str, Any]:
        return {
            "server_id": self.people[name].id,
            "shift": [0, 24 * 3600],
            "break": None,
            "mode": "ebike",
            "max_stops": 20,
            "skills": ["双人组"],
            "start": {"point": {"lng": 116.36, "lat": 39.93, "datum": "GCJ-02"}},
            "status": "on_duty",
        }

    def select(self) -> None:
        chosen = ok(self.board.post(f"/api/board/days/{self.day}/selection", json={}))
        assert chosen["created"] >= 6, chosen

    def plan(self) -> None:
        asked = {"seconds": 0.2, "seed": 1}
        self.plan_id = ok(self.board.post(f"/api/board/days/{self.day}/plans", json=asked))["id"]
        assert runner.run_plan(plan_id=self.plan_id, now=utc_now())
        ok(self.board.get(f"/api/board/plans/{self.plan_id}"))
        ok(self.board.post(f"/api/board/plans/{self.plan_id}/publish"))
        self.look()

    def look(self) -> None:
        """The day view again; `visits` by id."""
        view = ok(self.board.get(f"/api/board/days/{self.day}"))
        self.visits = sorted(view["visits"], key=lambda one: str(one["id"]))

    def move(self) -> None:
        """By hand: everything to wc001, a batch undone, one put back, one claimed by wc002."""
        wc001, wc002 = (self.people[name].id for name in SERVERS[:2])
        ids = [one["id"] for one in self.visits]
        ok(self.board.post(f"/api/board/visits/{ids[0]}/price", json={"server_id": wc001}))
        batch = ok(self.board.post("/api/board/visits/assign-batch", json={"visit_ids": ids[:2], "server_id": wc002}))
        self.batch_id = batch["batch_id"]
        ok(self.board.post(f"/api/board/move-batches/{self.batch_id}/undo"))
        for one in ids[:4]:
            ok(self.board.post(f"/api/board/visits/{one}/assign", json={"server_id": wc001, "position": 1}))
        ok(self.board.post(f"/api/board/visits/{ids[4]}/assign", json={"server_id": wc001}))
        ok(self.board.post(f"/api/board/visits/{ids[4]}/unassign", json={"reason": "试"}))
        claimer = self.phones["wc002"]
        assert ok(claimer.get("/api/phone/claimable"))["items"]
        ok(claimer.post(f"/api/phone/visits/{ids[4]}/claim", json={"client_id": new_id()}))
        ok(claimer.post(f"/api/phone/visits/{ids[4]}/release", json={"client_id": new_id(), "reason": "试"}))
        self.look()

    # the way

    def walk(self) -> None:
        """wc001: two doors done, a third under way."""
        mine = [one["id"] for one in self.visits[:4]]
        phone = self.phones["wc001"]
        assert len(ok(phone.get("/api/phone/route"))["stops"]) >= 4
        ok(phone.get(f"/api/phone/visits/{mine[0]}"))
        self.positions()
        for visit_id, code in ((mine[0], "signed_recipient"), (mine[1], "nobody_home")):
            for kind in ("accept", "depart", "arrive"):
                ok(phone.post(f"/api/phone/visits/{visit_id}/events", json=make.event(kind, fix=make.fix())))
            self.outcome(visit_id, code)
        ok(phone.post(f"/api/phone/visits/{mine[2]}/events", json=make.event("accept")))
        asked = {
            "visits": mine,
            "items": [{"client_id": "nothing-0001", "visit_id": mine[0]}, {"client_id": "none-0002"}],
        }
        ok(phone.post("/api/phone/sync", json=asked))

    def positions(self) -> None:
        fixes = [make.fix(lng=make.GCJ[0] + 0.001 * step, at=make.now_text(minutes=30 - step)) for step in range(8)]
        batch = {"client_id": new_id(), "date": self.day, "fixes": fixes}
        ok(self.phones["wc001"].post("/api/phone/positions", json=batch))

    def outcome(self, visit_id: str, code: str) -> None:
        """With everything this outcome rests on."""
        phone = self.phones["wc001"]
        rules = {one["code"]: one for one in ok(phone.get("/api/phone/outcomes"))["items"]}
        entry: dict[str, Any] = {
            "client_id": new_id(),
            "code": code,
            "happened_at": make.now_text(),
            "fix": make.fix(),
            "note": "无人应答，邻居称外出",
            "evidence": [],
        }
        if code.startswith("signed"):
            entry["signer"] = {"name": "张某1", "relation": "本人"}
        for need in rules[code]["needs"]:
            for _ in range(need["any_of"][0]["count"]):
                if need["any_of"][0]["what"].startswith(("photo", "signature")):
                    entry["evidence"].append(self.send(visit_id, need["any_of"][0]["what"], len(entry["evidence"])))
        ok(phone.post(f"/api/phone/visits/{visit_id}/outcome", json=entry))

    def send(self, visit_id: str, kind: str, seed: int) -> str:
        data = signature(seed) if kind.startswith("signature") else small_photo(seed)
        fields = make.form(data, kind)
        held = ok(self.phones["wc001"].post(f"/api/phone/visits/{visit_id}/evidence", data=fields))
        assert held["sha256"] == hashlib.sha256(data).hexdigest()
        return str(fields["client_id"])

    # the desk

    def review(self) -> None:
        first, second = (one["id"] for one in self.visits[:2])
        assert ok(self.board.get("/api/board/reviews"))["total"] == 2
        self.evidence_ids = [one["id"] for one in self.detail(first)["evidence"]]
        ok(self.board.get(f"/api/board/evidence/{self.evidence_ids[0]}/file?size=thumb"))
        ok(self.board.post(f"/api/board/visits/{first}/review", json={"decision": "accept"}))
        sent_back = {"decision": "send_back", "reason": "照片看不清门牌"}
        ok(self.board.post(f"/api/board/visits/{second}/review", json=sent_back))
        self.outcome(second, "nobody_home")

    def detail(self, visit_id: str) -> dict[str, Any]:
        found: dict[str, Any] = ok(self.board.get(f"/api/board/visits/{visit_id}"))
        return found

    def papers(self) -> None:
        first = self.visits[0]["id"]
        store = self.app.extensions["evidence_store"]
        basis = reports.review_basis(first, 1)
        reports.make_papers(court=COURT, visit_id=first, basis=basis, store=store, now=utc_now())
        ok(self.board.post(f"/api/board/visits/{first}/papers"))
        self.paper_ids = [one["id"] for one in self.detail(first)["papers"]]
        assert len(self.paper_ids) == 2
        ok(self.board.get(f"/api/board/papers/{self.paper_ids[0]}/file"))
        self.look()
