"""`flask --app wsgi evidence …`: moving evidence between stores, what may be removed, and removing it.

`commands` is the group itself: features above add their own commands to it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from evidence.errors import EvidenceError
from evidence.stores import MovingStore, Store, place_of, store_from_url
from server.accounts.models import Court
from server.config import Settings
from server.core import audit
from server.core.clock import show, utc_now
from server.core.errors import DomainError
from server.custody.services import moving, retention
from server.custody.services.moving import Moved
from server.custody.timers import LABELS, Timer, from_setting

commands = AppGroup("evidence", help="证据存储：迁移、保存期限、到期销毁、导出")

_TOLD_EVERY_S = 5.0
_WRONG = {
    "missing": "原存储中没有这个文件",
    "altered": "原存储中的文件与登记的哈希值不符，未迁移",
    "unsound": "新存储中的文件读回后与哈希值不符",
}
_STAYS = {
    "unreceived": "尚未登记归档回执",
    "unsound": "在新存储中未能核对一致",
    "locked": "受存储锁定保护",
}
_court = click.option("--court", default=None, help="只处理此法院（代字，例如 京0102）；缺省为全部")


@commands.command("move")
@_court
@click.option("--to", required=True, help="新存储的地址，例如 s3://桶名?endpoint=…；写法同 SONGDA_EVIDENCE_STORE")
def move_store(court: str | None, to: str) -> None:
    """把证据复制到新的存储并逐个读回核对；可随时中断，再次执行时从中断处继续。原存储中的文件不会删除。"""
    target, place = _opened(to), place_of(to)
    told = _Teller()
    try:
        source = moving.sources(_store())
        done = moving.move(source=source, target=target, place=place, court=court, clock=utc_now, progress=told)
    except EvidenceError as error:
        raise click.ClickException(f"{error.title_zh}。已完成的部分有效，请稍后再次执行本命令") from error
    for what, one in done.problems:
        click.echo(f"{one.court}　{one.named_by}　{one.key}：{_WRONG[what]}", err=True)
    click.echo(
        f"共 {done.seen} 个文件：此前已核对 {done.before}，本次核对一致 {done.verified}"
        f"（其中复制 {done.copied}，{_size(done.bytes)}），有问题 {len(done.problems)}"
    )
    for one_court in _courts(court):
        audit.record_system(
            court=one_court,
            action="evidence.move",
            object_type="evidence_store",
            object_id=place,
            now=utc_now(),
            verified=done.verified,
            before=done.before,
            problems=len(done.problems),
        )
    sys.exit(1 if done.problems else 0)


@commands.command("clear")
@_court
@click.option("--from", "old", required=True, help="原存储的地址")
@click.option("--to", required=True, help="新存储的地址（须与现行设置中的第一个相同）")
@click.confirmation_option(prompt="将从原存储删除已在新存储核对一致的文件，确定吗？")
def clear_store(court: str | None, old: str, to: str) -> None:
    """迁移完成后清理原存储：再次读取新存储逐个核对，原件、文书还须已登记归档回执，才删除原存储中的文件。"""
    if place_of(old) == place_of(to) or place_of(_settings().evidence_store.split()[0]) != place_of(to):
        raise click.ClickException("新存储必须是 SONGDA_EVIDENCE_STORE 中的第一个，且不能与原存储相同")
    told = _Teller()
    try:
        found = moving.clear(
            old=_opened(old),
            store=_opened(to),
            place=place_of(to),
            court=court,
            timers=_timers(),
            progress=lambda: told(None),
        )
    except EvidenceError as error:
        raise click.ClickException(f"{error.title_zh}。已完成的部分有效，请稍后再次执行本命令") from error
    for one_court in _courts(court):
        audit.record_system(
            court=one_court,
            action="evidence.clear",
            object_type="evidence_store",
            object_id=place_of(old),
            now=utc_now(),
            removed=found.removed,
            kept=dict(found.kept),
        )
    click.echo(f"已从原存储删除 {found.removed} 个文件，原已不在 {found.gone} 个")
    for why, count in sorted(found.kept.items()):
        click.echo(f"保留 {count} 个：{_STAYS[why]}")


@commands.command("due")
@_court
@click.option("--all", "everything", is_flag=True, help="逐个列出；缺省只列数目")
def list_due(court: str | None, everything: bool) -> None:
    """列出已到保存期限、可以销毁的文件；只列出，不删除。"""
    now, timers = utc_now(), _timers()
    for group, timer in timers.items():
        start = "归档回执签收后" if timer.receipted else "收到或形成后"
        click.echo(f"{LABELS[group]}：{start} {timer.days} 天（{timer.reason}）", err=True)
    for one_court in _courts(court):
        counts: Counter[str] = Counter()
        for one in retention.due(court=one_court, timers=timers, now=now):
            counts[one.holding.label] += 1
            if everything:
                click.echo(f"{one_court}　{one.holding.label}　{one.object_id}　{one.key}　{show(one.due_at)}")
        told = "，".join(f"{label} {count}" for label, count in sorted(counts.items()))
        click.echo(f"{one_court}：可销毁 {counts.total()} 个文件" + (f"（{told}）" if told else ""))


@commands.command("dispose")
@click.option("--court", required=True, help="法院代字")
@click.option("--by", required=True, help="批准销毁的人")
@click.option("--reason", required=True, help="销毁依据，例如档案销毁清册的文号")
@click.confirmation_option(prompt="到期文件将被永久删除，确定吗？")
def dispose(court: str, by: str, reason: str) -> None:
    """销毁一个法院已到保存期限的文件；每个文件在操作日志中留下一条记录。"""
    try:
        done = retention.remove_due(
            court=court, timers=_timers(), store=_store(), by_name=by, reason=reason, now=utc_now()
        )
    except DomainError as error:
        raise click.ClickException(error.title) from error
    except EvidenceError as error:
        raise click.ClickException(f"{error.title_zh}。已完成的部分有效，请稍后再次执行本命令") from error
    locked = f"，{done.locked} 个受存储锁定保护，未销毁" if done.locked else ""
    click.echo(f"{court}：已销毁 {done.objects} 个文件，{_size(done.bytes)}{locked}")


class _Teller:
    """A line now and then while something long runs."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _TOLD_EVERY_S
        self._count = 0

    def __call__(self, done: Moved | None) -> None:
        self._count += 1
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _TOLD_EVERY_S
        if done is None:
            click.echo(f"已查 {self._count} 个文件", err=True)
        else:
            click.echo(
                f"已查 {done.seen} / 约 {done.total}，核对一致 {done.before + done.verified}，"
                f"已复制 {_size(done.bytes)}，有问题 {len(done.problems)}",
                err=True,
            )


def _opened(url: str) -> Store:
    try:
        store = store_from_url(url)
    except EvidenceError as error:
        raise click.ClickException(error.title_zh) from error
    if isinstance(store, MovingStore):
        raise click.UsageError("此处只能写一个存储地址")
    return store


def _store() -> Store:
    store: Store = current_app.extensions["evidence_store"]
    return store


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _timers() -> dict[str, Timer]:
    return from_setting(_settings().retention)


def _courts(court: str | None) -> list[str]:
    return [court] if court else [str(one.id) for one in Court.objects.only("id").order_by("id")]


def _size(count: int) -> str:
    return f"{count / 1024**3:.1f} GB" if count >= 1024**3 else f"{count / 1024**2:.1f} MB"


def init_app(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(commands)
