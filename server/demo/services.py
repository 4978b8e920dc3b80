"""Seeds the demonstration court once: courts, people, the day's list and roster, tasks approved and visits selected."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evidence.stores import Store
from server.accounts import services as accounts
from server.cases import services as cases
from server.dispatch import services as dispatch
from server.service import services as service
from server.service.actor import SYSTEM

COURT = "京0102"
DAY = "2026-11-24"
PASSWORD = "songda-demo"  # noqa: S105  # printed on every start of the demo, refused in production
DATA = Path(__file__).parent / "data"
COURTS = Path(__file__).parent.parent / "cases" / "data" / "courts.csv"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Account:
    """A demo account as printed at start-up."""

    username: str
    name: str
    role: str
    staff_no: str


ACCOUNTS = (
    Account("admin", "演示管理员", "court_admin", "GL001"),
    Account("manager", "送达管理员甲", "manager", "GL002"),
    Account("specialist", "送达专员甲", "specialist", "ZY001"),
    Account("reviewer", "送达专员乙", "specialist", "ZY002"),
    *(Account(f"judge{n:02d}", f"法官{n:02d}", "judge", f"FG{n:03d}") for n in range(1, 13)),
    *(Account(f"clerk{n:02d}", f"书记员{n:02d}", "clerk", f"SJ{n:03d}") for n in range(1, 13)),
)


def seed(*, store: Store, now: datetime, tell: Tell) -> None:
    """Brings the demo court up. Safe to repeat: what is there stays as it is, what is missing is added."""
    _seed_courts()
    tell("法院目录就绪")
    for account in ACCOUNTS:
        accounts.ensure_person(
            court=COURT,
            username=account.username,
            name=account.name,
            staff_no=account.staff_no,
            roles=[account.role],
            now=now,
            password=PASSWORD,
        )
    tell(f"演示账号就绪：{len(ACCOUNTS)} 个")
    if dispatch.day_has_roster(court=COURT, day=DAY):
        tell("演示日任务已在库中，保持原样")
        return
    _import("cases", "cases.xlsx", store, now, tell)
    _import("servers", "servers.csv", store, now, tell)
    approved = service.approve_tasks(court=COURT, task_ids=None, actor=SYSTEM, now=now)
    tell(f"审核通过 {approved} 件")
    selection = dispatch.select_visits(court=COURT, day=DAY, actor=SYSTEM, now=now)
    tell(f"筛选出需上门 {selection.created} 件（{DAY}）")


def _seed_courts() -> None:
    with COURTS.open(encoding="utf-8-sig", newline="") as lines:
        accounts.ensure_courts(csv.DictReader(lines))


def _import(kind: str, name: str, store: Store, now: datetime, tell: Tell) -> None:
    path = DATA / f"day-{DAY}" / name
    with path.open("rb") as stream:
        run = cases.start_import(
            court=COURT,
            kind=kind,
            filename=name,
            stream=stream,
            day=DAY,
            actor=SYSTEM,
            now=now,
            store=store,
            enqueue=False,
        )
    run = cases.run_import(run_id=run.id, now=now, store=store)
    tell(f"导入 {name}：{run.counts}")
