"""`flask --app wsgi dispatch …`: what a court's rides taught about travel times; does the road engine answer."""

from __future__ import annotations

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from routing import Point, ProblemError
from routing.roads import RoadError
from routing.travel_learning import ModeFactors
from server.core.clock import utc_now
from server.dispatch.services import travel_factors, travel_times

REFUSED = 2

commands = AppGroup("dispatch", help="外出送达调度")
_MODES = {"car": "驾车", "ebike": "电动自行车", "bike": "自行车", "transit": "公共交通", "walk": "步行"}
_WHY = {"few": "行程过少，沿用默认值", "no_gain": "预测不优于默认值，沿用默认值"}
_SOURCES = {"learnt": "", "mode": "（按该方式推算）", "default": "（默认）"}


@commands.command("travel-factors")
@click.option("--court", required=True, help="法院代字，例如 京0102")
@click.option("--learn", is_flag=True, help="先用最近九周的行程重新学习")
@click.option("--history", is_flag=True, help="列出历次学习的误差")
def show_factors(court: str, learn: bool, history: bool) -> None:
    """显示路程时间系数：各出行方式的速度、每程固定耗时、样本数与误差。"""
    kept = travel_factors.learn_factors(court=court, now=utc_now()) if learn else travel_factors.newest(court=court)
    if kept is None:
        click.echo("尚未学习，排程使用默认的路程时间。")
        return
    click.echo(f"{court}：{kept.learnt_on} 学习，所用行程自 {kept.since} 起共 {kept.rides} 程")
    for mode in travel_factors.factors_of(kept).modes:
        _tell(mode)
    if history:
        for one in travel_factors.history(court=court):
            told = "；".join(_errors(mode) for mode in travel_factors.factors_of(one).modes)
            click.echo(f"  {one.learnt_on}  {one.rides} 程  {told}")


@commands.command("roads-check")
@click.option("--start", "start", required=True, help="起点经纬度（WGS-84），例如 116.3912,39.9073")
@click.option("--end", "end", required=True, help="终点经纬度（WGS-84）")
def check_roads(start: str, end: str) -> None:
    """向所设置的路网服务询问一段路程，核对地址、密钥与签名。未设置或不可用时退出码为 2。"""
    try:
        found = travel_times.ask_once(_place(start), _place(end))
    except RoadError as error:
        click.echo(f"{error.message_zh}（{error.code}）", err=True)
        sys.exit(REFUSED)
    if found is None:
        click.echo("未设置路网服务，路程时间按估算计。", err=True)
        sys.exit(REFUSED)
    name, seconds, metres = found
    click.echo(f"{name}：{metres / 1000:.1f} 公里，{seconds / 60:.0f} 分钟" if seconds >= 0 else f"{name}：没有道路")


def _place(text: str) -> Point:
    try:
        lng, lat = (float(part) for part in text.split(","))
        return Point(lng, lat)
    except (ValueError, ProblemError) as error:
        raise click.BadParameter(f"不是经纬度：{text}") from error


def _tell(mode: ModeFactors) -> None:
    click.echo(_errors(mode) + (f"（{_WHY[mode.why]}）" if mode.why else ""))
    if mode.left_out:
        click.echo(f"  另有 {mode.left_out} 程无法采用（过近、过久或不合常理）")
    if not mode.used:
        return
    click.echo(f"  每程固定耗时 {mode.overhead_s / 60:.1f} 分钟，绕行系数 {mode.detour:.2f}")
    for hour in mode.hours:
        if hour.samples or 7 <= hour.hour <= 19:
            click.echo(f"  {hour.hour:02d} 时  {hour.kmh:5.1f} 公里/小时  {hour.samples} 程{_SOURCES[hour.source]}")


def _errors(mode: ModeFactors) -> str:
    name = _MODES.get(mode.mode, mode.mode)
    if mode.error_before is None or mode.error_after is None:
        return f"{name}：{mode.samples} 程"
    return f"{name}：{mode.samples} 程，误差中位数由 {mode.error_before:.1f}% 变为 {mode.error_after:.1f}%"


def init_app(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(commands)
