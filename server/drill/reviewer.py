"""The reviewer: looks at what waits, accepts most of it, sends a little back with a reason."""

from __future__ import annotations

import random
import threading
from typing import Any

from server.drill.desk import Desk
from server.drill.ledger import Ledger
from server.drill.line import Refused, Unreachable, segment

_SENT_BACK = 0.05
_REASONS = ("门牌照片看不清楼号，请补拍", "请补充现场全景照片", "签收人关系请核实并补充照片")
_PAGE_SIZE = 50


class Reviewer:
    """Decides the outcomes of one day; `run` until told to stop, `drain` until nothing waits."""

    def __init__(self, desk: Desk, ledger: Ledger, *, day: str, rng: random.Random) -> None:
        self._desk = desk
        self._ledger = ledger
        self._day = day
        self._rng = rng

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(1.5):
            try:
                self.drain()
            except (Refused, Unreachable) as error:
                self._ledger.error(f"审核：{error}")
                return

    def drain(self) -> int:
        """Decides everything that waits now; how many that were."""
        decided = 0
        while True:
            found = self._desk.get("/reviews", state="pending", date=self._day, page=1, page_size=_PAGE_SIZE)
            done = sum(self._decide(one) for one in found["items"])
            decided += done
            if not done:
                return decided

    def _decide(self, visit: dict[str, Any]) -> int:
        back = visit["review"]["round"] == 1 and self._rng.random() < _SENT_BACK
        body: dict[str, Any] = {"decision": "send_back" if back else "accept", "version": visit["version"]}
        if back:
            body["reason"] = self._rng.choice(_REASONS)
        try:
            self._desk.post(f"/visits/{segment(visit['id'])}/review", body)
        except Refused as error:
            # A late step of the phone moved the version on: the queue is read again, and the visit with it.
            if error.code in ("visit.changed", "review.not_pending"):
                self._ledger.count("review_conflicts")
                return 1
            raise
        self._ledger.count("sent_back" if back else "accepted")
        return 1
