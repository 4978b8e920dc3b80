"""What somebody must see to in a task, as it stands: every kind of thing to do with its rule, words and clock. Pure.

Hours never roll over nights or holidays. The list is derived, not remembered: what is no longer called for falls away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from server.law.attempts import RETURN_REASONS, SHANGHAI, day_of
from server.law.attempts import Attempt as LawAttempt
from server.law.calls import LABELS
from server.law.deadlines import deadline
from server.law.documents import document_class
from server.law.effects.findings import STATES
from server.law.effects.mail import irregular_return
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.terms import SIMPLE_PROCEDURES, WAYS
from server.service.diligence import call_result_of, moment_of
from server.service.judgment import REFUSED_FLAG

SPECIALIST, COURT_STAFF, JUDGE = "specialist", "court_staff", "judge"
KINDS: Mapping[str, str] = {
    "switch": "更换送达方式",
    "dead_number": "号码无效",
    "wrong_number": "号码非本人",
    "bounce": "电子送达失败",
    "mail_back": "邮件退回",
    "mediation_to_judge": "调解书报法官",
    "confirm_effect": "确认送达效力",
    "judge_decides": "法官决定效力",
    "evidence_incomplete": "补齐材料",
    "hearing": "开庭前送达",
    "entrusted_due": "委托送达到期",
    "payment_order": "支付令到期",
    "announcement_ending": "公告期满",
}
# A decision on effect ends these; nobody closes them by writing a sentence.
BY_DECISION = frozenset({"confirm_effect", "judge_decides"})
_GONE = ("served", "withdrawn")
_NOT_THEIRS = ("not_the_person", "denies")
_HEARING_CLASSES = frozenset({"summons", "hearing_notice"})
_T08 = "送达服务合同的通行要求"


@dataclass(frozen=True, slots=True)
class View:
    """A task as MongoDB keeps it, with its attempts and effects, and the court's rules."""

    task: Mapping[str, Any]
    attempts: Sequence[Mapping[str, Any]]
    effects: Sequence[Mapping[str, Any]]
    rules: RuleSet = NATIONAL

    def hours(self, since: datetime) -> datetime:
        """The moment by which something that went wrong is seen to (T08)."""
        return since + timedelta(hours=self.rules.value("switch_hours"))

    def documents_of(self, recipient: Mapping[str, Any]) -> list[str]:
        return list(recipient.get("documents") or [one["name"] for one in self.task.get("documents") or ()])

    def has_class(self, recipient: Mapping[str, Any], classes: frozenset[str]) -> bool:
        return any(_class_of(name) in classes for name in self.documents_of(recipient))

    def attempts_of(self, recipient_id: str) -> list[Mapping[str, Any]]:
        """Those that count, in order of time."""
        found = [one for one in self.attempts if one["recipient_id"] == recipient_id and one["state"] != "withdrawn"]
        return sorted(found, key=moment_of)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to do. `key` names its cause within the court, so the same cause never makes two."""

    key: str
    kind: str
    meant_for: str
    text: str
    rule: str
    article: str
    opened_at: datetime
    due_at: datetime
    recipient: Mapping[str, Any] = field(default_factory=dict)
    attempt_id: str | None = None
    effect_id: str | None = None


def wanted(view: View) -> list[Wanted]:
    """Everything this task calls for now, soonest due first."""
    found = list(_decisions(view))
    if view.task["state"] == "in_progress":
        for recipient in view.task.get("recipients") or ():
            if recipient["state"] not in _GONE:
                found += _of_recipient(view, recipient)
    return sorted(found, key=lambda one: (one.due_at, one.key))


def _of_recipient(view: View, recipient: Mapping[str, Any]) -> Iterator[Wanted]:
    attempts = view.attempts_of(recipient["id"])
    closed = [one for one in attempts if one["state"] == "closed"]
    for attempt in closed:
        yield from _of_attempt(view, recipient, attempt)
    if closed and recipient["state"] == "failed":
        yield from _after_failure(view, recipient, closed[-1])
    yield from _entrusted(view, recipient, attempts)
    yield from _hearing(view, recipient)
    yield from _payment_order(view, recipient)


def _of_attempt(view: View, recipient: Mapping[str, Any], attempt: Mapping[str, Any]) -> Iterator[Wanted]:
    """Bounces, returns, dead numbers: what was learned stays to be seen to, whichever way is tried next."""
    outcome = attempt.get("outcome")
    if outcome == "call_failed":
        yield from _number(view, recipient, attempt)
    elif outcome == "e_failed":
        text = f"{recipient['name']}：电子送达发送失败，请核实电子地址并补正"
        yield _about(view, "bounce", recipient, attempt, text, "T08", "民诉法解释第一百三十五条")
    elif outcome == "mail_returned":
        text = f"{recipient['name']}：邮件退回{_return_text(attempt, view.rules)}"
        yield _about(view, "mail_back", recipient, attempt, text, "T16", "法院专递规定第六条")
    if _with_the_judge(view, recipient, attempt):
        text = f"{recipient['name']}：调解书未能送达本人，不得留置或者视为送达，拒收的视为反悔，请承办法官处理"
        article = "民事诉讼法第一百零二条、民诉法解释第一百三十三条"
        yield _about(view, "mediation_to_judge", recipient, attempt, text, "T08", article, meant_for=JUDGE)


def _with_the_judge(view: View, recipient: Mapping[str, Any], attempt: Mapping[str, Any]) -> bool:
    """A 调解书 that was refused, or came back: no other way serves who went back on the settlement."""
    if not view.has_class(recipient, frozenset({"mediation"})):
        return False
    return str(attempt.get("outcome") or "").startswith("refused_") or "mediation_to_judge" in _flags(view, attempt)


def _flags(view: View, attempt: Mapping[str, Any]) -> set[str]:
    """What the law found of an attempt, over all documents."""
    return {
        flag
        for effect in view.effects
        for finding in effect.get("findings") or ()
        if finding.get("attempt_id") == attempt["_id"]
        for flag in finding.get("flags") or ()
    }


def _number(view: View, recipient: Mapping[str, Any], attempt: Mapping[str, Any]) -> Iterator[Wanted]:
    result = call_result_of(attempt)
    label = LABELS.get(result)
    if label is None:
        return
    if label.dead:
        text = f"{recipient['name']}：电话{label.label_zh}，请向申请人或者有关部门核实新的号码"
        yield _about(view, "dead_number", recipient, attempt, text, "T01", _T08)
    elif result in _NOT_THEIRS:
        text = f"{recipient['name']}：{label.label_zh}，请核实号码是否为受送达人所有"
        yield _about(view, "wrong_number", recipient, attempt, text, "T01", _T08)


def _return_text(attempt: Mapping[str, Any], rules: RuleSet) -> str:
    """Why it came back, and what the return lacks by T16."""
    record = attempt.get("record") or {}
    reason = record.get("return_reason") or ""
    reason = reason if reason in RETURN_REASONS else ""
    told = f"（{RETURN_REASONS[reason][0]}）" if reason else ""
    tried = tuple(date.fromisoformat(str(one)[:10]) for one in record.get("tried_on") or ())
    law = LawAttempt(
        attempt["_id"],
        "postal",
        "mail_returned",
        return_reason=reason,
        tried_on=tried,
        contact_tried=bool(record.get("contact_tried")),
    )
    lacks = irregular_return(law, rules)
    if lacks:
        return f"{told}，投递不规范：{'、'.join(lacks)}，请向邮政机构核查并核实地址"
    return f"{told}，请核实地址"


def _after_failure(view: View, recipient: Mapping[str, Any], last: Mapping[str, Any]) -> Iterator[Wanted]:
    """The file lacks something: complete it. Otherwise another way within so many hours (T08)."""
    if _with_the_judge(view, recipient, last):
        return
    missing = _missing(view, recipient, last)
    if missing:
        text = f"{recipient['name']}：材料不全，补齐前不产生送达效力：{'；'.join(one['text'] for one in missing)}"
        article = missing[0].get("article") or "民事诉讼法第八十七条"
        yield _about(view, "evidence_incomplete", recipient, last, text, "R1.31", article)
        return
    hours = view.rules.value("switch_hours")
    text = f"{recipient['name']}：{WAYS[last['channel']]}未果，应在 {hours} 小时内更换送达方式"
    yield _about(view, "switch", recipient, last, text, "T08", _T08)


def _missing(view: View, recipient: Mapping[str, Any], last: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the effects of this recipient still want of the last attempt, or why the law cannot read it; each once."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in view.effects:
        if one["recipient_id"] != recipient["id"] or one.get("status") != "none":
            continue
        for finding in one.get("findings") or ():
            flags = finding.get("flags") or () if finding.get("attempt_id") == last["_id"] else ()
            if "incomplete" in flags:
                found |= {item["text"]: item for item in one.get("missing") or ()}
            elif REFUSED_FLAG in flags:
                found[finding["text"]] = finding
    return list(found.values())


def _entrusted(view: View, recipient: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> Iterator[Wanted]:
    """T17: ten days from the day the other court received the letter; before it is known, from the day it left."""
    for attempt in attempts:
        if attempt["channel"] != "entrusted" or attempt["state"] == "closed":
            continue
        received = (attempt.get("record") or {}).get("received_on")
        start = date.fromisoformat(str(received)[:10]) if received else day_of(attempt["opened_at"])
        due = deadline("entrusted", start, rules=view.rules)
        since = "收到委托函" if received else "发出委托（收到日期未登记）"
        text = (
            f"{recipient['name']}：受托法院应自{since}之日起十日内完成送达，"
            f"{due.ends_on.isoformat()} 届满，逾期请发函催办"
        )
        yield Wanted(
            f"entrusted_due:{attempt['_id']}", "entrusted_due", SPECIALIST, text, "T17", due.articles[0],
            attempt["opened_at"], _end_of(due.ends_on), recipient, attempt["_id"],
        )  # fmt: skip


def _hearing(view: View, recipient: Mapping[str, Any]) -> Iterator[Wanted]:
    """T19: the last day on which a summons may still be served. Simple procedure is not bound (INT art. 261)."""
    hearing_at = view.task.get("hearing_at")
    if hearing_at is None or view.task.get("procedure") in SIMPLE_PROCEDURES:
        return
    if not view.has_class(recipient, _HEARING_CLASSES):
        return
    day = day_of(hearing_at)
    due = deadline("hearing", day, rules=view.rules)
    text = (
        f"{recipient['name']}：{day.isoformat()} 开庭，最迟 {due.ends_on.isoformat()} 送达，"
        "不能按期送达的请告知承办法官调整开庭日期"
    )
    key = f"hearing:{view.task['_id']}:{recipient['id']}:{day.isoformat()}"
    yield Wanted(
        key, "hearing", SPECIALIST, text, "T19", due.articles[0], accepted_at(view.task), _end_of(due.ends_on),
        recipient,
    )  # fmt: skip


def _payment_order(view: View, recipient: Mapping[str, Any]) -> Iterator[Wanted]:
    """T20: counted from the day the order came in; the day it was issued, which counts, is not in the lists."""
    if not view.has_class(recipient, frozenset({"payment_order"})):
        return
    issued = day_of(view.task["created_at"])
    due = deadline("payment-order", issued, rules=view.rules)
    text = (
        f"{recipient['name']}：支付令应在 {due.ends_on.isoformat()} 前送达，"
        "三十日内无法送达的请告知承办法官裁定终结督促程序（自任务建立之日起算，发出在先的以发出之日为准）"
    )
    yield Wanted(
        f"payment_order:{view.task['_id']}:{recipient['id']}", "payment_order", SPECIALIST, text, "T20",
        due.articles[0], accepted_at(view.task), _end_of(due.ends_on), recipient,
    )  # fmt: skip


def _decisions(view: View) -> Iterator[Wanted]:
    """Proposals that wait for people, one for all documents of an attempt; announcements that run."""
    recipients = {one["id"]: one for one in view.task.get("recipients") or ()}
    waiting: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for one in view.effects:
        recipient = recipients.get(one["recipient_id"])
        if recipient is None or recipient["state"] == "withdrawn" or not one.get("live", True):
            continue
        if one.get("state") == "notice_running" and one.get("ends_on"):
            waiting.setdefault(("announcement_ending", recipient["id"], one.get("attempt_id") or ""), []).append(one)
        if one.get("status") == "proposed":
            kind = "judge_decides" if JUDGE in (one.get("confirm_by") or ()) else "confirm_effect"
            waiting.setdefault((kind, recipient["id"], one.get("attempt_id") or ""), []).append(one)
        elif _contradicted(one):
            waiting.setdefault(("judge_decides", recipient["id"], f"contradicted:{one['_id']}"), []).append(one)
        elif _only_a_judge(one):
            waiting.setdefault(("judge_decides", recipient["id"], f"asked:{_last_finding(one)}"), []).append(one)
    for (kind, recipient_id, cause), effects in waiting.items():
        yield _decision(view, kind, recipients[recipient_id], cause, effects)


def _contradicted(effect: Mapping[str, Any]) -> bool:
    """Decided, and what came in since says otherwise. An announcement that has run is a new proposal, not this."""
    last: Mapping[str, Any] = (effect.get("decisions") or ({},))[-1]
    if effect.get("status") != "confirmed" or not last or (effect.get("judged_at") or last["at"]) <= last["at"]:
        return False
    return (effect.get("state"), effect.get("served_on")) != (last["state"], last.get("served_on"))


def _only_a_judge(effect: Mapping[str, Any]) -> bool:
    """No effect by the machine's lights, but a judge might see one: unclaimed mail at a confirmed address, say."""
    return (
        effect.get("status") == "none"
        and effect.get("state") == "none"
        and bool(effect.get("proposals"))
        and JUDGE in (effect.get("confirm_by") or ())
    )


def _last_finding(effect: Mapping[str, Any]) -> str:
    return next((str(one["attempt_id"]) for one in reversed(effect.get("findings") or ())), "")


def _decision(
    view: View, kind: str, recipient: Mapping[str, Any], cause: str, effects: Sequence[Mapping[str, Any]]
) -> Wanted:
    first = effects[0]
    names = "、".join(f"《{one['document']}》" for one in effects)
    since = min((one.get("judged_at") or one["updated_at"] for one in effects), default=view.task["updated_at"])
    if kind == "announcement_ending":
        last = max(date.fromisoformat(one["ends_on"]) for one in effects)
        text = f"{recipient['name']}：{names}公告期至 {last.isoformat()} 届满，届满后请确认送达"
        meant_for, rule, due = JUDGE, "T18", _end_of(last + timedelta(days=1))
    elif cause.startswith("contradicted:"):
        text = f"{recipient['name']}：{names}已有认定，但新的材料与认定不一致，请承办法官决定"
        meant_for, rule, due = JUDGE, "1.5", view.hours(since)
    elif cause.startswith("asked:"):
        text = f"{recipient['name']}：{names}{'；'.join(first['proposals'])}"
        meant_for, rule, due = JUDGE, "1.5", view.hours(since)
    else:
        day = f"（{first['served_on']}）" if first.get("served_on") else ""
        text = f"{recipient['name']}：{names}拟认定{STATES.get(first['state'], '')}{day}，请核对后确认或者不予认定"
        meant_for = JUDGE if kind == "judge_decides" else COURT_STAFF
        rule, due = "1.5", view.hours(since)
    attempt_id = first.get("attempt_id") or None
    return Wanted(
        f"{kind}:{recipient['id']}:{cause}", kind, meant_for, text, rule, first.get("article") or "", since, due,
        recipient, attempt_id, first["_id"] if len(effects) == 1 else None,
    )  # fmt: skip


def _about(
    view: View,
    kind: str,
    recipient: Mapping[str, Any],
    attempt: Mapping[str, Any],
    text: str,
    rule: str,
    article: str,
    *,
    meant_for: str = SPECIALIST,
) -> Wanted:
    """Something an ended attempt calls for: its clock runs from the moment it failed."""
    since = moment_of(attempt)
    return Wanted(
        f"{kind}:{attempt['_id']}", kind, meant_for, text, rule, article, since, view.hours(since), recipient,
        attempt["_id"],
    )  # fmt: skip


def accepted_at(task: Mapping[str, Any]) -> datetime:
    """When the specialist let the task into 送达中; for one that never was, when it came in."""
    approved = [one["at"] for one in task.get("steps") or () if one["what"] == "task.approved"]
    found: datetime = approved[0] if approved else task["created_at"]
    return found


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59), SHANGHAI)


def _class_of(name: str) -> str:
    """ "" for a document the law does not know: it starts no clock of its own."""
    try:
        return document_class(name)
    except LawRefused:
        return ""
