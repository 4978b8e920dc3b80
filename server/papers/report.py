"""The tree of the service report (送达报告书)."""

from __future__ import annotations

from server.papers.data import (
    Attempt,
    DocumentLine,
    Effect,
    EvidenceLine,
    NamedSignature,
    Photo,
    ReportRecipient,
    Review,
    ServiceReport,
    Visit,
    VisitEvent,
)
from server.papers.payload import Exhibits, Tree
from server.papers.proof import signed
from server.papers.rows import facts
from server.papers.sketch import sketch
from server.papers.text import coordinates, day, day_of, metres, moment, placed, second, size, span
from server.papers.wording import Wording


def tree(data: ServiceReport, exhibits: Exhibits, words: Wording) -> Tree:
    """Everything `report.typ` prints."""
    return {
        "title": words.texts["title"],
        "court_name": data.court_name,
        "case_number": data.case_number,
        "number": data.report_number,
        "version": f"第 {data.version} 版",
        "case": facts(
            ("案号", data.case_number),
            ("案由", data.cause),
            ("适用程序", data.procedure),
            ("承办庭室", data.division),
            ("承办法官", data.judge),
            ("书记员", data.clerk),
        ),
        "documents": _documents(data.documents),
        "recipients": [_recipient(r, data.documents) for r in data.recipients],
        "channels": _channels(data.attempts, exhibits),
        "effects": _effects(data.effects),
        "evidence": [_evidence(e) for e in data.evidence],
        "review": _review(data.review),
        "made_by": data.made_by,
        "made_on": day_of(data.made_at),
        "explanation": words.texts["explanation"],
    }


def _documents(documents: tuple[DocumentLine, ...]) -> str:
    return "；".join(f"{d.name} {d.copies} 份" for d in documents)


def _recipient(recipient: ReportRecipient, common: tuple[DocumentLine, ...]) -> Tree:
    return {
        "name": recipient.name,
        "role": recipient.role,
        "address": recipient.address,
        "basis": recipient.address_basis,
        "documents": _documents(recipient.documents or common),
    }


def _channels(attempts: tuple[Attempt, ...], exhibits: Exhibits) -> list[Tree]:
    """The attempts by channel, channels in the order of their first use."""
    by_channel: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_channel.setdefault(attempt.channel_label, []).append(attempt)
    return [
        {"heading": label, "count": f"共 {len(group)} 次", "attempts": [_attempt(one, exhibits) for one in group]}
        for label, group in by_channel.items()
    ]


def _attempt(attempt: Attempt, exhibits: Exhibits) -> Tree:
    visit = attempt.visit
    return {
        "heading": f"第 {attempt.number} 次：{attempt.recipient_name}",
        "state": "已送达" if attempt.served else "未送达",
        "facts": facts(
            ("送达结果", attempt.outcome_label),
            # A visit prints its own span below; the day of service is a matter of law and stands under 送达效力.
            ("时间", "" if visit else moment(attempt.started_at)),
            ("送达地址", attempt.address),
            *(_visit_facts(visit) if visit else ()),
            *attempt.facts,
        ),
        "events": [_event(n, e) for n, e in enumerate(visit.events, 1)] if visit else [],
        "visited": visit is not None,
        "sketch": sketch(visit) if visit else None,
        "log": [
            {"at": second(e.occurred_at), "title": e.title, "result": e.result, "detail": e.detail} for e in attempt.log
        ],
        "photos": [_photo(p, exhibits) for p in attempt.photos],
        "signatures": [_signature(s, exhibits) for s in attempt.signatures],
    }


def _visit_facts(visit: Visit) -> tuple[tuple[str, str], ...]:
    signer = f"{visit.signer_name}（{visit.signer_relation}）" if visit.signer_relation else visit.signer_name
    witness = "　".join(filter(None, (visit.witness_name, visit.witness_organisation)))
    return (
        ("外出任务号", visit.number),
        ("送达人", "、".join(visit.servers)),
        ("计划时间", span(moment(visit.planned_from), moment(visit.planned_until))),
        ("实际时间", span(moment(visit.started_at), moment(visit.ended_at))),
        ("签收人", signer),
        ("拒收事由", visit.refusal_reason),
        ("见证人", witness),
        ("经过", visit.course_of_events),
    )


def _event(number: int, event: VisitEvent) -> Tree:
    position = event.position
    return {
        "number": str(number),
        "label": event.label,
        "at": second(event.occurred_at),
        "position": coordinates(position) or "定位不可用",
        "datum": position.datum if position else "",
        "accuracy": metres(position.accuracy_m) if position else "",
        "distance": metres(event.distance_to_address_m),
        "note": event.note,
    }


def _photo(photo: Photo, exhibits: Exhibits) -> Tree:
    return {
        "file": exhibits.photo(photo.image, name=photo.name),
        "name": photo.name,
        "caption": photo.caption,
        "taken": second(photo.taken_at),
        "position": placed(photo.position) if photo.position else "",
        "sha256": photo.sha256,
    }


def _signature(entry: NamedSignature, exhibits: Exhibits) -> Tree:
    return {
        "role": entry.role,
        "name": entry.name,
        "signature": signed(entry.signature, exhibits, name=f"{entry.role}{entry.name}签名"),
    }


def _effects(effects: tuple[Effect, ...]) -> list[Tree]:
    """The effects by recipient, each in the order given."""
    by_recipient: dict[str, list[Tree]] = {}
    for effect in effects:
        by_recipient.setdefault(effect.recipient_name, []).append(_effect(effect))
    return [{"recipient": name, "lines": lines} for name, lines in by_recipient.items()]


def _effect(effect: Effect) -> Tree:
    confirmed = " ".join(filter(None, (effect.confirmed_by, moment(effect.confirmed_at))))
    return {
        "document": effect.document or "全部文书",
        "label": effect.label,
        "on": day(effect.effective_on),
        "article": effect.article,
        "confirmed": confirmed or "待法院工作人员确认",
    }


def _evidence(line: EvidenceLine) -> Tree:
    return {
        "name": line.name,
        "kind": line.kind,
        "size": size(line.size_bytes),
        "captured": second(line.captured_at),
        "sha256": line.sha256,
    }


def _review(review: Review | None) -> Tree | None:
    if review is None:
        return None
    return {
        "facts": facts(
            ("审核结论", review.decision_label),
            ("审核意见", review.opinion),
            ("审核人", review.reviewer),
            ("审核时间", moment(review.decided_at)),
        )
    }
