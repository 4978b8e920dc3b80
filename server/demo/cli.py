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
    two_factors = [account for account in services.ACCOUNTS if account.two_factors]
    click.echo("  需要动态口令的账号（密钥可输入身份验证器应用）：")
    for account in two_factors:
        click.echo(f"  {account.username:<12}{services.totp_secret(account.username)}")
    click.echo("  查看当前动态口令：.venv/bin/python -m tools.stack.flask demo code admin")
    click.echo("  外出送达员：在“人员”页取得绑定码，用小程序绑定（演示用微信模拟服务）")


@commands.command("code")
@click.argument("username")
def code(username: str) -> None:
    """显示演示账号当前的动态口令。"""
    settings: Settings = current_app.extensions["settings"]
    if settings.mode == "production":
        raise click.ClickException("正式环境没有演示账号")
    try:
        digits, seconds = services.present_code(username, now=utc_now())
    except KeyError:
        raise click.ClickException(f"演示账号 {username} 不使用动态口令") from None
    click.echo(f"{digits}（还有 {seconds} 秒有效）")


def init_app(app: Flask) -> None:
    app.cli.add_command(commands)
