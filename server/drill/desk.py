"""The people at the court's desks: manager, specialist, reviewer, each in a browser of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server.drill.ledger import Ledger, say
from server.drill.line import Line, Refused, segment

_BOARD = "/api/board"
_POLL_S = 0.5
_IMPORT_WAIT_S, _PLAN_WAIT_S = 300.0, 300.0
_PLANS_TRIED, _LONGEST_PLAN_S = 3, 60.0
# More than this share left undone because the search was stopped: worth another try.
_UNDONE_SHARE = 0.1


class DrillError(Exception):
    """The day cannot go on; the message is for people."""


class Desk:
    """One person signed in to the board. Not shared between threads. `code` is what an authenticator app shows."""

    def __init__(self, base_url: str, ledger: Ledger, *, username: str, password: str, code: str | None = None) -> None:
        self.line = Line(base_url, ledger)
        self.ledger = ledger
        try:
            answer = self.line.post("/api/session", {"username": username, "password": password})
        except Refused as error:
            raise DrillError(f"{username} 登录失败：{error}") from error
        self.line.http.headers["X-CSRF-Token"] = answer["csrf"]
        if answer["next"] == "second_factor" and code:
            answer = self.line.post("/api/session/second-factor", {"code": code})
            self.line.http.headers["X-CSRF-Token"] = answer["csrf"]
        if answer["next"] != "done":
            raise DrillError(f"{username} 登录未完成，还需要：{answer['next']}")
        self.me = answer["me"]

    def get(self, path: str, **query: Any) -> Any:
        return self.line.get(_BOARD + path, **query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.line.post(_BOARD + path, body)

    def bring_in(self, path: Path, *, kind: str, day: str) -> dict[str, Any]:
        """Uploads a list and waits until it is in; the ImportRun."""
        data = path.read_bytes()
        fields = {"kind": kind, "day": day}
        run = self.line.call("POST", f"{_BOARD}/imports", data=fields, files={"file": (path.name, data)})
        done = _wait(
            lambda: self.get(f"/imports/{run['id']}"),
            lambda one: one["state"] in ("done", "failed"),
            seconds=_IMPORT_WAIT_S,
            what=f"导入 {path.name}",
        )
        if done["state"] == "failed":
            raise DrillError(f"导入 {path.name} 失败：{done.get('failure')}")
        return dict(done)

    def approve_all(self) -> Any:
        """The specialist approves every task that waits."""
        return self.post("/tasks/review-batch", {"all_pending": True})

    def plan(self, day: str, *, seconds: float, seed: int) -> dict[str, Any] | None:
        """Selects, plans and publishes; None when nothing was left to plan.

        A planner that ran out of time with much undone is given more, as a manager would.
        """
        self.post(f"/days/{day}/selection")
        for _ in range(_PLANS_TRIED):
            plan = self._plan_once(day, seconds=seconds, seed=seed)
            if plan is None or not _ran_out_of_time(plan):
                break
            seconds = min(seconds * 2, _LONGEST_PLAN_S)
            say(f"规划时间不够，还有 {len(plan['unplanned'])} 件未排；给 {seconds:.0f} 秒重新规划")
        if plan is None:
            return None
        self._publish(plan["id"])
        return dict(self.get(f"/plans/{plan['id']}"))

    def _plan_once(self, day: str, *, seconds: float, seed: int) -> dict[str, Any] | None:
        try:
            plan = self.post(f"/days/{day}/plans", {"seconds": seconds, "seed": seed})
        except Refused as error:
            if error.code == "plan.nothing_to_plan":
                return None
            raise
        done = _wait(
            lambda: self.get(f"/plans/{plan['id']}"),
            lambda one: one["state"] in ("done", "failed", "published", "superseded"),
            seconds=_PLAN_WAIT_S + seconds,
            what="路线规划",
        )
        if done["state"] == "failed":
            raise DrillError(f"路线规划失败：{done.get('failure')}")
        return done

    def _publish(self, plan_id: str) -> None:
        try:
            self.post(f"/plans/{plan_id}/publish")
        except Refused:
            # The answer to an earlier try was lost: what counts is that it is published.
            if self.get(f"/plans/{plan_id}")["state"] != "published":
                raise

    def day(self, day: str) -> dict[str, Any]:
        return dict(self.get(f"/days/{day}"))

    def bind_code(self, person_id: str) -> str:
        return str(self.post(f"/people/{segment(person_id)}/bind-code")["bind_code"])

    def mileage_m(self, day: str) -> tuple[int, int]:
        """(planned, tracked) metres of all servers of a day."""
        found = self.get(f"/days/{day}/mileage")
        rows = found["items"] if isinstance(found, dict) else found
        return sum(one["planned_m"] for one in rows), sum(one["tracked_m"] for one in rows)


def _ran_out_of_time(plan: dict[str, Any]) -> bool:
    stopped = [one for one in plan["unplanned"] if any(reason["code"] == "search.stopped" for reason in one["reasons"])]
    planned = plan["totals"].get("planned", 0)
    return len(stopped) > _UNDONE_SHARE * (planned + len(plan["unplanned"]))


def _wait(
    look: Callable[[], dict[str, Any]],
    done: Callable[[dict[str, Any]], bool],
    *,
    seconds: float,
    what: str,
) -> dict[str, Any]:
    """Looks until done; says so every ten seconds."""
    start = told = time.monotonic()
    while True:
        found = look()
        if done(found):
            return found
        now = time.monotonic()
        if now - start > seconds:
            raise DrillError(f"{what}等待超过 {seconds:.0f} 秒（状态 {found.get('state')}）")
        if now - told > 10:
            say(f"{what}……{now - start:.0f} 秒，状态 {found.get('state')}")
            told = now
        time.sleep(_POLL_S)
