"""What is in an archive package: the manifest, the files it names, and a page that reads it to people.

Personal numbers and addresses appear in the manifest as masks only; papers and evidence are the originals, which carry
what they have to. The same stored facts give the same manifest, byte by byte: nothing in it is of the day it was made.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from evidence.bundle.names import extension
from server.cases.models import Case
from server.core.clock import COURT_ZONE
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.law.effects.findings import STATES
from server.law.outcomes import EVIDENCE_KINDS
from server.papers.kinds import KINDS
from server.reports.models import Paper
from server.service.models import Attempt, Effect, Exhibit, ServiceTask

SCHEMA = "songda-archive/1"
CHANNELS = {
    "direct": "直接送达",
    "electronic": "电子送达",
    "telephone": "电话告知",
    "postal": "邮寄送达",
    "pickup": "到院领取",
    "notice": "公告送达",
    "entrusted": "委托送达",
    "forwarded": "转交送达",
}
STATUSES = {"none": "无", "proposed": "待确认", "confirmed": "已确认", "rejected": "未认定"}


EvidencePath = Callable[[EvidenceItem], str]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the package: its path, where it lies in the store, what it must hash to."""

    path: str
    store_key: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Content:
    """Everything but the bytes of the files."""

    manifest: dict[str, Any]
    members: tuple[Member, ...]


def gather(*, court: str, court_name: str, case: Case, evidence_path: EvidencePath | None = None) -> Content:
    """Reads the case with its tasks and all that hangs on them, in a stable order.

    `evidence_path`: where the package keeps an item of evidence, when that is not the archive's own way.
    """
    tasks = list(ServiceTask.objects(court=court, case_id=case.id).order_by("created_at", "id"))
    ids = [task.id for task in tasks]
    about = {"court": court, "task_id__in": ids}
    papers = list(Paper.objects(**about).order_by("made_at", "id"))
    evidence = list(EvidenceItem.objects(**about).order_by("captured_at", "id"))
    exhibits = list(Exhibit.objects(**about).order_by("received_at", "id"))
    members: list[Member] = []
    manifest = {
        "schema": SCHEMA,
        "court": {"code": court, "name": court_name},
        "case": {name: getattr(case, name) for name in ("id", "number", "kind", "cause", "procedure")}
        | {"judge": _name(case.judge), "clerk": _name(case.clerk)},
        "tasks": [_task(task) for task in tasks],
        "attempts": [_attempt(one) for one in Attempt.objects(**about).order_by("opened_at", "id")],
        "visits": [_visit(one) for one in Visit.objects(**about).order_by("created_at", "id")],
        "effects": [_effect(one) for one in Effect.objects(**about).order_by("recipient_id", "document", "id")],
        "papers": [_paper(number, one, members) for number, one in enumerate(papers, 1)],
        "evidence": [_evidence(number, one, members, evidence_path) for number, one in enumerate(evidence, 1)],
        "exhibits": [_exhibit(number, one, members) for number, one in enumerate(exhibits, 1)],
    }
    return Content(plain(manifest), tuple(members))


def plain(value: Any) -> Any:
    """JSON values: times in UTC, mongoengine's lists and dicts as Python's."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def manifest_json(content: Content) -> bytes:
    return json.dumps(content.manifest, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _name(official: Any) -> str | None:
    return official.name if official else None


def _picked(one: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _task(task: ServiceTask) -> dict[str, Any]:
    names = ("id", "channel", "state", "return_reason", "due_on", "hearing_at", "created_at", "completed_at", "origin")
    return _picked(task, *names) | {
        "documents": [{"name": one.name, "copies": one.copies} for one in task.documents],
        "recipients": [_recipient(one) for one in task.recipients],
        "timeline": [_picked(step, "at", "by_name", "what", "text", "recipient_id", "receipt") for step in task.steps],
    }


def _recipient(one: Any) -> dict[str, Any]:
    names = ("id", "name", "kind", "standing", "id_mask", "phone_mask", "address_basis", "state", "served_at")
    return _picked(one, *names) | {"address_mask": one.address.mask, "documents": list(one.documents)}


def _attempt(one: Attempt) -> dict[str, Any]:
    """Without `record` and `facts`: they hold what was typed at the door, numbers perhaps among it."""
    names = ("id", "task_id", "recipient_id", "channel", "rule", "reason", "state", "opened_at", "opened_by_name")
    more = ("closed_at", "closed_by_name", "outcome", "happened_at", "text")
    return _picked(one, *names, *more)


def _visit(one: Visit) -> dict[str, Any]:
    outcome = one.outcome
    return _picked(one, "id", "task_id", "attempt_id", "recipient_id", "date", "state") | {
        "outcome": outcome.code if outcome else None,
        "happened_at": outcome.happened_at if outcome else None,
        "progress": [{"kind": step.kind, "at": step.happened_at} for step in one.progress],
        "review": _picked(one.review, "state", "by_name", "at", "reason") if one.review else None,
    }


def _effect(one: Effect) -> dict[str, Any]:
    names = ("id", "task_id", "recipient_id", "recipient_name", "document", "state", "status", "served_on")
    more = ("statistics_on", "ends_on", "article", "text", "confidence", "attempt_id", "rule_version", "judged_at")
    said = ("at", "by_name", "acting_as", "what", "reason", "state", "served_on", "article", "rule_version")
    return _picked(one, *names, *more) | {"decisions": [_picked(decision, *said) for decision in one.decisions]}


def _paper(number: int, one: Paper, members: list[Member]) -> dict[str, Any]:
    title = KINDS[one.kind].title
    stem = f"papers/{number:03d}-{title}-{one.number}-v{one.version}"
    names = ("id", "kind", "number", "version", "task_id", "recipient_id", "made_at", "made_by", "sha256", "size")
    more = ("template_version", "wording_version", "sealed_at", "sealed_by", "seal_serial", "sealed_sha256")
    row = _picked(one, *names, *more) | {"title": title, "file": f"{stem}.pdf", "sealed_file": None}
    members.append(Member(f"{stem}.pdf", one.store_key, one.sha256, one.size))
    if one.sealed_at:
        row["sealed_file"] = f"{stem}-已盖章.pdf"
        members.append(Member(f"{stem}-已盖章.pdf", one.sealed_store_key, one.sealed_sha256, one.sealed_size))
    return row


def _evidence(number: int, one: EvidenceItem, members: list[Member], path: EvidencePath | None) -> dict[str, Any]:
    row = _filed("evidence", number, one, members)
    if path is not None:
        members[-1] = replace(members[-1], path=path(one))
        row["file"] = members[-1].path
    return row | _picked(one, "visit_id", "captured_at", "received_at")


def _exhibit(number: int, one: Exhibit, members: list[Member]) -> dict[str, Any]:
    return _filed("exhibits", number, one, members) | _picked(one, "attempt_id", "received_at", "by_name")


def _filed(folder: str, number: int, one: Any, members: list[Member]) -> dict[str, Any]:
    # The name somebody's file had may carry a number: the package names it by kind.
    label = EVIDENCE_KINDS.get(one.kind, one.kind).replace("/", "、")
    path = f"{folder}/{number:03d}-{label}.{extension(one.media_type)}"
    members.append(Member(path, one.store_key, one.sha256, one.size))
    return _picked(one, "id", "task_id", "kind", "media_type", "sha256", "size") | {"title": label, "file": path}


def index_html(manifest: Mapping[str, Any]) -> bytes:
    """The package for people: no script, nothing from outside, readable for as long as browsers are."""
    case, names = manifest["case"], _names(manifest)
    parts = [
        f"<h1>{_e(manifest['court']['name'])}<br>送达档案</h1>",
        _table(("项目", "内容"), [("案号", case["number"]), ("案由", case["cause"]), ("审判人员", case["judge"])]),
        "<h2>受送达人</h2>",
        _table(
            ("受送达人", "诉讼地位", "证件", "电话", "地址", "状态"),
            [
                (one["name"], one["standing"], one["id_mask"], one["phone_mask"], one["address_mask"], one["state"])
                for task in manifest["tasks"]
                for one in task["recipients"]
            ],
        ),
        "<h2>送达行为</h2>",
        _table(
            ("时间", "方式", "受送达人", "结果"),
            [
                (_at(one["happened_at"]), CHANNELS.get(one["channel"]), names.get(one["recipient_id"]), one["text"])
                for one in manifest["attempts"]
            ],
        ),
        "<h2>送达效力</h2>",
        _table(
            ("受送达人", "文书", "效力", "日期", "依据", "认定"),
            [_effect_row(one) for one in manifest["effects"]],
        ),
        *_files("文书", manifest["papers"]),
        *_files("证据", manifest["evidence"]),
        *_files("送达材料", manifest["exhibits"]),
        "<h2>经过</h2>",
        _table(
            ("时间", "人员", "事项"),
            [
                (_at(step["at"]), step["by_name"], step["text"])
                for task in manifest["tasks"]
                for step in task["timeline"]
            ],
        ),
        "<p>每个文件的 SHA-256 见 SHA256SUMS；全部数据见 manifest.json。加盖电子印章的文书可以用 PDF 阅读器核验。</p>",
    ]
    style = (
        "body{font-family:serif;max-width:60em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%}"
        "td,th{border:1px solid #888;padding:.3em .5em;text-align:left;vertical-align:top}h1{text-align:center}"
        "code{font-size:.8em;word-break:break-all}"
    )
    head = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>送达档案 {_e(case["number"])}</title>'
    return f"{head}<style>{style}</style><body>{''.join(parts)}</body></html>\n".encode()


def _effect_row(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        one["recipient_name"],
        one["document"],
        STATES.get(one["state"], one["state"]),
        one["served_on"],
        one["article"],
        STATUSES.get(one["status"], one["status"])
        + "".join(f"；{said['by_name']} {_at(said['at'])}" for said in one["decisions"]),
    )


def _files(title: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = []
    for one in rows:
        links = [one["file"], one.get("sealed_file")]
        cell = "<br>".join(f'<a href="{_e(link)}">{_e(link)}</a>' for link in links if link)
        lines.append(f"<tr><td>{cell}</td><td><code>{_e(one['sha256'])}</code></td></tr>")
    return [f"<h2>{title}</h2>", f"<table><tr><th>文件</th><th>SHA-256</th></tr>{''.join(lines)}</table>"]


def _names(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {one["id"]: one["name"] for task in manifest["tasks"] for one in task["recipients"]}


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = ["".join(f"<th>{_e(one)}</th>" for one in head)]
    lines += ["".join(f"<td>{_e(one)}</td>" for one in row) for row in rows]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _at(text: str | None) -> str:
    if not text:
        return ""
    return datetime.fromisoformat(text).astimezone(COURT_ZONE).strftime("%Y-%m-%d %H:%M")


def _e(value: Any) -> str:
    return html.escape("" if value is None else str(value))
