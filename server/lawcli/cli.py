"""`flask law QUESTION`: options or JSON in, JSON with the working out; a refusal is JSON too, with exit status 2."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask

from server.law import notices
from server.law.calendars import read_year, shipped
from server.law.disputed import DISPUTED
from server.law.kinds import KINDS
from server.law.reading import as_day, build, describe, plain, refuse
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, THRESHOLDS, RuleSet, approve, faults
from server.law.situation import Situation
from server.lawcli.questions import QUESTIONS, Frame
from server.lawcli.words import WORDS

_REFUSED = 2


def _kinds_text() -> str:
    lines = [f"  {code}  {one.label_zh}（自{one.from_zh}）" for code, one in KINDS.items()]
    lines += [f"  {code}  {label}（自最后一次张贴、刊登）" for code, label in notices.LABELS.items()]
    return "\n".join([*lines, "  hours  按小时计算（--at、--amount）"])


def _schema_text(name: str) -> str:
    shape = describe(QUESTIONS[name].shape)
    if "situation" in shape:
        shape["situation"] = "见 situation"
    if "attempts" in shape and name != "effect":
        shape["attempts"] = "见 effect"
    return "\n".join(f"  {field}: {json.dumps(kind, ensure_ascii=False)}" for field, kind in shape.items())


def _epilog(name: str) -> str:
    text = f"\b\n输入（JSON，* 为必填）：\n{_schema_text(name)}"
    return f"{text}\n\n\b\n期间种类：\n{_kinds_text()}" if name == "deadline" else text


_SITUATION = "\n".join(
    f"  {field}: {json.dumps(kind, ensure_ascii=False)}" for field, kind in describe(Situation).items()
)
_EVERY = "\n\n".join(f"\b\n{name}：{one.label_zh}\n{_schema_text(name)}" for name, one in QUESTIONS.items())


@click.group(
    "law",
    help="送达规则引擎：输入选项或者 JSON（文件，- 为标准输入），输出 JSON，附推算过程和法律依据。",
    epilog=f"\b\n期间种类（deadline --kind）：\n{_kinds_text()}\n\n各命令的 JSON 输入（* 为必填）：\n\n{_EVERY}"
    f"\n\n\b\nsituation：案件和受送达人的情况\n{_SITUATION}\n\n各字段可用的词见 law words。",
)
def law_commands() -> None:
    pass


class _Options:
    """Rules and holidays a command runs with, and the questions it is asked."""

    def __init__(self, name: str, source: str | None, rules: str | None, calendars: tuple[str, ...]) -> None:
        self.name = name
        self.source = source
        self.rules = rules
        self.calendars = calendars

    def frame(self) -> Frame:
        calendar = shipped()
        for path in self.calendars:
            calendar = calendar.with_year(read_year(Path(path).read_text(encoding="utf-8")))
        rules = build(RuleSet, _json(Path(self.rules).read_bytes()), "rules") if self.rules else NATIONAL
        wrong = faults(rules)
        if wrong:
            raise LawRefused(code="law.below_statute", title="；".join(wrong), rule="E18")
        return Frame(rules, calendar)

    def asked(self, given: dict[str, Any]) -> Any:
        """The JSON input with the options laid over it; a list is many questions."""
        if self.source is None:
            return given
        found = _json(sys.stdin.buffer.read() if self.source == "-" else Path(self.source).read_bytes())
        return [_overlay(one, given) for one in found] if isinstance(found, list) else _overlay(found, given)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refuse("", f"不是有效的 JSON（{error}）") from error


def _overlay(found: Any, given: dict[str, Any]) -> Any:
    """Options win over the file; facts of the situation are laid over one by one."""
    if not isinstance(found, dict):
        return found
    facts, more = found.get("situation"), given.get("situation", {})
    if isinstance(facts, dict) and more:
        return {**found, **given, "situation": {**facts, **more}}
    return {**found, **given}


def _run(options: _Options, given: dict[str, Any]) -> None:
    try:
        frame, asked = options.frame(), options.asked(given)
    except LawRefused as refused:
        _print({"refused": refused.as_mapping()})
        sys.exit(_REFUSED)
    _answer(options.name, frame, asked)


def _answer(name: str, frame: Frame, asked: Any) -> None:
    """Answers and prints; one refusal makes the exit status 2, the other answers of a list stand."""
    question = QUESTIONS[name]
    many = asked if isinstance(asked, list) else [asked]
    answers, failed = [], False
    for one in many:
        try:
            answers.append(plain(question.answer(build(question.shape, one), frame)))
        except LawRefused as refused:
            answers.append({"refused": refused.as_mapping()})
            failed = True
    _print(answers if isinstance(asked, list) else answers[0])
    if failed:
        sys.exit(_REFUSED)


def _print(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _given(**options: Any) -> dict[str, Any]:
    """Options that were used, as JSON values."""
    return {
        name: list(one) if isinstance(one, tuple) else one for name, one in options.items() if one not in (None, ())
    }


def _situation(given: dict[str, Any], **facts: str | None) -> dict[str, Any]:
    used = {name: one for name, one in facts.items() if one is not None}
    return {**given, "situation": used} if used else given


_SOURCE = click.argument("source", required=False, type=click.Path(allow_dash=True, exists=True, dir_okay=False))
_RULES = click.option("--rules", type=click.Path(exists=True, dir_okay=False), help="法院规则（JSON 文件）")
_CALENDAR = click.option(
    "--calendar", "calendars", multiple=True, type=click.Path(exists=True, dir_okay=False), help="补充的年度节假日数据"
)
_DOCUMENT = click.option("--document", "documents", multiple=True, help="文书名称，可重复")
_CASE_KIND = click.option("--case-kind", help="案件类型，如 民事")
_PROCEDURE = click.option("--procedure", help="适用程序，如 普通程序")
_RECIPIENT_KIND = click.option("--recipient-kind", help="受送达人类型，如 自然人")
_BASIS = click.option("--address-basis", help="地址依据，如 送达地址确认书")


@law_commands.command("deadline", epilog=_epilog("deadline"))
@_SOURCE
@click.option("--kind", help="期间种类，见下")
@click.option("--served-on", "--on", "on", help="起算日期（送达日、立案日、开庭日 …），YYYY-MM-DD")
@click.option("--at", help="起算时间（按小时计算），ISO 格式带时区")
@click.option("--amount", type=int, help="法院指定期间的长度")
@click.option("--travel-days", type=int, help="在途时间（日）")
@click.option("--posting", "postings", multiple=True, help="公告张贴、刊登日期，可重复")
@click.option("--posted-on", help="当事人交邮日期：判断是否逾期")
@click.option("--received-on", help="法院收到日期：判断是否逾期")
@_RULES
@_CALENDAR
def deadline_command(source: str | None, rules: str | None, calendars: tuple[str, ...], **given: Any) -> None:
    """期间何时届满：最后一日、推算过程、法律依据。"""
    _run(_Options("deadline", source, rules, calendars), _given(**given))


@law_commands.command("channels", epilog=_epilog("channels"))
@_SOURCE
@_DOCUMENT
@_CASE_KIND
@_PROCEDURE
@_RECIPIENT_KIND
@_BASIS
@_RULES
@_CALENDAR
def channels_command(
    source: str | None, rules: str | None, calendars: tuple[str, ...], documents: tuple[str, ...], **facts: Any
) -> None:
    """可以用哪些送达方式：allowed、barred、needs_confirmation，附依据和说明。"""
    _run(_Options("channels", source, rules, calendars), _situation(_given(documents=documents), **facts))


@law_commands.command("evidence", epilog=_epilog("evidence"))
@_SOURCE
@click.option("--result", "--outcome", "result", help="送达结果，如 refused_witness")
@click.option("--channel", help="送达方式，默认 direct")
@_DOCUMENT
@click.option("--item", "items", multiple=True, help="已有证据种类，可重复")
@click.option("--field", "filled", multiple=True, help="已填内容，形如 witness.name=张某，可重复")
@_CASE_KIND
@_PROCEDURE
@_RECIPIENT_KIND
@_RULES
@_CALENDAR
def evidence_command(
    source: str | None,
    rules: str | None,
    calendars: tuple[str, ...],
    result: str | None,
    channel: str | None,
    documents: tuple[str, ...],
    items: tuple[str, ...],
    filled: tuple[str, ...],
    **facts: Any,
) -> None:
    """某一送达结果还缺什么材料。"""
    fields = dict(one.partition("=")[::2] for one in filled) or None
    given = _given(result=result, channel=channel, documents=documents, items=items, fields=fields)
    _run(_Options("evidence", source, rules, calendars), _situation(given, **facts))


@law_commands.command("effect", epilog=_epilog("effect"))
@_SOURCE
@click.option("--document", help="文书名称")
@click.option("--on", help="判断日，YYYY-MM-DD")
@_RULES
@_CALENDAR
def effect_command(source: str | None, rules: str | None, calendars: tuple[str, ...], **given: Any) -> None:
    """送达效力：状态、日期、依据、由谁确认，以及每次送达的判断。"""
    _run(_Options("effect", source, rules, calendars), _given(**given))


@law_commands.command("case-number", epilog=_epilog("case-number"))
@click.argument("numbers", nargs=-1)
@click.option(
    "--input", "source", type=click.Path(allow_dash=True, exists=True, dir_okay=False), help="JSON 文件，- 为标准输入"
)
def case_number_command(numbers: tuple[str, ...], source: str | None) -> None:
    """案号解析：规范写法、法院、类型、提示。"""
    options = _Options("case-number", source, None, ())
    if source is not None:
        _run(options, {})
        return
    asked = [{"case_number": one} for one in numbers]
    _answer(options.name, Frame(), asked[0] if len(asked) == 1 else asked)


def _by_json(name: str) -> None:
    """A command that reads JSON only."""

    @law_commands.command(name, help=QUESTIONS[name].label_zh + "（JSON 输入）。", epilog=_epilog(name))
    @_SOURCE
    @_RULES
    @_CALENDAR
    def command(source: str | None, rules: str | None, calendars: tuple[str, ...]) -> None:
        _run(_Options(name, source or "-", rules, calendars), {})


for _name in ("appeals", "signer", "plan", "ledger", "number-called", "clocks"):
    _by_json(_name)


@law_commands.command("schema")
def schema_command() -> None:
    """每个命令的 JSON 输入格式。"""
    _print({name: describe(one.shape) for name, one in QUESTIONS.items()})


@law_commands.command("words")
def words_command() -> None:
    """各字段可用的词（封闭列表）。"""
    _print(WORDS)


@law_commands.command("rules")
@click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--approve-by", help="以此人名义检查能否批准")
@click.option("--on", help="批准日期，YYYY-MM-DD")
def rules_command(path: str | None, approve_by: str | None, on: str | None) -> None:
    """列出标准和争议点；给出法院规则文件时检查其是否低于法律。"""
    if path is None:
        _print({"version": NATIONAL.version, "thresholds": plain(THRESHOLDS), "disputed": plain(DISPUTED)})
        return
    try:
        draft: RuleSet = build(RuleSet, _json(Path(path).read_bytes()), "rules")
        day = draft.dated if on is None else as_day(on, "on")
        _print(plain(approve(draft, by=approve_by or "检查", on=day)))
    except LawRefused as refused:
        _print({"refused": refused.as_mapping()})
        sys.exit(_REFUSED)


def init_app(app: Flask) -> None:
    app.cli.add_command(law_commands)
