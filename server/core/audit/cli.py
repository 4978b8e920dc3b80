"""`flask --app wsgi audit …`: verify, checkpoint, key, archive, remove, export."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from pymongo.errors import PyMongoError

from evidence.errors import EvidenceError
from server.config import Settings
from server.core.audit import archive as archives
from server.core.audit import checkpoints, entries, walk
from server.core.audit.models import ChainCheckpoint, ChainEntry, ChainHead
from server.core.audit.verify import Against, Report, courts, verify
from server.core.clock import COURT_ZONE, utc_now
from server.core.errors import DomainError

commands = AppGroup("audit", help="审计日志：校验、检查点、归档、导出")

_WHAT = {
    walk.ALTERED: "被改动",
    walk.MISSING: "缺失",
    walk.REORDERED: "次序被调换",
    walk.INSERTED: "是后来插入的",
    walk.FORGED: "是伪造的（校验码不符）",
    walk.CUT: "起末尾被截断",
}
_WHERE = {walk.ENTRY: "条记录", walk.CHECKPOINT: "个检查点", walk.SEGMENT: "条起的归档文件"}
_court = click.option("--court", default=None, help="只处理此法院（代字，例如 京0102；平台日志用空字符串）；缺省为全部")


@commands.command("verify")
@_court
@click.option("--json", "as_json", is_flag=True, help="每个法院输出一行 JSON")
@click.option(
    "--checkpoint",
    "known",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="另行保存的检查点文件：校验日志确由其延续而来（须同时给出 --court）",
)
def verify_logs(court: str | None, as_json: bool, known: Path | None) -> None:
    """逐条重新计算并校验审计日志；发现问题时指出第一处，并以 1 退出。"""
    if known is not None and court is None:
        raise click.UsageError("--checkpoint 须与 --court 同时使用")
    against = _against(court, known)
    bad = False
    for one in courts() if court is None else [court]:
        report = verify(one, against)
        bad = bad or not report.ok
        click.echo(json.dumps(_as_json(report), ensure_ascii=False) if as_json else told(report))
    sys.exit(1 if bad else 0)


@commands.command("checkpoint")
@_court
def make_checkpoints(court: str | None) -> None:
    """立即为有新记录的法院签署检查点并申请时间戳，然后输出各法院最新的检查点。"""
    tsa = checkpoints.stamper(current_app.extensions)
    chosen = None if court is None else [court]
    made = checkpoints.make(now=utc_now(), tsa=tsa, courts=chosen)
    for one in _courts(court):
        newest = ChainCheckpoint._get_collection().find_one({"court": one}, sort=[("number", -1)])
        if newest is not None:
            click.echo(newest["note"])
    waiting = f"，{made.waiting} 个等待时间戳" if tsa else "（未配置时间戳服务）"
    if tsa is not None and tsa.by == "court":
        waiting += "（由本系统自行签发，不是第三方时间戳）"
    click.echo(f"新签检查点 {made.checkpoints} 个，取得时间戳 {made.stamped} 个{waiting}", err=True)


@commands.command("key")
@_court
def show_key(court: str | None) -> None:
    """输出验证检查点签名所需的公钥（C2SP signed-note 格式），可交给外部人员保存。"""
    for one in _courts(court):
        click.echo(str(checkpoints.verifier(one)))


@commands.command("archive")
@_court
@click.option("--before", required=True, type=click.DateTime(["%Y-%m-%d"]), help="归档此日期之前的记录（至少六个月前）")
def archive_entries(court: str | None, before: datetime) -> None:
    """把旧记录写入证据存储（之后仍可校验）；不删除数据库中的记录，删除见 audit remove。"""
    day = before.replace(tzinfo=COURT_ZONE).astimezone(UTC)
    for one in _courts(court):
        made = _or_refuse(lambda one=one: archives.archive(one, before=day, now=utc_now(), store=_store()))
        count = sum(segment["end"] - segment["begin"] for segment in made)
        click.echo(f"{_name(one)}：归档 {count} 条，{len(made)} 个文件")


@commands.command("remove")
@_court
@click.option("--admin-uri", required=True, help="有删除权限的数据库用户的连接串（程序自身的用户无需删除权限）")
def remove_archived(court: str | None, admin_uri: str) -> None:
    """从数据库删除已归档的记录；删除前先读回归档文件并校验。"""
    for one in _courts(court):
        count = _or_refuse(lambda one=one: archives.remove(one, admin_uri=admin_uri, now=utc_now(), store=_store()))
        click.echo(f"{_name(one)}：删除已归档的记录 {count} 条")


@commands.command("export")
@click.option("--court", required=True, help="法院代字，例如 京0102；平台日志用空字符串")
@click.option("--out", type=click.File("wb"), default="-", help="写入此文件，缺省为标准输出")
def export_entries(court: str, out: BinaryIO) -> None:
    """导出一个法院的全部记录（含已归档的），每行一条 JSON，可脱离本系统校验哈希链。"""
    count = 0
    for entry in _or_refuse(lambda: _everything(court)):
        out.write(walk.line_of(entry))
        count += 1
    click.echo(f"{_name(court)}：导出 {count} 条", err=True)


def told(report: Report) -> str:
    """The report in one or two Chinese lines."""
    name = _name(report.court)
    bad = report.first_bad
    if bad is None:
        stamps = f"，{report.stamped} 个带时间戳（已核对 {report.stamps_checked} 个）" if report.stamped else ""
        archived = f"（其中已归档 {report.archived} 条）" if report.archived else ""
        return f"{name}：完好，{report.entries} 条记录{archived}，{report.checkpoints} 个检查点{stamps}"
    identified = f"（编号 {bad.id}）" if bad.id else ""
    if bad.where == walk.HEAD:
        place = "日志头部"
    elif bad.seq is None:
        place = f"一{_WHERE[bad.where]}"
    else:
        # People count from one; checkpoints are numbered so.
        place = f"第 {bad.seq + (bad.where != walk.CHECKPOINT)} {_WHERE[bad.where]}"
    return f"{name}：有问题！{place}{identified}{_WHAT[bad.what]}；此前 {report.entries} 条完好"


def _as_json(report: Report) -> dict[str, Any]:
    return {**asdict(report), "ok": report.ok}


def _against(court: str | None, known: Path | None) -> Against:
    settings = _settings()
    return Against(
        store=_store(),
        roots=_or_refuse(lambda: checkpoints.trusted_roots(settings.tsa_certificates)),
        policy=settings.tsa_policy,
        known=_or_refuse(lambda: checkpoints.verifier(court or "").open(known.read_text("utf-8"))) if known else None,
    )


def _everything(court: str) -> Iterator[dict[str, Any]]:
    end = 0
    for segment in archives.segments(court):
        try:
            yield from archives.read(segment, _store())
        except walk.Damaged as error:
            raise click.ClickException(f"归档文件有问题：{error}") from error
        end = segment["end"]
    collection = ChainEntry._get_collection().with_options(codec_options=entries.CODEC)
    yield from collection.find({"court": court, "seq": {"$gte": end}}).sort([("court", 1), ("seq", 1)])


def _courts(court: str | None) -> list[str]:
    if court is not None:
        return [court]
    return sorted(one["_id"] for one in ChainHead._get_collection().find({}, {"_id": 1}))


def _name(court: str) -> str:
    return court or "平台"


def _or_refuse(work: Any) -> Any:
    """Runs it; a refusal is told in Chinese and ends the command with 1."""
    try:
        return work()
    except DomainError as refusal:
        where = "".join(f" {name}={value}" for name, value in refusal.extra.items())
        raise click.ClickException(f"{refusal.title}（{refusal.code}{where}）") from refusal
    except EvidenceError as refusal:
        raise click.ClickException(f"{refusal.title_zh}（{refusal.code}）") from refusal
    except PyMongoError as refusal:
        raise click.ClickException(f"数据库拒绝了操作：{refusal}") from refusal


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def _store() -> Any:
    return current_app.extensions["evidence_store"]


def init_app(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(commands)
