"""One server's phone: signs in with WeChat, sends what happened over a bad network, remembers what it sent."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from server.core.ids import new_id
from server.drill.doors import sha256_of
from server.drill.ledger import Ledger, Sent
from server.drill.line import Line, Refused, segment

_PHONE = "/api/phone"
# Of a hundred requests this many are done by the server without the phone ever hearing of it.
LOST_ANSWERS = 0.08
SENT_TWICE = 0.04
_SIGN_IN_TRIES = 6


class Gone(Exception):
    """The visit is no longer this server's; the message says what happened."""


class Phone:
    """Not shared between threads."""

    def __init__(self, base_url: str, wechat_url: str, ledger: Ledger, *, staff_no: str, rng: random.Random) -> None:
        self.line = Line(base_url, ledger)
        self.wechat = Line(wechat_url, ledger)
        self.ledger = ledger
        self.staff_no = staff_no
        self.rng = rng

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

    def evidence(
        self, visit_id: str, kind: str, data: bytes, captured_at: str, fix: dict[str, Any] | None, client_id: str
    ) -> None:
        sha256 = sha256_of(data)
        form = {"client_id": client_id, "kind": kind, "sha256": sha256, "captured_at": captured_at}
        if fix is not None:
            form |= {**fix["point"], "accuracy_m": fix["accuracy_m"], "provider": fix["provider"]}
        name = "signature.png" if kind.startswith("signature_") else "photo.jpg"
        path = f"{_PHONE}/visits/{segment(visit_id)}/evidence"

        def upload() -> Any:
            return self.line.call("POST", path, data=form, files={"file": (name, data)})

        answer = self._guarded(lambda: self._over_bad_network(upload, f"证据 {kind}"))
        if answer["sha256"] != sha256 or answer["size"] != len(data):
            self.ledger.error(f"{self.staff_no} 证据 {client_id} 的哈希与答复不符")
        self.ledger.count("evidence_sent")
        self.ledger.count("bytes_sent", len(data))
        self.ledger.keep(Sent(self.staff_no, client_id, visit_id, sha256))

    def _send(self, visit_id: str, what: str, body: dict[str, Any]) -> Any:
        path = f"{_PHONE}/visits/{segment(visit_id)}/{what}"
        return self._guarded(lambda: self._over_bad_network(lambda: self.line.post(path, body), what))

    def _guarded(self, send: Callable[[], Any]) -> Any:
        try:
            return send()
        except Refused as error:
            if error.code in ("visit.not_yours", "visit.withdrawn"):
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
