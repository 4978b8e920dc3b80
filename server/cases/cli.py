"""`flask --app wsgi cases import FILE`: the same import as on the web, run at once."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from server.cases import services
from server.cases.errors import FileRefused
from server.cases.models import ImportRun
from server.core.clock import utc_now

REFUSED = 2
SHOWN_PROBLEMS = 20

commands = AppGroup("cases", help="案件与名单导入")


@dataclass(frozen=True, slots=True)
class _Operator:
    """Whoever sits at the command line of the server."""

    id: str = "system"
    name: str = "系统（命令行）"


@commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--court", required=True, help="法院代字，例如 京0102")
@click.option("--kind", type=click.Choice(["cases", "servers"]), default="cases", show_default=True, help="名单类型")
@click.option("--day", default=None, help="名单对应的日期，例如 2026-11-24（外出送达员名单必填）")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), default=None, help="把导入报告写到此文件（xlsx）"
)
def import_file(file: Path, court: str, kind: str, day: str | None, report: Path | None) -> None:
    """导入 xlsx 或 csv 名单。重复导入同一文件不产生变化；整个文件被拒绝时退出码为 2。"""
    store = current_app.extensions["evidence_store"]
    try:
        with file.open("rb") as stream:
            run = services.start_import(
                court=court,
                kind=kind,
                filename=file.name,
                stream=stream,
                day=day,
                actor=_Operator(),
                now=utc_now(),
                store=store,
                enqueue=False,
            )
    except FileRefused as refusal:
        _refuse(f"{refusal.title}（{refusal.code}）")
    run = services.run_import(run_id=run.id, now=utc_now(), store=store)
    if report:
        report.write_bytes(services.report_xlsx(run))
        click.echo(f"导入报告：{report}")
    if run.state == "failed":
        _refuse(f"{run.failure.get('title')}（{run.failure.get('code')}）")
    _tell(run)


def _tell(run: ImportRun) -> None:
    for problem in run.problems[:SHOWN_PROBLEMS]:
        level = "提醒" if problem["level"] == "warning" else "未导入"
        value = f"：{problem['value']}" if problem["value"] else ""
        click.echo(f"  第{problem['row']}行 [{level}] {problem['column']} {problem['reason']}{value}")
    if len(run.problems) > SHOWN_PROBLEMS:
        click.echo(f"  …… 共 {run.problems_total} 处，完整清单见导入报告")
    counts = run.counts
    click.echo(
        f"{run.filename}：共 {counts['rows']} 行，新增 {counts['created']}，更新 {counts['updated']}，"
        f"无变化 {counts['unchanged']}，有问题未导入 {counts['bad']}"
    )


def _refuse(reason: str) -> None:
    click.echo(f"文件未导入：{reason}", err=True)
    sys.exit(REFUSED)


def init_app(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(commands)
