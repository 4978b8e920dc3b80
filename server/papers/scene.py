"""Trees of the three records of a door: 留置送达笔录, 外出送达工作记录, 送达情况说明.

Rows in the order of CPL art. 89, INT art. 131 and SIMP art. 11: when, where, who served, case, recipient, documents,
who was there, what happened, why refused, witness, where left, recordings; then the signatures. The first two are
also filled in by hand: what is not known yet is a line to write on.
"""

from __future__ import annotations

from server.papers import errors, rows, wording
from server.papers.data import Manner
from server.papers.forms import LeavingRecord, SceneForm, Statement, WorkRecord
from server.papers.payload import Exhibits, Tree
from server.papers.rows import row
from server.papers.text import coordinates, metres, moment, second, span
from server.papers.wording import Value, Wording

_WAYS = {
    Manner.LEFT_WITH_WITNESS: "邀请见证人到场，将文书留置于受送达人住所",
    Manner.LEFT_WITH_RECORDING: "将文书留置于受送达人住所，并采用拍照、录像等方式记录送达过程",
    Manner.REFUSED_BEFORE_COURT: "受送达人拒绝签署送达回证，由审判人员、书记员注明情况并签名",
}
MEDIATION = "调解书"
SIGNED_ROW_CHARS = 240


def check_leaving(data: LeavingRecord) -> None:
    """No record leaves a 调解书 (INT art. 133), and a way claimed has its facts.

    Raises: DomainError `papers.unlawful`, `papers.contradiction`, `papers.incomplete`.
    """
    title = "留置送达笔录"
    if any(MEDIATION in one.name for one in data.documents):
        raise errors.unlawful(
            "调解书应当直接送达当事人本人，不适用留置送达", rule="民诉法解释第一百三十三条", fields=["documents"]
        )
    if data.manner is not None and data.manner not in _WAYS:
        raise errors.contradiction(["manner"], title=title)
    lacking = []
    if data.manner is Manner.LEFT_WITH_WITNESS and data.witness is None:
        lacking.append("witness")
    if data.manner is Manner.LEFT_WITH_RECORDING and not data.recordings:
        lacking.append("recordings")
    if data.manner is Manner.REFUSED_BEFORE_COURT and not data.court_staff:
        lacking.append("court_staff")
    if lacking:
        raise errors.incomplete(lacking, title=title)


def check_statement(data: Statement) -> None:
    """A statement states something. Raises: DomainError `papers.incomplete`."""
    if not (data.explanation or data.course_of_events or data.lines):
        raise errors.incomplete(["explanation"], title="送达情况说明")


def leaving_tree(data: LeavingRecord, exhibits: Exhibits, words: Wording) -> Tree:
    """What `record.typ` prints of 留置送达笔录."""
    body = [
        *_opening(data),
        {**row("留置方式", ""), "choices": _ways(data.manner)},
        row("经过", data.course_of_events, lines=3),
        *_refusal(data),
        *_witness(data),
        row("留置位置", data.left_at),
        row("照片、录像编号", "、".join(data.recordings)),
    ]
    return _tree(data, exhibits, words, body)


def work_tree(data: WorkRecord, exhibits: Exhibits, words: Wording) -> Tree:
    """What `record.typ` prints of 外出送达工作记录."""
    body = [
        *_opening(data, address=data.address, visit=data.visit_number),
        row("经过", data.course_of_events, lines=3),
        *_refusal(data),
        *_witness(data),
        row("留置位置", data.left_at),
        row("照片、录像编号", "、".join(data.recordings)),
        row("送达结果", data.result),
    ]
    events = [
        {
            "label": one.label,
            "at": second(one.occurred_at),
            "position": coordinates(one.position) or "定位不可用",
            "datum": one.position.datum if one.position else "",
            "accuracy": metres(one.position.accuracy_m) if one.position else "",
            "distance": metres(one.distance_to_address_m),
            "note": one.note,
        }
        for one in data.events
    ]
    return _tree(data, exhibits, words, body) | {"events": events}


def statement_tree(data: Statement, exhibits: Exhibits, words: Wording) -> Tree:
    """What `record.typ` prints of 送达情况说明: only the rows that have something to say."""
    body = [
        *_opening(data),
        row("经过", data.course_of_events),
        *_refusal(data),
        *_witness(data),
        row("留置位置", data.left_at),
        row("照片、录像编号", "、".join(data.recordings)),
        row("说明", data.explanation),
        row("附件", "\n".join(f"{n}．{one}" for n, one in enumerate(data.attachments, 1))),
    ]
    attempts = [
        {
            "number": str(n),
            "at": moment(one.at) or "—",
            "channel": one.channel,
            "place": one.place,
            "result": one.result,
        }
        for n, one in enumerate(data.lines, 1)
    ]
    made = _tree(data, exhibits, words, [one for one in body if one["text"] or one["documents"] or one["choices"]])
    return made | {"attempts": attempts, "addressee": data.addressee}


def _opening(data: SceneForm, *, address: str = "", visit: str = "") -> list[Tree]:
    times = span(moment(data.started_at), moment(data.ended_at))
    return [
        *([row("外出任务号", visit)] if visit else []),
        {**row("时间（起止）", times), "times": True},
        row("地点（门牌）", data.place),
        row("送达人\n（姓名、单位、证件号）", rows.officers(data.servers), lines=2),
        row("案号、案由", "　".join(filter(None, (data.case_number, data.cause)))),
        row("受送达人", data.recipient_name),
        *([row("送达地址", address)] if address else []),
        {**row("文书名称、份数", "", lines=2), "documents": rows.document_list(data.documents)},
        row("在场人及\n与受送达人关系", "；".join(_present(one.name, one.relation) for one in data.present)),
    ]


def _present(name: str, relation: str) -> str:
    return f"{name}（{relation}）" if relation else name


def _ways(chosen: Manner | None) -> list[Tree]:
    """The three ways with their boxes; none is ticked on a form still to be filled in."""
    return [{"text": text, "ticked": manner is chosen} for manner, text in _WAYS.items()]


def _refusal(data: SceneForm) -> list[Tree]:
    return [row("拒收人", data.refused_by), row("拒收事由", data.refusal_reason)]


def _witness(data: SceneForm) -> list[Tree]:
    if data.witness is not None:
        return [row("见证人（姓名、\n单位职务、电话）", rows.witness_text(data.witness))]
    if data.witness_declined:
        return [row("不愿见证的情形", data.witness_declined)]
    return [row("见证人（姓名、\n单位职务、电话）", ""), row("不愿见证的情形", "")]


def _tree(data: SceneForm, exhibits: Exhibits, words: Wording, body: list[Tree]) -> Tree:
    values: dict[str, Value] = {
        "法院名称": data.court_name,
        "案号": data.case_number,
        "案由": data.cause,
        "受送达人": data.recipient_name,
    }
    witnesses = [rows.signer("见证人", data.witness.name, data.witness.signature, exhibits)] if data.witness else []
    servers = rows.signers(data.servers, "送达人", exhibits) or [rows.signer("送达人", "", None, exhibits)]
    staff = rows.signers(data.court_staff, "审判人员", exhibits)
    if not staff:
        staff = [rows.signer(role, "", None, exhibits) for role in ("审判人员", "书记员")]
    # The last row goes to the page of the signatures, so that nobody signs an empty page.
    kept = len(body[-1]["text"]) <= SIGNED_ROW_CHARS
    return rows.head(data, words) | {
        "rows": body[:-1] if kept else body,
        "last": body[-1:] if kept else [],
        "attempts": [],
        "events": [],
        "addressee": "",
        "opening": wording.fill(words.texts["opening"], values),
        "closing": wording.fill(words.texts["closing"], values),
        "signers": [*witnesses, *servers, *staff],
    }
