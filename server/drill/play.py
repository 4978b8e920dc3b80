"""The whole day, in the order a court lives it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from server.core.clock import court_day, utc_now
from server.drill import check
from server.drill.chambers import Chambers
from server.drill.desk import Desk, DrillError
from server.drill.doors import Script
from server.drill.ledger import Ledger, say
from server.drill.line import Refused, Unreachable
from server.drill.mover import Mover
from server.drill.phone import Phone
from server.drill.pictures import Pictures
from server.drill.reviewer import Reviewer
from server.drill.shift import Shift

_ROUNDS_OF_REVIEW = 4
_PAPER_DESKS = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """What the command line said."""

    cases: Path
    servers: Path
    day: str
    base_url: str
    wechat_url: str
    seed: int
    password: str
    plan_seconds: float | None
    phones: int
    drop: float = 0.2  # share of the phones' requests whose connection breaks
    manager: str = "manager"
    specialist: str = "specialist"
    reviewer: str = "reviewer"


class Day:
    """One play. `run()` returns the result; `ledger` holds how it went."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.ledger = Ledger()
        self._shifts: list[Shift] = []
        self._imported = 0
        self._planned_m = 0

    def run(self) -> dict[str, Any]:
        start = time.monotonic()
        tracked = self._try_all()
        return self._result(*tracked, seconds=time.monotonic() - start)

    def _try_all(self) -> tuple[dict[str, Any], int, int]:
        """(the day as the board shows it at the end, papers, tracked metres)."""
        nothing: tuple[dict[str, Any], int, int] = ({"visits": []}, 0, 0)
        try:
            manager = self._desk(self.setting.manager)
            self._morning(manager)
            day = self._carry_out(manager)
            papers = self._afterwards(day)
            _, tracked_m = manager.mileage_m(self.setting.day)
        except (DrillError, Refused, Unreachable) as error:
            self.ledger.error(str(error))
            return nothing
        return day, papers, tracked_m

    # ---- morning: lists, approval, plan

    def _morning(self, manager: Desk) -> None:
        say(f"导入 {self.setting.cases.name}、{self.setting.servers.name}（{self.setting.day}）")
        run = manager.bring_in(self.setting.cases, kind="cases", day=self.setting.day)
        counts = run["counts"]
        self._imported = sum(counts.get(one, 0) for one in ("created", "updated", "unchanged"))
        say(
            f"案件清单：新增 {counts.get('created', 0)}，更新 {counts.get('updated', 0)}，"
            f"未变 {counts.get('unchanged', 0)}，有误 {counts.get('bad', 0)}"
        )
        manager.bring_in(self.setting.servers, kind="servers", day=self.setting.day)
        say(f"专员审核：{self._desk(self.setting.specialist).approve_all()}")
        seconds = self.setting.plan_seconds or min(20.0, max(5.0, self._imported / 30))
        say(f"筛选并规划路线（{seconds:.0f} 秒）")
        plan = manager.plan(self.setting.day, seconds=seconds, seed=self.setting.seed)
        if plan is None:
            say("没有新的上门任务需要规划")
        else:
            totals = plan["totals"]
            say(f"已发布第 {plan['number']} 版规划：{totals.get('planned')} 件，未排 {totals.get('unplanned')} 件")

        # As it stands in the morning: routes are timed again whenever a visit is moved.
        self._planned_m, _ = manager.mileage_m(self.setting.day)

    # ---- the day itself

    def _carry_out(self, manager: Desk) -> dict[str, Any]:
        day = manager.day(self.setting.day)
        self._open_phones(manager, day)
        stop = threading.Event()
        reviewer = Reviewer(
            self._desk(self.setting.reviewer), self.ledger, day=self.setting.day, rng=self._rng("reviewer")
        )
        mover = Mover(self._desk(self.setting.manager), self.ledger, day=self.setting.day, rng=self._rng("mover"))
        desks = [threading.Thread(target=one.run, args=(stop,)) for one in (reviewer, mover)]
        for one in desks:
            one.start()
        try:
            self._in_parallel(self._told)
        finally:
            stop.set()
            for one in desks:
                one.join()
        # What was moved to somebody who had finished already.
        self._in_parallel(Shift.work)
        say(f"全部路线完成（途中改派 {self.ledger.counts['moved']} 件），审核剩余结果")
        for _ in range(_ROUNDS_OF_REVIEW):
            reviewer.drain()
            if not sum(self._in_parallel(Shift.fix_what_came_back)):
                break
        reviewer.drain()
        return manager.day(self.setting.day)

    def _told(self, shift: Shift) -> int:
        entered = shift.work()
        counts = self.ledger.counts
        say(
            f"{shift.phone.staff_no} 收工；累计结果 {counts['outcomes']}，证据 {counts['evidence_sent']}，"
            f"已审 {counts['accepted'] + counts['sent_back']}"
        )
        return entered

    def _open_phones(self, manager: Desk, day: dict[str, Any]) -> None:
        busy = {one["server_id"] for one in day["visits"]} | {one.get("second_server_id") for one in day["visits"]}
        servers = [one for one in day["roster"] if one["server_id"] in busy]
        left = sum(1 for one in day["visits"] if one["server_id"] and one["state"] != "ended")
        ended = sum(1 for one in day["visits"] if one["state"] == "ended")
        ago = self._ago()
        if ago:
            say(f"{self.setting.day} 尚未过去：手机时间整体提前 {ago.days} 天")
            say("演练的拍摄时间因此早于取证凭证的签发，拍摄封存均判为存疑")
        if ended:
            say(f"其中 {ended} 件以前已完成，不再重做")
        say(f"{len(servers)} 名送达员出发，待办 {left} 件")
        pictures = Pictures(self.setting.seed)
        script: Script | None = None
        court = manager.me["person"]["court"]["code"]
        for one in servers:
            phone = Phone(
                self.setting.base_url,
                self.setting.wechat_url,
                self.ledger,
                staff_no=one["staff_no"],
                rng=self._rng(one["staff_no"]),
                drop=self.setting.drop,
            )
            phone.sign_in(court=court, bind_code=partial(manager.bind_code, one["server_id"]))
            script = script or Script(self.setting.seed, phone.outcomes())
            rng = self._rng(f"shift {one['staff_no']}")
            self._shifts.append(Shift(phone, script, pictures, self.ledger, self.setting.day, ago, rng))

    def _in_parallel(self, act: Callable[[Shift], int]) -> list[int]:
        """`act` for every shift, several at once; a phone that fails for good is an error, the others go on."""

        def guarded(shift: Shift) -> int:
            try:
                return act(shift)
            except (Refused, Unreachable) as error:
                self.ledger.error(f"{shift.phone.staff_no}：{error}")
                return 0

        if not self._shifts:
            return []
        with ThreadPoolExecutor(min(self.setting.phones, len(self._shifts))) as pool:
            return list(pool.map(guarded, self._shifts))

    # ---- afterwards: is everything there

    def _afterwards(self, day: dict[str, Any]) -> int:
        accepted = [one["id"] for one in day["visits"] if (one["review"] or {}).get("state") == "accepted"]
        chambers = Chambers(self._desk(self.setting.specialist), self._desk, self.ledger, self._rng("chambers"))
        say(f"法官确认送达效力 {chambers.decide_all()} 项")
        say(f"审核通过 {len(accepted)} 件，等待送达回证和送达报告书")
        desks = [self._desk(self.setting.reviewer) for _ in range(_PAPER_DESKS)]
        papers = check.wait_for_papers(desks, accepted, self.ledger)
        say("核对全部已提交内容与哈希")
        check.everything_is_held([shift.phone for shift in self._shifts], self.ledger)
        check.every_shift_is_complete([shift.phone for shift in self._shifts], self.setting.day, self.ledger)
        check.sample_downloads(desks[0], accepted, self.ledger)
        return papers

    def _result(self, day: dict[str, Any], papers: int, tracked_m: int, *, seconds: float) -> dict[str, Any]:
        counts, visits = self.ledger.counts, day["visits"]
        done = [one for one in visits if one["state"] == "ended"]
        undone = [one for one in visits if one["server_id"] and one["state"] not in ("ended", "withdrawn")]
        for one in undone[:5]:
            self.ledger.error(f"{one['case_number']} 已分派但没有完成（{one['state']}）")
        return {
            "visits_imported": self._imported,
            "visits_planned": sum(1 for one in visits if one["server_id"]),
            "visits_done": len(done),
            "outcomes": counts["outcomes"],
            "evidence_sent": counts["evidence_sent"],
            "evidence_held": counts["evidence_held"],
            "hashes_equal": counts["hashes_equal"],
            "ledger_held": counts["ledger_held"],
            "ledger_total": counts["ledger_total"],
            "papers_made": papers,
            "km_planned": round(self._planned_m / 1000, 1),
            "km_tracked": round(tracked_m / 1000, 1),
            "duplicates_absorbed": counts["duplicates_absorbed"],
            "errors": len(self.ledger.errors),
            "seconds": round(seconds, 1),
            "done_before": counts["done_before"],
            "items_held": counts["items_held"],
            "missing": counts["missing"],
            "sent_back": counts["sent_back"],
            "moved": counts["moved"],
            "effects_confirmed": counts["effects_confirmed"],
            "effects_rejected": counts["effects_rejected"],
            "effects_left": counts["effects_left"],
            "taken_away": counts["taken_away"],
            "sealed": counts["sealed"],
            "dropped": counts["dropped"],
            "resumed": counts["resumed"],
            "retries": counts["retries"],
            "positions_sent": counts["positions_sent"],
            "positions_rejected": counts["positions_rejected"],
            "outcomes_by_code": dict(sorted(self.ledger.outcomes.items())),
        }

    # ---- the rest

    def _desk(self, username: str) -> Desk:
        return Desk(self.setting.base_url, self.ledger, username=username, password=self.setting.password)

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self.setting.seed} {self.setting.day} {name}")  # noqa: S311  # a script, no secret

    def _ago(self) -> timedelta:
        """Whole days to set the phones' clocks back, so that the day is over."""
        wanted = datetime.fromisoformat(self.setting.day).date()
        yesterday = court_day(utc_now()) - timedelta(days=1)
        return max(wanted - yesterday, timedelta(0))
