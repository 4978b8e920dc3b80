"""`flask --app wsgi evidence export …`: an evidence bundle made at once, written to a file."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import click
from flask import Flask

from server.accounts.models import Court
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.custody.cli import commands
from server.dispatch.models import Visit
from server.reports import bundles
from server.reports.bundle_models import EvidenceBundle
from server.reports.bundle_scopes import case_by_number
from server.reports.bundle_tasks import workshop
from server.reports.models import Paper
from server.service.actor import SYSTEM


@commands.command("export")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="一日的全部上门，例如 2026-11-24")
@click.option("--visit", help="一次上门的编号")
@click.option("--case", "case_number", help="案号，例如（2026）京0102民初1号")
@click.option("--report", help="送达报告（文书）的编号")
@click.option("--court", default=None, help="法院代字；系统内只有一个法院时可省略")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="写入此文件")
def export(
    day: datetime | None, visit: str | None, case_number: str | None, report: str | None, court: str | None, out: Path
) -> None:
    """导出证据包（zip），可脱离本系统核验：python -m evidence verify 证据包.zip。"""
    given = {"day": day, "visit": visit, "case": case_number, "report": report}
    chosen = {name: value for name, value in given.items() if value}
    if len(chosen) != 1:
        raise click.UsageError("请在 --day、--visit、--case、--report 中给出一项")
    ((scope, value),) = chosen.items()
    try:
        found = _made(scope, value.date().isoformat() if isinstance(value, datetime) else value, court)
    except DomainError as refusal:
        raise click.ClickException(f"{refusal.title}（{refusal.code}）") from refusal
    if found.state != "done":
        raise click.ClickException(f"{found.problem['title']}（{found.problem['code']}）")
    _copy(found, out)
    counts = "，".join(f"{verdict} {count}" for verdict, count in found.counts.items() if count)
    click.echo(f"证据包已写入 {out}：{found.title}，{found.size} 字节，{counts or '没有材料'}")
    click.echo(f"SHA-256 {found.sha256}")


def init_app(app: Flask) -> None:
    """The command is in the group of `server.custody.cli`; importing this module put it there."""
    app.cli.add_command(commands)


def _made(scope: str, value: str, court: str | None) -> EvidenceBundle:
    """Asked for and made in this process. Raises the 404 of what is not there."""
    code = court or _court_of(scope, value)
    object_id = case_by_number(code, value).id if scope == "case" else value
    wish = bundles.ask(
        court=code, scope=scope, object_id=object_id, actor=SYSTEM, now=utc_now(), whole_day=scope == "day"
    )
    bundles.make(bundle_id=wish.id, workshop=workshop())
    return bundles.get(court=code, bundle_id=wish.id)


def _court_of(scope: str, value: str) -> str:
    """The court of the object, or the only one whose visits there are."""
    models: dict[str, Any] = {"visit": Visit, "report": Paper}
    if scope in models:
        found = models[scope]._get_collection().find_one({"_id": value}, {"court": 1})
        if found is not None:
            return str(found["court"])
    where = {"date": value} if scope == "day" else {}
    courts = Visit._get_collection().distinct("court", where) or [one.id for one in Court.objects.only("id")]
    if len(courts) != 1:
        raise click.UsageError(
            f"请用 --court 指明法院（代字）：{'、'.join(sorted(map(str, courts))) or '系统内没有法院'}"
        )
    return str(courts[0])


def _copy(found: EvidenceBundle, out: Path) -> None:
    """Whole or not at all: written beside the file and then put in its place."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with workshop().store.open(found.store_key) as source, NamedTemporaryFile(dir=out.parent, delete=False) as target:
        try:
            shutil.copyfileobj(source, target, 1024 * 1024)
            target.flush()
            os.fsync(target.fileno())
            Path(target.name).chmod(0o644)
            Path(target.name).replace(out)
        except OSError as error:
            Path(target.name).unlink(missing_ok=True)
            raise click.ClickException(f"无法写入 {out}：{error.strerror}") from error
