"""`flask --app wsgi accounts …`: the first people of an installation, from whom all others come."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from server.accounts import rights
from server.accounts.models import Court, Person, holding
from server.accounts.services.courts import ensure_courts
from server.accounts.services.people_changes import register_person
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import DomainError

commands = AppGroup("accounts", help="账号")
FIRST = ("supervisor", "system_admin", "security_auditor", "court_admin")


@commands.command("appoint")
@click.option("--court", required=True, help="法院代字，例如 京0102")
@click.option("--court-name", default=None, help="法院名称；法院尚未登记时必填")
@click.option("--level", type=click.IntRange(1, 4), default=4, show_default=True, help="审级：1最高 2高级 3中级 4基层")
@click.option("--role", type=click.Choice(FIRST), required=True, help="岗位")
@click.option("--username", required=True, help="用户名")
@click.option("--name", required=True, help="姓名")
@click.option("--staff-no", required=True, help="工号")
def appoint(court: str, court_name: str | None, level: int, role: str, username: str, name: str, staff_no: str) -> None:
    """任命本院首位管理员（三员或法院管理员）；该岗位已有人时拒绝，请由其在系统中授权。"""
    now = utc_now()
    if Court.objects(id=court).first() is None:
        if not court_name:
            raise click.ClickException(f"法院 {court} 尚未登记，请用 --court-name 给出名称")
        ensure_courts([{"code": court, "name": court_name, "level": level, "parent": None}])
    if Person._get_collection().find_one({"court": court, "grants.role": role, "active": True}, {"_id": 1}):
        raise click.ClickException("该岗位已有人担任，请由其在系统中授权")
    try:
        person, password = register_person(
            court=court,
            username=username,
            name=name,
            staff_no=staff_no,
            division=None,
            joined_on=None,
            password=None,
            now=now,
        )
    except DomainError as error:
        raise click.ClickException(error.title) from error
    Person.objects(id=person["_id"]).update(set__grants=holding(role))
    rights.forget()
    audit.record_system(
        court=court, action="person.appoint", object_type="person", object_id=person["_id"], now=now, role=role
    )
    click.echo(f"已任命 {name}（{username}）。一次性密码（首次登录须修改并绑定动态口令）：{password}")


def init_app(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(commands)
