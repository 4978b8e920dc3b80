"""Trees of 电子送达凭证, 送达告知书 and 穷尽送达证明.

Sources: CPL arts. 90, 95; INT art. 135; OL arts. 29-33. A notice is a prompt and says so; the voucher has the force of
the 送达回证 and therefore tells the arrival rule by which the day was found.
"""

from __future__ import annotations

from io import BytesIO

import segno

from server.papers import errors, rows, wording
from server.papers.data import DocumentLine, LogEntry
from server.papers.forms import ElectronicVoucher, ExhaustionProof, Notice
from server.papers.payload import Exhibits, Tree
from server.papers.text import day, moment, second
from server.papers.wording import Value, Wording

_STATES = {"tried": "已尝试未果", "excused": "已说明理由", "open": "尚未完成"}
NAMED_DOCUMENTS = 6
URL_CHARS = 600  # beyond this the code's dots are too small for a phone


def check_notice(data: Notice) -> None:
    """Names whom and what it is about, and leads somewhere. Raises: `papers.incomplete`, `papers.bad_link`."""
    lacking = [name for name, value in (("recipient_name", data.recipient_name), ("url", data.url)) if not value]
    if lacking:
        raise errors.incomplete(lacking, title="送达告知书")
    web = data.url.startswith(("https://", "http://"))
    if not web or len(data.url) > URL_CHARS or not data.url.isascii() or not data.url.isprintable() or " " in data.url:
        raise errors.bad_link(data.url)


def notice_tree(data: Notice, exhibits: Exhibits, words: Wording) -> Tree:
    """Everything `notice.typ` prints."""
    values: dict[str, Value] = {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "受送达人": data.recipient_name,
    }
    facts = (
        ("领取地点", data.collect_at),
        ("领取时间", data.collect_hours),
        ("领取截止", day(data.collect_until)),
        ("查阅验证码", data.access_code),
        ("二维码有效期至", moment(data.url_expires_at)),
        ("承办法官", data.judge),
        ("书记员", data.clerk),
        ("送达人", rows.officers(data.servers)),
        ("告知时间", moment(data.left_at)),
    )
    return rows.head(data, words) | {
        "addressee": data.recipient_name,
        "body": wording.fill(words.texts["body"], values),
        "documents": rows.document_list(data.documents),
        "facts": [{"label": label, "text": text} for label, text in facts if text],
        "hint": wording.fill(words.texts["hint"], values),
        "warning": wording.fill(words.texts["warning"], values),
        "url": data.url,
        "code": exhibits.drawing(qr_code(data.url)),
        "contact": rows.contact_rows(data.contact),
    }


def qr_code(url: str) -> bytes:
    """An SVG of the code, error correction M (15 % may be dirty), quiet zone of four modules."""
    out = BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, svgns=True)
    return out.getvalue()


def check_voucher(data: ElectronicVoucher) -> None:
    """A day of service has its sending and its article. Raises: `papers.incomplete`, `papers.contradiction`."""
    needed: dict[str, object] = {
        "recipient_name": data.recipient_name,
        "channel": data.channel,
        "address": data.address,
        "documents": data.documents,
    }
    if data.served_on is not None:
        needed |= {"sent_at": data.sent_at, "article": data.article}
    lacking = [name for name, value in needed.items() if not value]
    if lacking:
        raise errors.incomplete(lacking, title="电子送达凭证")
    if data.sent_at and any(at < data.sent_at for at in (data.arrived_at, data.read_at) if at):
        raise errors.contradiction(["sent_at"], title="电子送达凭证")


def voucher_tree(data: ElectronicVoucher, _exhibits: Exhibits, words: Wording) -> Tree:
    """Everything `voucher.typ` prints: case, party, channel, times, documents, views, calls."""
    values: dict[str, Value] = {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "受送达人": data.recipient_name,
    }
    groups = (
        (
            "案件基本信息",
            (
                ("案号", data.case_number),
                ("案由", data.cause),
                ("适用程序", data.procedure),
                ("承办部门", data.division),
                ("承办法官", data.judge),
                ("书记员", data.clerk),
            ),
        ),
        (
            "受送达人",
            (
                ("受送达人", data.recipient_name),
                ("诉讼地位", data.recipient_role),
                ("证件号码", data.id_number),
            ),
        ),
        (
            "送达途径",
            (
                ("送达方式", data.channel),
                ("送达地址", data.address),
                ("地址依据", data.address_basis),
                ("同意情况", data.consent),
                ("发送方", data.sender),
                ("发送成功时间", second(data.sent_at)),
                ("到达时间", second(data.arrived_at)),
                ("首次查阅时间", second(data.read_at)),
            ),
        ),
        (
            "送达结果",
            (
                ("送达效力", data.effect or ("已送达" if data.served_on else "尚未送达")),
                ("送达日期", day(data.served_on)),
                ("依据", data.article),
            ),
        ),
    )
    return rows.head(data, words) | {
        "groups": [{"title": title, "facts": rows.facts(*facts)} for title, facts in groups],
        "documents": [{"name": d.name, "copies": f"{d.copies} 份", "sha256": d.sha256} for d in data.documents],
        "logs": [
            {"title": title, "empty": empty, "lines": _log(entries)}
            for title, entries, empty in (
                ("发送记录", data.sending, ""),
                ("查阅记录", data.views, "没有查阅记录。"),
                ("电话沟通简要记录", data.calls, "没有电话沟通记录。"),
            )
            if entries or empty
        ],
        "explanation": wording.fill(words.texts["explanation"], values),
    }


def _log(entries: tuple[LogEntry, ...]) -> list[Tree]:
    return [
        {"at": second(one.occurred_at), "title": one.title, "result": one.result, "detail": one.detail}
        for one in entries
    ]


def _shortened(documents: tuple[DocumentLine, ...]) -> str:
    """All names while they are few; else the first with the number of all: the page is one."""
    if len(documents) <= NAMED_DOCUMENTS:
        return rows.document_names(documents)
    return f"{documents[0].name}等{len(documents)}件诉讼文书"


def check_exhaustion(data: ExhaustionProof) -> None:
    """Has lines, and is complete exactly when none is open. Raises: `papers.incomplete`, `papers.contradiction`."""
    if not data.lines:
        raise errors.incomplete(["lines"], title="穷尽送达证明")
    if data.complete and any(one.state == "open" for one in data.lines):
        raise errors.contradiction(["lines"], title="穷尽送达证明")


def exhaustion_tree(data: ExhaustionProof, _exhibits: Exhibits, words: Wording) -> Tree:
    """Everything `exhaustion.typ` prints, on one page as long as the ledger has no more than about thirty lines."""
    values: dict[str, Value] = {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "受送达人": data.recipient_name,
        "送达文书": _shortened(data.documents),
    }
    return rows.head(data, words) | {
        "opening": wording.fill(words.texts["opening"], values),
        "lines": [
            {
                "number": str(n),
                "label": one.label,
                "state": _STATES[one.state],
                "text": one.text,
                "evidence": f"{one.evidence} 件" if one.evidence else "",
            }
            for n, one in enumerate(data.lines, 1)
        ],
        "conclusion": f"{rows.clause(data.conclusion)}（{data.article}）。" if data.article else data.conclusion,
        "complete": "各已知地址和方式均已尝试或者说明理由" if data.complete else "尚有未完成的地址或者方式",
        "closing": wording.fill(words.texts["closing"], values),
        "rule_version": data.rule_version,
        "made_by": data.made_by,
        "judge": data.judge,
    }
