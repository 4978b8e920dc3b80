"""`flask --app wsgi keys …`: the state of data keys, their rotation, and destroying one person's values."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TextIO

import click
from flask import Flask
from flask.cli import AppGroup

from server.cases import privacy
from server.core import audit, crypto
from server.core.clock import show, utc_now
from server.core.crypto import providers, rotation
from server.core.crypto.records import ACTIVE, SEAL, DataKey
from server.core.errors import DomainError

commands = AppGroup("keys", help="数据密钥")

_STATES = {"active": "使用中", "retired": "已停用", "destroyed": "已销毁"}
_CIPHERS = {"a": "AES-256-GCM", "s": "SM4-GCM"}
_TURN_S = 30.0
_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class _Operator:
    """Whoever sits at the command line of the server."""

    id: str = "system"
    name: str = "系统（命令行）"


@commands.command("status")
def status() -> None:
    """列出各法院的数据密钥、主密钥编号，以及轮换中尚待重新加密的数量。"""
    vault = crypto.vault()
    vault.check()
    waiting = set(rotation.pending(vault))
    for key in sorted(vault.ring.store.every_key(), key=lambda key: (key.court, key.purpose, key.generation)):
        left = f"，待重新加密 {rotation.carried_by(key)}" if key.court in waiting and _is_old(key, vault) else ""
        algorithm = _CIPHERS.get(key.algorithm, key.algorithm)
        master = key.wrapped.provider_key if key.wrapped else "—"
        click.echo(
            f"{key.court or '（全系统）'}  {key.purpose} 第{key.generation}代  {key.id}  {algorithm}  "
            f"{_STATES[key.state]}  {show(key.created_at)}  主密钥 {master}{left}"
        )


def _is_old(key: DataKey, vault: crypto.Vault) -> bool:
    newest = max(
        (one.generation for one in vault.ring.store.keys(key.court) if one.purpose == SEAL and one.state == ACTIVE),
        default=0,
    )
    return key.purpose == SEAL and key.generation < newest


@commands.command("rotate")
@click.option("--court", default=None, help="法院代字；不填则轮换全部法院")
@click.option("--wait", is_flag=True, help="在此重新加密直到完成（否则由后台任务完成）")
def rotate(court: str | None, wait: bool) -> None:
    """启用新的数据密钥；已有数据在后台逐步重新加密，期间系统照常使用。"""
    vault = crypto.vault()
    courts = [court] if court else rotation.courts_with_keys(vault)
    for one in courts:
        key = rotation.begin(vault, court=one, now=utc_now())
        audit.record_system(court=one, action="keys.rotate", object_type="data_key", object_id=key.id, now=utc_now())
        click.echo(f"{one}：已启用第{key.generation}代密钥 {key.id}")
    while wait and (left := [one for one in courts if one in rotation.pending(vault)]):
        for one in left:
            done = rotation.advance(vault, court=one, now=utc_now(), seconds=_TURN_S)
            click.echo(f"{one}：重新加密 {done.resealed}，停用密钥 {'、'.join(done.retired) or '无'}")
        time.sleep(_PAUSE_S)


@commands.command("rewrap")
@click.option(
    "--to", default="", help="改由此密钥服务保护，例如 transit+https://kms:8200/transit/songda；完成后再改设置并重启"
)
@click.option("--token-file", type=click.File(encoding="utf-8"), default=None, help="新密钥服务的令牌所在文件")
def rewrap(to: str, token_file: TextIO | None) -> None:
    """更换主密钥后，用新的主密钥重新保护全部数据密钥。"""
    vault = crypto.vault()
    token = token_file.read().strip() if token_file else ""
    try:
        target = providers.from_url(to, cipher=vault.cipher, token=token) if to else None
        changed = vault.ring.rewrap_all(target)
    except crypto.VaultError as error:
        raise click.ClickException(str(error)) from error
    audit.record_system(court="", action="keys.rewrap", object_type="data_key", object_id="*", now=utc_now())
    click.echo(f"已重新保护 {len(changed)} 个数据密钥")


@commands.command("destroy")
@click.argument("key_id")
def destroy(key_id: str) -> None:
    """销毁一个已停用、且已没有数据使用的数据密钥。"""
    try:
        key = rotation.destroy(crypto.vault(), key_id=key_id, now=utc_now())
    except crypto.VaultError as error:
        raise click.ClickException(str(error)) from error
    audit.record_system(court=key.court, action="keys.destroy", object_type="data_key", object_id=key.id, now=utc_now())
    click.echo(f"密钥 {key.id} 已销毁")


@commands.command("shred")
@click.option("--court", required=True, help="法院代字")
@click.option("--party", required=True, help="当事人编号")
@click.option("--reason", required=True, help="销毁理由")
@click.confirmation_option(prompt="该当事人的证件号码、电话和地址将永久无法恢复，确定吗？")
def shred(court: str, party: str, reason: str) -> None:
    """永久销毁一名当事人的个人信息（包括备份中的）。"""
    try:
        done = privacy.shred_party(court=court, party_id=party, reason=reason, actor=_Operator(), now=utc_now())
    except DomainError as error:
        raise click.ClickException(error.title) from error
    audit.record_system(
        court=court, action="privacy.shred", object_type="party", object_id=party, now=utc_now(), reason=reason
    )
    click.echo("已销毁：" + "，".join(f"{name} {count}" for name, count in done.cleared.items()))


def init_app(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(commands)
