"""One server's phone: signs in with WeChat, sends what happened over a bad network, remembers what it sent."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from server.core.ids import new_id
from server.drill.camera import Camera, Captured
from server.drill.ledger import Ledger, Sent
from server.drill.line import Line, Refused, segment
from server.drill.uploads import Uploads

_PHONE = "/api/phone"
# Of a hundred requests this many are done by the server without the phone ever hearing of it.
LOST_ANSWERS = 0.08
SENT_TWICE = 0.04
_SIGN_IN_TRIES = 6
_NO_LONGER_MINE = ("visit.not_yours", "visit.withdrawn")


class Gone(Exception):
    """The visit is no longer this server's; the message says what happened."""


class Phone:
    """Not shared between threads."""

    def __init__(
        self,
        base_url: str,
        wechat_url: str,
        ledger: Ledger,
        *,
        staff_no: str,
        rng: random.Random,
        drop: float = 0.0,
    ) -> None:
        """`drop`: share of this phone's requests whose connection breaks."""
        self.line = Line(base_url, ledger, drop=drop, seed=rng.random())
        self.wechat = Line(wechat_url, ledger)
        self.ledger = ledger
        self.staff_no = staff_no
        self.rng = rng
        self.camera = Camera(self.line, ledger)
        self.uploads = Uploads(self.line, ledger, rng)

    # ---- who I am

    def sign_in(self, *, court: str, bind_code: Callable[[], str]) -> None:
        """By WeChat alone when bound before, else with a one-time code; a lost answer is found out by trying again."""
        for _ in range(_SIGN_IN_TRIES):
            answer = self._try_session() or self._try_binding(court, bind_code)
            if answer is not None:
                self.line.http.headers["Authorization"] = f"Bearer {answer['token']}"
                return
        raise Refused(403, {"code": "phone.not_bound", "title": "多次绑定未成功"}, f"{self.staff_no} 绑定")

    def _login_code(self) -> str:
        return str(self.wechat.post("/emulator/login", {"user": f"drill-{self.staff_no}"})["code"])

    def _try_session(self) -> dict[str, Any] | None:
        try:
            return dict(self.line.post(f"{_PHONE}/session", {"code": self._login_code(), "device": "演练手机"}))
        except Refused as error:
            if error.code in ("phone.not_bound", "wechat.bad_code"):
                return None
            raise

    def _try_binding(self, court: str, bind_code: Callable[[], str]) -> dict[str, Any] | None:
        body = {"code": self._login_code(), "court": court, "bind_code": bind_code(), "device": "演练手机"}
        try:
            return dict(self.line.post(f"{_PHONE}/bindings", body))
        except Refused as error:
            if error.code in ("phone.bad_bind_code", "wechat.bad_code"):
                return None
            raise

    # ---- what I read

    def route(self, day: str) -> dict[str, Any]:
        return dict(self.line.get(f"{_PHONE}/route", date=day))

    def outcomes(self) -> list[dict[str, Any]]:
        return list(self.line.get(f"{_PHONE}/outcomes")["items"])

    def sync(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return list(self.line.post(f"{_PHONE}/sync", {"items": items})["items"])

    # ---- what I send

    def step(self, visit_id: str, kind: str, happened_at: str, fix: dict[str, Any] | None) -> None:
        client_id = new_id()
        body = {"client_id": client_id, "kind": kind, "happened_at": happened_at, "fix": fix}
        self._send(visit_id, "events", body)
        self.ledger.keep(Sent(self.staff_no, client_id, visit_id))

    def outcome(self, visit_id: str, body: dict[str, Any]) -> None:
        """Raises Refused `outcome.evidence_missing` when something is still wanted."""
        client_id = new_id()
        self._send(visit_id, "outcome", {"client_id": client_id, **body})
        self.ledger.keep(Sent(self.staff_no, client_id, visit_id))
        self.ledger.count("outcomes")

    def positions(self, day: str, fixes: list[dict[str, Any]]) -> None:
        client_id = new_id()
        body = {"client_id": client_id, "date": day, "fixes": fixes}
        answer = self._over_bad_network(lambda: self.line.post(f"{_PHONE}/positions", body), "定位")
        if answer["accepted"] + len(answer["rejected"]) != len(fixes):
            self.ledger.error(f"{self.staff_no} 定位批次 {len(fixes)} 点，答复 {answer}")
        self.ledger.count("positions_sent", len(fixes))
        self.ledger.count("positions_rejected", len(answer["rejected"]))
        self.ledger.keep(Sent(self.staff_no, client_id, None))

    def hand_in(self, day: str, items: list[Captured]) -> None:
        """Says what there is, then sends every byte. Raises Gone when the visit is no longer this server's."""
        if not items:
            return
        for one, answer in zip(items, self._announce(day, items), strict=True):
            if answer["problem"]:
                raise _as_problem(answer["problem"])
            if answer["state"] != "held":
                self.uploads.send(one.data, {"visit_id": one.visit_id, "client_id": one.client_id})
            self.ledger.count("evidence_sent")
            self.ledger.count("bytes_sent", len(one.data))
            self.ledger.keep(Sent(self.staff_no, one.client_id, one.visit_id, one.sha256))

    def _announce(self, day: str, items: list[Captured]) -> list[dict[str, Any]]:
        """One answer each. Now and then the same is said twice: nothing may be entered twice."""
        body = {"date": day, "items": [one.announced() for one in items]}
        answers = list(self.line.post(f"{_PHONE}/items", body)["items"])
        entered = [one for one in answers if not one["problem"]]
        self.ledger.count("announced", len(entered))
        if entered and self.rng.random() < LOST_ANSWERS + SENT_TWICE:
            again = [one for one in self.line.post(f"{_PHONE}/items", body)["items"] if not one["problem"]]
            if len(again) == len(entered) and all(one["repeated"] for one in again):
                self.ledger.count("duplicates_absorbed", len(again))
            else:
                self.ledger.error(f"{self.staff_no} 重复登记的材料被当作新的")
        return answers

    def shift_ledger(self, day: str) -> dict[str, Any]:
        """What the court knows of this person's day: {date, counts, items}."""
        return dict(self.line.get(f"{_PHONE}/ledger", date=day))

    def _send(self, visit_id: str, what: str, body: dict[str, Any]) -> Any:
        path = f"{_PHONE}/visits/{segment(visit_id)}/{what}"
        return self._guarded(lambda: self._over_bad_network(lambda: self.line.post(path, body), what))

    def _guarded(self, send: Callable[[], Any]) -> Any:
        try:
            return send()
        except Refused as error:
            if error.code in _NO_LONGER_MINE:
                raise Gone(str(error.problem.get("title"))) from error
            raise

    def _over_bad_network(self, send: Callable[[], Any], what: str) -> Any:
        """Sends; now and then the answer is lost, or a finger taps twice: then the same goes out again."""
        answer = send()
        if answer.get("repeated"):  # the line itself had to repeat: the first try had arrived
            self.ledger.count("duplicates_absorbed")
        dice = self.rng.random()
        if dice < LOST_ANSWERS + SENT_TWICE:
            self.ledger.count("answers_lost" if dice < LOST_ANSWERS else "sent_twice")
            again = send()
            if again.get("repeated"):
                self.ledger.count("duplicates_absorbed")
            else:
                self.ledger.error(f"{self.staff_no} 重复提交的{what}被当作新的")
            return again
        return answer


def _as_problem(problem: dict[str, Any]) -> Exception:
    """What an answer to one item of many says, as if it had been refused alone."""
    if problem.get("code") in _NO_LONGER_MINE:
        return Gone(str(problem.get("title")))
    return Refused(int(problem.get("status", 422)), problem, "登记材料")
