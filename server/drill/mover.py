"""The manager in the middle of the day: gives a few visits to somebody else while both are out."""

from __future__ import annotations

import random
import threading
from typing import Any

from server.drill.desk import Desk
from server.drill.ledger import Ledger
from server.drill.line import Refused, Unreachable, segment

_EVERY_S = 4.0
_MOVES = 3
_TRIES = 12
_MOVABLE = ("assigned", "accepted")


class Mover:
    """Moves visits that nobody set out for yet; a refusal (under way, full, lacks a skill) is nothing unusual."""

    def __init__(self, desk: Desk, ledger: Ledger, *, day: str, rng: random.Random) -> None:
        self._desk = desk
        self._ledger = ledger
        self._day = day
        self._rng = rng

    def run(self, stop: threading.Event) -> None:
        moved = 0
        for _ in range(_TRIES):
            if moved >= _MOVES or stop.wait(_EVERY_S):
                return
            try:
                moved += self._move_one(self._desk.day(self._day))
            except Refused as error:
                if error.status >= 500:
                    self._ledger.error(f"改派：{error}")
                    return
                self._ledger.count("moves_refused")
            except Unreachable as error:
                self._ledger.error(f"改派：{error}")
                return
        return

    def _move_one(self, day: dict[str, Any]) -> int:
        visits = [one for one in day["visits"] if one["server_id"] and one["state"] in _MOVABLE and one["crew"] == 1]
        on_duty = [one for one in day["roster"] if one["status"] == "on_duty"]
        busy = {one["server_id"] for one in day["visits"]}
        if not visits:
            return 0
        # The end of somebody's route: the phone will hear of it only when it gets there.
        visit = max(visits, key=lambda one: (one["position"] or 0, one["id"]))
        able = [
            one
            for one in on_duty
            if one["server_id"] in busy - {visit["server_id"]} and set(visit["skills"]) <= set(one["skills"])
        ]
        if not able:
            return 0
        to = self._rng.choice(able)
        body = {"server_id": to["server_id"], "version": visit["version"]}
        self._desk.post(f"/visits/{segment(visit['id'])}/assign", body)
        self._ledger.count("moved")
        return 1
