"""index.html of a bundle: what is in it, for people, in Chinese. No script, nothing from outside, all text escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

_CHINA = timezone(timedelta(hours=8))
_SCOPES = {"visit": "上门送达", "case": "案件", "day": "一日", "report": "送达报告"}
_SHOWN = frozenset(("image/jpeg", "image/png", "image/webp"))
_STYLE = (
    "body{font-family:serif;max-width:64em;margin:2em auto;padding:0 1em;line-height:1.5}"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}"
    "td,th{border:1px solid #888;padding:.3em .5em;text-align:left;vertical-align:top}th{background:#f2f2f2}"
    "h1{text-align:center}code{font-size:.8em;word-break:break-all}img{max-width:16em;max-height:16em}"
    ".note{border:1px solid #888;padding:.5em 1em}"
)


def index_html(said: Mapping[str, Any], *, key_line: str) -> bytes:
    """`said` is bundle.json without its list of files; `key_line` the public key in C2SP's spelling."""
    scope, court = said["scope"], said["court"]
    title = f"证据包 {scope['title']}"
    parts = [
        f"<h1>{_e(court['name'])}<br>电子证据包</h1>",
        _table(
            ("项目", "内容"),
            [
                ("范围", f"{_SCOPES.get(scope['kind'], scope['kind'])}：{scope['title']}"),
                ("制作时间", _at(said["made_at"])),
                ("证据包编号", said["bundle_id"]),
                ("材料", f"证据{len(said['items'])}件，文书及其他{len(said['documents'])}件"),
            ],
        ),
        _how(key_line),
        _visits(said["visits"]),
        _ledger(said["ledger"]),
        "<h2>证据</h2>",
        *(_item(number, one) for number, one in enumerate(said["items"], 1)),
        _documents(said["documents"]),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file: blob:"
    head = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        f'<meta name="referrer" content="no-referrer"><title>{_e(title)}</title>'
        f'<style>{_STYLE}</style><meta http-equiv="Content-Security-Policy" content="{policy}">'
    )
    return f"{head}<body>{''.join(parts)}</body></html>\n".encode()


def _how(key_line: str) -> str:
    return (
        '<div class="note"><p>本页仅供阅读，不是核验结果。核验请使用送达系统的离线核验工具'
        "（python -m evidence verify 证据包.zip）或核验网页；核验在本机完成，不上传任何材料。</p>"
        "<p>核验时应当通过其他途径（如书面函件、法院公告）核对以下法院公钥，"
        f"否则只能证明材料与包内公钥相符：<br><code>{_e(key_line)}</code></p></div>"
    )


def _visits(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    head = ("日期", "案号", "受送达人", "送达地址", "外出送达员", "结果")
    names = ("date", "case_number", "recipient_name", "address_mask", "server_name", "outcome_text")
    return "<h2>上门送达</h2>" + _table(head, [[one.get(name) for name in names] for one in rows])


def _ledger(ledger: Mapping[str, Any]) -> str:
    """How many items the phones reported, and each one that is not in this bundle."""
    if not ledger:
        return ""
    text = f"手机登记材料共{ledger.get('total', 0)}件，法院收妥{ledger.get('held', 0)}件。"
    rows = [
        (one.get("title"), one.get("state_text"), one.get("why"), one.get("sha256")) for one in ledger.get("absent", ())
    ]
    table = _table(("材料", "状态", "原因", "登记的摘要 SHA-256"), rows) if rows else ""
    return f"<h2>材料清点</h2><p>{_e(text)}</p>{table}"


def _item(number: int, one: Mapping[str, Any]) -> str:
    said = one["said"]
    link = f'<a href="{_e(one["original"])}">{_e(one["original"])}</a>'
    if one["media_type"] in _SHOWN:
        link += f'<br><img loading="lazy" alt="{_e(one["title"])}" src="{_e(one["original"])}">'
    rows = [
        ("原始文件", link),
        ("大小", f"{one['size']} 字节"),
        ("SHA-256", f"<code>{_e(one['sha256'])}</code>"),
        ("拍摄时间（手机所报）", _e(_at(said.get("captured_at")))),
        ("法院收到时间", _e(_at(said.get("received_at")))),
        ("法院日志", "已登记入法院日志" if one["entry"] else "尚未登记入法院日志，无法证明收到的时间"),
        ("拍摄时签名", "有" if one["envelope"] else "无（不能证明拍摄时即已固定）"),
        *((_e(label), _e(text)) for label, text in _remarks(said)),
    ]
    lines = "".join(f"<tr><th>{label}</th><td>{cell}</td></tr>" for label, cell in rows if cell)
    return f"<h3>{number}. {_e(one['title'])}</h3><table>{lines}</table>"


def _remarks(said: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """What the court found when it looked at the item: sentences, already in words."""
    for name, label in (("capture_text", "固定情况"), ("place_text", "位置核对"), ("late_text", "迟到材料")):
        if said.get(name):
            yield label, str(said[name])


def _documents(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    lines = [
        f'<tr><td><a href="{_e(one["path"])}">{_e(one["title"])}</a></td><td><code>{_e(one["sha256"])}</code></td></tr>'
        for one in rows
    ]
    return f"<h2>文书及其他材料</h2><table><tr><th>文件</th><th>SHA-256</th></tr>{''.join(lines)}</table>"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["".join(f"<th>{_e(one)}</th>" for one in head)]
    lines += ["".join(f"<td>{_e(one)}</td>" for one in row) for row in rows]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _at(text: Any) -> str:
    """A time in the courts' zone; anything else as it is."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S") if text else ""
    except ValueError:
        return str(text)


def _e(value: Any) -> str:
    return html.escape("" if value is None else str(value))
