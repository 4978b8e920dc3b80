"""Commands every installation needs: indexes, the OpenAPI document, the list of who may do what."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from server import permission_table
from server.core import database
from server.core.clock import utc_now
from server.migrations import runner
from server.service import drawing

db_commands = AppGroup("db", help="数据库维护")
openapi_commands = AppGroup("openapi", help="接口文档")
permission_commands = AppGroup("permissions", help="权限对照表")
state_commands = AppGroup("states", help="状态图")

DOCUMENT = Path("docs/openapi.json")
PERMISSIONS = Path("docs/permissions.md")
STATES = Path("docs/states.md")


@db_commands.command("indexes")
def create_indexes() -> None:
    """迁移旧数据，再创建各集合声明的索引（可重复执行）。"""
    _migrate()
    names = database.ensure_indexes()
    click.echo(f"索引已就绪：{len(names)} 个集合")


@db_commands.command("migrate")
def migrate() -> None:
    """把旧版本的数据迁移为现在的形式（可重复执行）。"""
    _migrate()


def _migrate() -> None:
    for migration, result in runner.run_all(now=utc_now()):
        click.echo(f"数据迁移 {migration.name}：{result}")


def openapi_text() -> str:
    """The OpenAPI 3 document of this program as it is written to docs/openapi.json."""
    api = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return json.dumps(api.spec.to_dict(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@openapi_commands.command("write")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=DOCUMENT)
def write_openapi(path: Path) -> None:
    """写出 OpenAPI 文档。"""
    path.write_text(openapi_text(), encoding="utf-8")
    click.echo(f"已写出 {path}")


@openapi_commands.command("check")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=DOCUMENT)
def check_openapi(path: Path) -> None:
    """文档与程序不一致时以 1 退出。"""
    if not path.exists() or path.read_text(encoding="utf-8") != openapi_text():
        raise click.ClickException(f"{path} 与程序不一致，请运行 make openapi")
    click.echo("接口文档一致")


@permission_commands.command("write")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=PERMISSIONS)
def write_permissions(path: Path) -> None:
    """写出接口 × 权限 × 角色对照表。"""
    path.write_text(permission_table.text(current_app), encoding="utf-8")
    click.echo(f"已写出 {path}")


@permission_commands.command("check")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=PERMISSIONS)
def check_permissions(path: Path) -> None:
    """对照表与程序不一致时以 1 退出。"""
    if not path.exists() or path.read_text(encoding="utf-8") != permission_table.text(current_app):
        raise click.ClickException(f"{path} 与程序不一致，请运行 make openapi")
    click.echo("权限对照表一致")


@state_commands.command("write")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=STATES)
def write_states(path: Path) -> None:
    """写出状态图。"""
    path.write_text(drawing.text(), encoding="utf-8")
    click.echo(f"已写出 {path}")


@state_commands.command("check")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), default=STATES)
def check_states(path: Path) -> None:
    """状态图与程序不一致时以 1 退出。"""
    if not path.exists() or path.read_text(encoding="utf-8") != drawing.text():
        raise click.ClickException(f"{path} 与程序不一致，请运行 make openapi")
    click.echo("状态图一致")


def init_app(app: Flask) -> None:
    app.cli.add_command(db_commands)
    app.cli.add_command(openapi_commands)
    app.cli.add_command(permission_commands)
    app.cli.add_command(state_commands)
