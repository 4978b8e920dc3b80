"""Seeds the demonstration court once: courts, people, the day's list and roster, tasks approved and visits selected."""

from __future__ import annotations

import base64
import csv
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyotp

from evidence.stores import Store
from server.accounts import services as accounts
from server.accounts.roles import ROLES
from server.accounts.services import second_factor
from server.cases import services as cases
from server.core import crypto
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

    @property
    def two_factors(self) -> bool:
        return ROLES[self.role].privileged


ACCOUNTS = (
    Account("admin", "演示管理员", "court_admin", "GL001"),
    Account("manager", "送达管理员甲", "manager", "GL002"),
    Account("specialist", "送达专员甲", "specialist", "ZY001"),
    Account("reviewer", "送达专员乙", "specialist", "ZY002"),
    Account("leader", "院领导甲", "leader", "LD001"),
    Account("supervisor", "安全管理员甲", "supervisor", "AQ001"),
    Account("auditor", "安全审计员甲", "security_auditor", "AJ001"),
    Account("sysadmin", "系统管理员甲", "system_admin", "XT001"),
    *(Account(f"judge{n:02d}", f"法官{n:02d}", "judge", f"FG{n:03d}") for n in range(1, 13)),
    *(Account(f"clerk{n:02d}", f"书记员{n:02d}", "clerk", f"SJ{n:03d}") for n in range(1, 13)),
)


def seed(*, store: Store, now: datetime, tell: Tell) -> None:
    """Brings the demo court up. Safe to repeat: what is there stays as it is, what is missing is added."""
    _seed_courts()
    tell("法院目录就绪")
    for account in ACCOUNTS:
        person, _ = accounts.ensure_person(
            court=COURT,
            username=account.username,
            name=account.name,
            staff_no=account.staff_no,
            roles=[account.role],
            now=now,
            password=PASSWORD,
        )
        if account.two_factors:
            second_factor.set_secret(person_id=person.id, court=COURT, secret=totp_secret(account.username), now=now)
    tell(f"演示账号就绪：{len(ACCOUNTS)} 个")
    if dispatch.day_has_roster(court=COURT, day=DAY):
        tell("演示日任务已在库中，保持原样")
        return
    _import("cases", "cases.xlsx", store, now, tell)
    _import("servers", "servers.csv", store, now, tell)
    approved = service.approve_tasks(court=COURT, task_ids=None, actor=SYSTEM, now=now)
    tell(f"审核通过 {approved.approved} 件")
    selection = dispatch.select_visits(court=COURT, day=DAY, actor=SYSTEM, now=now)
    tell(f"筛选出需上门 {selection.created} 件（{DAY}）")


def totp_secret(username: str) -> str:
    """Base 32, for an authenticator app: the same as long as this installation's keys are, another one elsewhere."""
    key = crypto.vault().secret("demo totp", court=COURT)
    return base64.b32encode(hmac.digest(key, username.encode(), "sha256")[:20]).decode()


def present_code(username: str, *, now: datetime) -> tuple[str, int]:
    """What the app would show for a demo account, and for how many seconds more. Raises KeyError for other names."""
    account = {one.username: one for one in ACCOUNTS if one.two_factors}[username]
    totp = pyotp.TOTP(totp_secret(account.username))
    return totp.at(now), int(totp.interval - now.timestamp() % totp.interval)


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
