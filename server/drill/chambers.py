"""The judges: each decides on what is proposed in their own cases, most of it as proposed."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from server.drill.desk import Desk
from server.drill.ledger import Ledger
from server.drill.line import Refused, segment

_PAGE_SIZE = 100
_NOT_TAKEN = 0.04
_REASON = "现有材料不足以证明拒收人的身份，请重新送达"
# The demonstration's judges: 法官07 signs in as judge07.
_JUDGE = re.compile(r"^法官(\d{2})$")


class Chambers:
    """Asks for everything that waits, then lets each judge decide their part."""

    def __init__(self, specialist: Desk, open_desk: Callable[[str], Desk], ledger: Ledger, rng: random.Random) -> None:
        self._specialist = specialist
        self._open_desk = open_desk
        self._ledger = ledger
        self._rng = rng

    def decide_all(self) -> int:
        """How many proposals were decided; those of cases without a judge here stay."""
        by_judge: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._waiting():
            by_judge[row["judge"]].append(row)
        decided = 0
        for judge, rows in sorted(by_judge.items()):
            found = _JUDGE.match(judge)
            if found is None:
                self._ledger.count("effects_left", len(rows))
                continue
            desk = self._open_desk(f"judge{found.group(1)}")
            decided += sum(self._decide(desk, row) for row in rows)
        return decided

    def _waiting(self) -> list[dict[str, Any]]:
        """Every proposal with the judge of its case."""
        judges: dict[str, str] = {}
        rows: list[dict[str, Any]] = []
        page = 1
        while True:
            found = self._specialist.get("/effects", status="proposed", page=page, page_size=_PAGE_SIZE)
            rows += found["items"]
            if page * _PAGE_SIZE >= found["total"]:
                break
            page += 1
        for row in rows:
            task = row["task_id"]
            if task not in judges:
                judges[task] = self._specialist.get(f"/tasks/{segment(task)}")["judge_name"] or ""
            row["judge"] = judges[task]
        return rows

    def _decide(self, desk: Desk, row: dict[str, Any]) -> int:
        refuse = self._rng.random() < _NOT_TAKEN
        body = {
            "what": "reject" if refuse else "confirm",
            "acting_as": "judge",
            "reason": _REASON if refuse else "",
            "version": row["version"],
        }
        try:
            desk.post(f"/effects/{segment(row['id'])}/decide", body)
        except Refused as error:
            # The line was cut after the first try had been written.
            if error.code not in ("effect.changed", "state.refused"):
                raise
            self._ledger.count("decision_conflicts")
            return 0
        self._ledger.count("effects_rejected" if refuse else "effects_confirmed")
        return 1
