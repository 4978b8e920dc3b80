"""`flask --app wsgi demo seed|accounts`."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from server.accounts.roles import label
from server.config import Settings
from server.core.clock import utc_now
from server.demo import services

commands = AppGroup("demo", help="演示法院")


@commands.command("seed")
def seed() -> None:
    """建立演示法院（可重复执行，不覆盖已有数据）。"""
    settings: Settings = current_app.extensions["settings"]
    if settings.mode == "production":
        raise click.ClickException("正式环境不得写入演示数据")
    services.seed(store=current_app.extensions["evidence_store"], now=utc_now(), tell=click.echo)


@commands.command("accounts")
def accounts() -> None:
    """列出演示账号。"""
    click.echo(f"演示账号（密码均为 {services.PASSWORD}）：")
    shown: set[str] = set()
    for account in services.ACCOUNTS:
        if account.role in ("judge", "clerk") and account.role in shown:
            continue
        shown.add(account.role)
        more = " … 12" if account.role in ("judge", "clerk") else ""
        click.echo(f"  {account.username:<12}{label(account.role)}  {account.name}{more}")
    click.echo("  外出送达员：在“人员”页取得绑定码，用小程序绑定（演示用微信模拟服务）")


def init_app(app: Flask) -> None:
    app.cli.add_command(commands)
