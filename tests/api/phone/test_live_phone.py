"""The phone's own stream through the live service itself: answers come while the server is still at the door."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from server.accounts.models import Person
from server.core.ids import new_id
from server.dispatch.models import Visit
from server.live import create_live_app
from tests.api.conftest import Browser, Phone
from tests.api.phone.conftest import problem
from tests.factories import visits as make
from tests.factories.media import small_photo

Phones = Callable[[str], Phone]
WITHIN_S = 2.0


class Stream:
    """An open event stream, read in a thread of its own; `news` is (seconds since it was opened, message)."""

    def __init__(self, port: int, token: str, path: str = "/live/phone") -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.connect()
        self.socket = self.connection.sock  # the answer takes it over
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        self.answer = self.connection.getresponse()
        self.news: list[tuple[float, dict[str, Any]]] = []
        self.ended = threading.Event()
        if self.answer.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
            self.wait_for("live.hello")

    def _read(self) -> None:
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                self.news.append((time.monotonic(), json.loads(line[6:])))
        self.ended.set()

    def close(self) -> None:
        with suppress(OSError):  # ended by the other side
            self.socket.shutdown(socket.SHUT_RDWR)
        assert self.ended.wait(5)
        self.answer.close()
        self.connection.close()

    def named(self, name: str) -> list[tuple[float, dict[str, Any]]]:
        return [one for one in list(self.news) if one[1]["name"] == name]

    def wait_for(self, name: str, count: int = 1, within_s: float = 5.0) -> tuple[float, dict[str, Any]]:
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if len(found := self.named(name)) >= count:
                return found[count - 1]
            time.sleep(0.01)
        raise AssertionError(f"{name} did not come: {[one['name'] for _, one in self.news]}")


@pytest.fixture
def live_port(app: Flask) -> Iterator[int]:
    """The live service on a port, over the same database and Redis."""
    server = make_server("127.0.0.1", 0, create_live_app(app.extensions["settings"]), threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of ThreadingMixIn; streams end with the test
    server.block_on_close = False  # type: ignore[attr-defined]  # as above
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def listen(live_port: int, phone: Phones) -> Iterator[Callable[[str], Stream]]:
    opened: list[Stream] = []

    def listen(username: str) -> Stream:
        opened.append(Stream(live_port, phone(username).token))
        opened[-1].wait_for("live.hello")
        return opened[-1]

    yield listen
    for one in opened:
        one.close()


def ask(phone: Phone, visit: Visit) -> str:
    body = {"client_id": new_id(), "code": "nobody_home", "note": "", "items": []}
    answer = phone.post(f"/api/phone/visits/{visit.id}/look", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return str(answer.json["look_id"])


def test_the_answer_reaches_the_phone_within_two_seconds_and_no_other_phone(
    listen: Callable[[str], Stream], phone: Phones, visit: Visit, sign_in: Callable[[str], Browser]
) -> None:
    mine, others = listen("wc001"), listen("wc002")
    mine.wait_for("live.reload")  # the listener of this process is connected
    wc001, reviewer = phone("wc001"), sign_in("specialist")
    took = []
    for round_ in range(1, 4):
        look_id = ask(wc001, visit)
        asked = time.monotonic()
        path, body = f"/api/board/looks/{look_id}/answer", {"decision": "more", "reason": f"请补拍{round_}"}
        assert reviewer.post(path, json=body).status_code == 200
        at, news = mine.wait_for("look.answered", round_)
        took.append(at - asked)
        assert news["data"] == {"look_id": look_id, "visit_id": visit.id, "state": "more", "date": visit.date}
    assert max(took) < WITHIN_S, took
    others.wait_for("live.hello")
    assert [one["name"] for _, one in others.news if not one["name"].startswith("live.")] == []


def test_a_phone_hears_its_reviews_its_visits_and_its_ledger_and_nothing_of_the_board(
    listen: Callable[[str], Stream],
    phone: Phones,
    visit: Visit,
    people: dict[str, Person],
    sign_in: Callable[[str], Browser],
) -> None:
    mine, wc001 = listen("wc001"), phone("wc001")
    mine.wait_for("live.reload")
    form = make.form(small_photo(5), "photo_door")
    assert wc001.post(f"/api/phone/visits/{visit.id}/evidence", data=form).status_code == 201
    _, news = mine.wait_for("ledger.changed")
    assert (news["data"]["text"], news["data"]["complete"]) == ("1/1", True)
    Visit.objects(id=visit.id).update(
        set__state="ended",
        set__outcome={"code": "nobody_home", "happened_at": visit.created_at, "received_at": visit.created_at},
        set__review={"state": "pending", "round": 1},
    )
    reviewed = sign_in("specialist").post(
        f"/api/board/visits/{visit.id}/review", json={"decision": "send_back", "reason": "请补拍门牌"}
    )
    assert reviewed.status_code == 200, reviewed.get_data(as_text=True)
    _, news = mine.wait_for("visit.reviewed")
    assert news["data"] == {"visit_id": visit.id, "state": "ended", "decision": "send_back"}
    names = {one["name"] for _, one in mine.news}
    assert names <= {"live.hello", "live.reload", "ledger.changed", "visit.reviewed"}


def test_a_person_has_one_stream_and_a_browser_none(
    listen: Callable[[str], Stream], live_port: int, phone: Phones, sign_in: Callable[[str], Browser]
) -> None:
    first = listen("wc001")
    second = listen("wc001")
    first.wait_for("live.replaced")
    assert first.ended.wait(5)
    assert not second.ended.is_set()
    stranger = Stream(live_port, "forged")
    assert stranger.answer.status == 401
    stranger.answer.read()
    stranger.connection.close()
    assert problem(phone("wc002").get("/live/phone")) == (404, "request.no_such_address")  # another process's address
