"""`flask --app wsgi day play …`: the demonstration, the end-to-end test and the source of load."""

from __future__ import annotations

import json
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from server.config import Settings
from server.drill.play import Day, Setting

commands = AppGroup("day", help="演练完整的一天")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@commands.command("play")
@click.option("--cases", required=True, type=_FILE, help="案件清单 xlsx/csv")
@click.option("--servers", required=True, type=_FILE, help="外出送达员名册 csv")
@click.option("--date", "day", required=True, help="日期 YYYY-MM-DD")
@click.option("--base-url", default="http://127.0.0.1:8000", show_default=True, help="运行中的系统")
@click.option("--wechat-url", default=None, help="微信模拟服务（默认取系统设置，只能在本机）")
@click.option("--seed", default=1, show_default=True, type=int, help="随机种子")
@click.option("--password", default="songda-demo", envvar="SONGDA_DEMO_PASSWORD", help="演示账号密码")
@click.option("--plan-seconds", default=None, type=click.FloatRange(1, 120), help="规划秒数（默认按件数）")
@click.option("--phones", default=10, show_default=True, type=click.IntRange(1, 64), help="同时在线的手机数")
@click.option("--drop", default=0.2, show_default=True, type=click.FloatRange(0, 0.9), help="手机连接中断的比例")
def play(
    cases: Path,
    servers: Path,
    day: str,
    base_url: str,
    wechat_url: str | None,
    seed: int,
    password: str,
    plan_seconds: float | None,
    phones: int,
    drop: float,
) -> None:
    """对运行中的系统演完整的一天；最后一行输出 JSON 结果。"""
    settings: Settings = current_app.extensions["settings"]
    wechat = wechat_url or settings.wechat_base_url
    if not is_loopback(wechat):
        raise click.ClickException(f"演练只能使用本机的微信模拟服务，不能使用 {wechat}")
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise click.ClickException("日期应为 YYYY-MM-DD") from error
    setting = Setting(cases, servers, day, base_url, wechat, seed, password, plan_seconds, phones, drop)
    one = Day(setting)
    result = one.run()
    click.echo(json.dumps(result, ensure_ascii=False))
    if result["errors"] or result["missing"] or not _complete(result):
        raise SystemExit(1)


def _complete(result: dict[str, Any]) -> bool:
    held_as_sent = result["evidence_held"] == result["evidence_sent"]
    return bool(held_as_sent and result["ledger_held"] == result["ledger_total"])


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine, so that nothing is ever played against WeChat itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def init_app(app: Flask) -> None:
    app.cli.add_command(commands)
