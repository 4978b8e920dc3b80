"""Facts of law about a recipient, put on record by a person with a reason: what the rules of channels and effect ask.

The case gives kind and procedure, attempts make their own facts true; the rest is here, each from a closed list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from server.core.clock import court_day
from server.law import channels as law_channels
from server.law import terms
from server.law.attempts import Attempt
from server.law.channels import Channels
from server.law.documents import CLASSES
from server.law.reading import plain
from server.law.refusals import LawRefused
from server.law.rulesets import RuleSet
from server.law.situation import CONSENTS, E_ADDRESSES, Situation
from server.service import errors, facts
from server.service.actor import Actor
from server.service.services import judging, store
from server.service.services.claims import documents_for
from server.service.services.rule_sets import rules_in_force
from server.service.services.store import Edit
from server.service.timeline import step

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact a person may record. `choices`: code → Chinese; empty for yes or no."""

    code: str
    label_zh: str
    choices: Mapping[str, str] | None = None


_FORWARDED = {"": "无", **{code: who for code, (who, _, _) in terms.FORWARDED_FOR.items()}}
_FACTS = (
    Fact("region", "地区", terms.REGIONS),
    Fact("forwarded_for", "须转交送达的身份", _FORWARDED),
    Fact("consent", "电子送达同意", CONSENTS),
    Fact("e_address", "电子地址", E_ADDRESSES),
    Fact("agent", "卷中有诉讼代理人的授权"),
    Fact("agent_receives", "诉讼代理人被指定代收"),
    Fact("refused", "上门时拒绝接收"),
    Fact("refused_by_agent", "诉讼代理人拒绝接收"),
    Fact("refuses_address", "经告知仍拒不提供送达地址"),
    Fact("evades", "躲避、规避送达"),
    Fact("told_consequences", "已告知填写送达地址的后果"),
    Fact("unknown_whereabouts", "下落不明（有证据）"),
    Fact("reachable_by_phone", "手机能够接通"),
    Fact("collects", "同意来院领取"),
    Fact("internet_court", "互联网法院案件"),
    Fact("first_instance_by_notice", "一审公告送达"),
    Fact("divorce", "离婚案件"),
    Fact("needs_guardian", "应由法定代理人签收"),
)
FACTS: Mapping[str, Fact] = {one.code: one for one in _FACTS}
# What follows from attempts, or from the judge's approval of the ledger: shown, not typed.
_DERIVED = {
    "exhausted": "各种方式均已尝试（经批准）",
    "direct_failed": "直接送达未果",
    "mail_failed": "邮寄送达未果",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A recipient as the rules see them now."""

    task: dict[str, Any]
    recipient: dict[str, Any]
    attempts: tuple[Attempt, ...]
    situation: Situation
    rules: RuleSet

    @property
    def recorded(self) -> dict[str, Any]:
        """What people put on record, of the facts they may record."""
        return {code: value for code, value in (self.recipient.get("situation") or {}).items() if code in FACTS}


def known_of(*, court: str, task_id: str, recipient_id: str, now: datetime) -> Known:
    """Everything the rules turn on for this recipient. Raises `task.not_found`, `recipient.not_found`, `law.…`."""
    task = judging.task_of(court, task_id)
    recipient = task["recipients"][store.place_of(task, recipient_id)]
    attempts = tuple(_readable(task, judging.attempts_of(court, task_id, recipient_id)))
    try:
        situation = facts.situation_of(task, recipient, attempts=attempts)
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused
    return Known(task, recipient, attempts, situation, rules_in_force(court, court_day(now)))


def channels_of(known: Known) -> Channels:
    """Every way of service judged for the recipient's documents, by the rules now in force. Raises `law.…`."""
    try:
        return law_channels.channels(documents_for(known.task, known.recipient), known.situation, rules=known.rules)
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused


def set_situation(
    *,
    court: str,
    task_id: str,
    recipient_id: str,
    changes: Mapping[str, Any],
    reason: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> dict[str, list[Any]]:
    """Puts facts on record (None takes one off); fact → [before, after] of what changed. Effects are judged anew.

    What attempts made true stays true whatever is recorded here.

    Raises `situation.reason_required`, `situation.unknown_fact`, `law.unknown_word`, `law.contradiction`,
    `recipient.closed` (withdrawn), `task.changed`, `task.not_found`, `recipient.not_found`.
    """
    why = reason.strip()
    if not why:
        raise errors.situation_reason_required()
    unknown = sorted(set(changes) - set(FACTS))
    if unknown:
        raise errors.situation_unknown_fact(unknown)
    moved: dict[str, list[Any]] = {}

    def change(task: dict[str, Any]) -> Edit | None:
        place = store.place_of(task, recipient_id)
        recipient = task["recipients"][place]
        if recipient["state"] == "withdrawn" or task["state"] == "withdrawn":
            raise errors.recipient_closed()
        moved.clear()
        moved.update(_moved(recipient, changes))
        if not moved:
            return None
        _check(task, recipient, moved)
        return _edit(place, recipient_id, moved, why, actor, now)

    store.rewrite(court=court, task_id=task_id, now=now, change=change, version=version)
    tried = judging.attempts_of(court, task_id, recipient_id)
    # What ended before the program kept records of law was settled then, and is not unsettled by asking now.
    if tried and all("record" in one for one in tried):
        judging.judge_recipient(
            court=court, task_id=task_id, recipient_id=recipient_id, attempt_id=None, actor=actor, now=now
        )
    return dict(moved)


def described(known: Known) -> dict[str, list[dict[str, Any]]]:
    """For a page: `facts` with label, choices and value; `derived`, which nobody types."""
    now_is = plain(known.situation)
    return {
        "facts": [
            {
                "code": one.code,
                "label": one.label_zh,
                "choices": [{"code": code, "label": label} for code, label in (one.choices or {}).items()],
                "value": now_is[one.code],
                "recorded": one.code in known.recorded,
            }
            for one in _FACTS
        ],
        "derived": [{"code": code, "label": label, "value": now_is[code]} for code, label in _DERIVED.items()],
        "given": [{"code": code, "label": label, "value": now_is[code]} for code, label in _GIVEN.items()],
        "document_classes": [{"code": code, "label": label} for code, label in CLASSES.items()],
    }


_GIVEN = {
    "case_kind": "案件类型",
    "procedure": "适用程序",
    "recipient_kind": "受送达人类型",
    "address_basis": "地址依据",
}
_DEFAULTS = {one.name: plain(getattr(Situation(), one.name)) for one in fields(Situation)}


def _moved(recipient: Raw, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What would be otherwise than it is; a fact at its default is as good as not recorded."""
    recorded = recipient.get("situation") or {}
    wanted = {code: [_value(code, recorded.get(code)), _value(code, value)] for code, value in changes.items()}
    return {code: pair for code, pair in wanted.items() if pair[0] != pair[1]}


def _value(code: str, value: Any) -> Any:
    if value is None:
        return _DEFAULTS[code]
    return {**_DEFAULTS[code], **value} if code == "consent" and isinstance(value, Mapping) else value


def _check(task: Raw, recipient: Raw, moved: Mapping[str, list[Any]]) -> None:
    """The facts as they would then stand must make sense together."""
    told = {**(recipient.get("situation") or {}), **{code: after for code, (_, after) in moved.items()}}
    try:
        found = facts.situation_of(task, {**recipient, "situation": told})
        for one in found.consent.covers:
            terms.known(one, CLASSES, what="文书类别")
    except LawRefused as refused:
        raise errors.law_refused(refused) from refused


def _edit(place: int, recipient_id: str, moved: Mapping[str, list[Any]], why: str, actor: Actor, now: datetime) -> Edit:
    edit = Edit()
    for code, (_, after) in moved.items():
        path = f"recipients.{place}.situation.{code}"
        if after == _DEFAULTS[code]:
            edit.gone.append(path)
        else:
            edit.values[path] = after
    words = "；".join(
        f"{FACTS[code].label_zh}：{_zh(code, before)} → {_zh(code, after)}" for code, (before, after) in moved.items()
    )
    text = f"登记受送达人情况：{words}（理由：{why}）"
    edit.steps.append(step("recipient.situation", text, actor=actor, now=now, recipient_id=recipient_id))
    return edit


def _zh(code: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        covers = "、".join(CLASSES.get(one, one) for one in value.get("covers") or ())
        withdrawn = "，已撤回" if value.get("withdrawn") else ""
        return CONSENTS.get(value.get("form", ""), "") + (f"（{covers}）" if covers else "") + withdrawn
    return (FACTS[code].choices or {}).get(value, str(value))


def _readable(task: Raw, attempts: Sequence[Raw]) -> list[Attempt]:
    """What the law cannot read counts for nothing here; its effect says why."""
    exhibits = judging.exhibits_of(task["court"], attempts)
    found = []
    for one in attempts:
        try:
            found.append(facts.law_attempt(one, exhibits.get(one["_id"], ()), divorce=facts.is_divorce(task)))
        except LawRefused:
            continue
    return found
