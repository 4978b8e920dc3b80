"""Ending an attempt by hand: post, telephone, electronic, pickup, another court, an announcement. Doors end by review.

Everything is refused before anything is written: an unknown result, impossible days, facts that contradict each other,
evidence of another attempt, a service without the evidence it rests on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.addresses.models import ContactPoint
from server.core import events
from server.core.clock import show
from server.law.attempts import RESULTS, RESULTS_OF
from server.law.outcomes import OUTCOMES
from server.law.proof import missing_of
from server.law.refusals import LawRefused
from server.service import errors, facts, machines, record_fields
from server.service.actor import Actor
from server.service.models import Attempt
from server.service.services import attempts, claims, closing, exhibits, judging, store

Raw = Mapping[str, Any]

# Results that claim a service: without their evidence they are not entered. Every failure is.
_SERVES = frozenset(
    {
        *(code for code, rule in OUTCOMES.items() if rule.serves),
        *("refused_witness", "refused_video", "refused_elsewhere", "refused_unwitnessed"),
        *("refused_at_court", "refused_at_pronouncement"),
        *("mail_signed", "e_sent", "call_told", "notice_published"),
    }
)
_LONGEST, _MOST, _DEEPEST = 2000, 200, 4  # characters of a text, entries of a list or object, levels
_OLDEST = timedelta(days=3660)
# What the machine knows better than who types: never taken from a record.
_NOT_TYPED = ("id", "result", "confirmed_by", "rebutted", "no_fault")


@dataclass(frozen=True, slots=True)
class Result:
    """A result entered by hand. `record`: fields of `server.law.attempts.Attempt` as JSON values."""

    result: str
    happened_at: datetime
    record: Mapping[str, Any]
    note: str = ""


def close_by_hand(
    *, court: str, attempt_id: str, entered: Result, actor: Actor, now: datetime
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Closes an open attempt with its result; the attempt (raw), and what is still missing in the file, in words.

    Of two people at once exactly one wins. Raises `attempt.not_found`, `attempt.not_open` (409, with what was
    decided), `attempt.at_the_door`, `attempt.bad_record`, `attempt.evidence_missing`, `law.*`.
    """
    attempt = attempts.find_attempt(court, attempt_id)
    _check_open(attempt)
    task = judging.task_of(court, attempt["task_id"])
    recipient = task["recipients"][store.place_of(task, attempt["recipient_id"])]
    held = exhibits.exhibits_of(court=court, attempt_ids=[attempt_id])
    record = _record(court, attempt, recipient, entered, held)
    _check_time(entered, now)
    judging.check(court=court, attempt=attempt, result=entered.result, record=record, now=now)
    missing = _missing(task, recipient, {**attempt, "outcome": entered.result, "record": record}, held)
    if missing and entered.result in _SERVES:
        raise errors.evidence_missing(missing)
    text = f"登记送达结果：{RESULTS[entered.result]}"
    if entered.note:
        text += f"；{entered.note}"
    change = closing.closed(
        entered.result, entered.happened_at, record, actor, now, text, {"note": entered.note} if entered.note else None
    )
    if not closing.written(court, attempt_id, ["open"], change, now):
        _check_open(attempts.find_attempt(court, attempt_id))
    judging.follow(court=court, attempt_id=attempt_id, actor=actor, now=now)
    events.relay(Attempt, attempt_id)
    return attempts.find_attempt(court, attempt_id), missing


def _check_open(attempt: Raw) -> None:
    if attempt["channel"] == "direct":
        raise errors.at_the_door()
    if attempt["state"] != "open":
        decided = {
            "state": attempt["state"],
            "outcome": attempt.get("outcome"),
            "by_name": attempt.get("closed_by_name"),
        }
        at = attempt.get("closed_at")
        raise errors.attempt_not_open(
            **decided,
            at=at.isoformat() if at else None,
            detail=f"{attempt.get('closed_by_name') or '系统'}已于{show(at)}{attempt.get('text') or '结束'}"
            if at
            else None,
        )
    machines.next_state(machines.ATTEMPT, attempt["state"], "close")


def _record(court: str, attempt: Raw, recipient: Raw, entered: Result, held: Sequence[Raw]) -> dict[str, Any]:
    """The record as it is kept: what was typed, with what the program knows itself."""
    typed = dict(entered.record)
    _check_text(typed, "record")
    for name in _NOT_TYPED:
        if name in typed:
            raise errors.bad_record(name, "由系统认定，不能填写")
    way = typed.pop("channel", attempt["channel"])
    if way != attempt["channel"] and (attempt["channel"], way) != ("electronic", "message"):
        raise errors.bad_record("channel", "与本次送达方式不符")
    if entered.result not in RESULTS_OF[way]:
        raise errors.law_refused(
            LawRefused(code="law.unknown_word", title=f"该送达方式没有这种结果：{entered.result}", rule="R1.2")
        )
    if entered.result == "mail_open":
        raise errors.still_under_way()
    _check_items(attempt, typed.pop("items", []), held)
    record = typed if way == attempt["channel"] else {**typed, "channel": way}
    if attempt["channel"] in ("postal", "entrusted"):
        record["address_basis"] = _basis(court, attempt, recipient)
    if attempt["channel"] == "notice":
        record["confirmed_by"] = (recipient.get("notice_approval") or {}).get("by_name") or ""
    told = record.get("fields")
    if entered.note and isinstance(told, dict | None):
        record["fields"] = {"note": entered.note, **(told or {})}
    return record


def _check_text(value: Any, where: str, depth: int = 0) -> None:
    """Only what a person could have typed is kept: no control characters, no broken Unicode, nothing endless."""
    if isinstance(value, str) and (len(value) > _LONGEST or any(_is_odd(one) for one in value)):
        raise errors.bad_record(where, "过长或者含有不能识别的字符")
    if not isinstance(value, dict | list):
        return
    if depth > _DEEPEST or len(value) > _MOST:
        raise errors.bad_record(where, "内容过多")
    for number, one in enumerate(value):
        if isinstance(value, dict):
            _check_text(one, where)
            _check_text(value[one], one, depth + 1)
        else:
            _check_text(one, f"{where}[{number}]", depth + 1)
    if where == "fields" and isinstance(value, dict):
        for name, told in value.items():
            why = record_fields.fault(name, told)
            if why:
                raise errors.bad_record(f"fields.{name}", why)


def _is_odd(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t"


def _check_items(attempt: Raw, items: Any, held: Sequence[Raw]) -> None:
    """Evidence is what was uploaded for this attempt; a record may name it, never add to it."""
    kinds = {one["kind"] for one in held}
    if not isinstance(items, list):
        raise errors.bad_record("items", "应为列表")
    for number, one in enumerate(items):
        kind = one.get("kind") if isinstance(one, dict) else one
        of = one.get("attempt_id", "") if isinstance(one, dict) else ""
        if of and of != attempt["_id"]:
            raise errors.law_refused(
                LawRefused(
                    code="law.foreign_evidence",
                    title="证据属于另一次送达，不能用于本次",
                    rule="民事诉讼法第八十七条",
                )
            )
        if not isinstance(kind, str) or kind not in kinds:
            raise errors.bad_record(f"items[{number}]", "没有上传这种材料")


def _basis(court: str, attempt: Raw, recipient: Raw) -> str:
    point_id = attempt.get("contact_point_id")
    if not point_id or point_id == recipient["contact_point_id"]:
        return str(recipient.get("address_basis") or "")
    found = ContactPoint._get_collection().find_one({"_id": point_id, "court": court}, {"basis": 1})
    return str((found or {}).get("basis") or "")


def _check_time(entered: Result, now: datetime) -> None:
    if entered.happened_at > now:
        raise errors.bad_record("happened_at", "不能晚于现在")
    if now - entered.happened_at > _OLDEST:
        raise errors.bad_record("happened_at", "早于现在太久")


def _missing(task: Raw, recipient: Raw, told: Raw, held: Sequence[Raw]) -> list[dict[str, str]]:
    asked = facts.law_attempt(told, held, divorce=facts.is_divorce(task))
    situation = facts.situation_of(task, recipient, attempts=[asked])
    found = missing_of(asked, tuple(claims.documents_for(task, recipient)), situation)
    return [{"code": one.code, "text": one.text_zh, "article": one.article} for one in found]


def missing_now(*, court: str, attempt_id: str, result: str) -> list[dict[str, str]]:
    """What a result would still want in the file of an attempt as it is now, in words a server understands."""
    attempt = attempts.find_attempt(court, attempt_id)
    task = judging.task_of(court, attempt["task_id"])
    recipient = task["recipients"][store.place_of(task, attempt["recipient_id"])]
    held = exhibits.exhibits_of(court=court, attempt_ids=[attempt_id])
    try:
        return _missing(task, recipient, {**attempt, "outcome": result}, held)
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused
