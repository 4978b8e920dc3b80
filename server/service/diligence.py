"""What was done for one recipient, in the words of the law: contacts and tries; and which way a machine proposes next.

Pure: raw documents as MongoDB keeps them in, values out. A proposal is never acted on by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from server.law.calls import LABELS, number_tried
from server.law.channels import ALLOWED, BARRED, Verdict, channels
from server.law.diligence import Contact, Plan, Try, calls_of
from server.law.effects.findings import NONE
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation
from server.law.terms import WAYS
from server.service.judgment import DENIED_FLAG

# One number and one electronic address per recipient: their ids in ledger, plan and excuses.
PHONE, E_ADDRESS = "phone", "e_address"
_AT_AN_ADDRESS = ("direct", "postal", "entrusted")
# Results of which nothing follows yet: they are neither service nor failure until an effect on them is decided.
_UNDECIDED = frozenset({"mail_open", "mail_delivered", "e_sent", "call_told", "notice_published"})
_SERVING = ("signed_", "refused_witness", "refused_video", "mail_signed")
# Flags of a finding (server.law.effects) that may still turn into service once papers or days come in.
_UNFINISHED = frozenset({"incomplete", "open", "delivered_unsigned", "unapproved"})


def call_result_of(attempt: Mapping[str, Any]) -> str:
    """The label of a call (a key of server.law.calls.LABELS); "" where none was entered, or one nobody knows."""
    record, facts = attempt.get("record") or {}, attempt.get("facts") or {}
    said = str((record.get("fields") or {}).get("call_result") or facts.get("call_result") or "")
    return said if said in LABELS else ""


def contacts_of(recipient: Mapping[str, Any], points: Iterable[Mapping[str, Any]], *, e_address: bool) -> list[Contact]:
    """Every known way to a recipient: the party's addresses, their number, their electronic address. Masks only."""
    known = {one["_id"]: Contact(one["_id"], "address", one["text"]["mask"], one.get("basis", "")) for one in points}
    own = recipient["contact_point_id"]
    if own not in known:
        known[own] = Contact(own, "address", recipient["address"]["mask"], recipient.get("address_basis", ""))
    found = sorted(known.values(), key=lambda one: (one.id != own, one.id))
    if recipient.get("phone_mask"):
        found.append(Contact(PHONE, "phone", recipient["phone_mask"]))
    if e_address:
        found.append(Contact(E_ADDRESS, "e_address", "登记的电子送达地址"))
    return found


def tries_of(
    recipient: Mapping[str, Any],
    attempts: Iterable[Mapping[str, Any]],
    effects: Iterable[Mapping[str, Any]],
    exhibits: Mapping[str, Sequence[str]],
    contacts: Sequence[Contact],
    *,
    accepted_at: datetime,
    now: datetime,
) -> list[Try]:
    """The attempts that count, oldest first. `exhibits`: attempt id → ids of its exhibits.

    An attempt that was withdrawn proves nothing and is left out. Days before the task was accepted are moved to it:
    a paper list may bring in what was tried before.
    """
    said = _said_of(effects)
    known = {one.id for one in contacts}
    found = [
        Try(
            one["_id"],
            _contact_id(one, recipient, known),
            one["channel"],
            min(max(moment_of(one), accepted_at), now),
            _result(one, said.get(one["_id"], _Said()), recipient),
            call_result_of(one) if one["channel"] == "telephone" else "",
            _evidence(one, exhibits),
        )
        for one in attempts
        if one["recipient_id"] == recipient["id"] and one["state"] != "withdrawn"
    ]
    return sorted(found, key=lambda one: one.at)


def moment_of(attempt: Mapping[str, Any]) -> datetime:
    """When it happened; for one that still runs, when it began."""
    found: datetime = attempt.get("happened_at") or attempt.get("closed_at") or attempt["opened_at"]
    return found


@dataclass(slots=True)
class _Said:
    """What was made of one attempt over all documents: people's word, and what the law found."""

    statuses: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    states: set[str] = field(default_factory=set)


def _said_of(effects: Iterable[Mapping[str, Any]]) -> dict[str, _Said]:
    """Attempt id → what the effects say of it."""
    said: dict[str, _Said] = {}
    for one in effects:
        if one.get("attempt_id"):
            said.setdefault(one["attempt_id"], _Said()).statuses.add(one.get("status", "none"))
        for finding in one.get("findings") or ():
            about = said.setdefault(finding["attempt_id"], _Said())
            about.flags.update(finding.get("flags") or ())
            about.states.add(finding["state"])
    return said


def _contact_id(attempt: Mapping[str, Any], recipient: Mapping[str, Any], known: set[str]) -> str:
    channel = attempt["channel"]
    if channel in _AT_AN_ADDRESS:
        wanted = attempt.get("contact_point_id") or recipient["contact_point_id"]
    else:
        wanted = {"telephone": PHONE, "electronic": E_ADDRESS}.get(channel, "")
    return wanted if wanted in known else ""


def _result(attempt: Mapping[str, Any], said: _Said, recipient: Mapping[str, Any]) -> str:
    """`open` as long as something may still come of it: an announcement must not rest on what is unfinished."""
    if attempt["state"] != "closed" or "proposed" in said.statuses:
        return "open"
    if "rejected" in said.statuses or DENIED_FLAG in said.flags:
        return "failed"
    if "confirmed" in said.statuses:
        return "served"
    if _worthless(attempt.get("outcome") or "", said):
        return "failed"
    return "served" if recipient.get("state") == "served" else "open"


def _worthless(outcome: str, said: _Said) -> bool:
    """Nothing came of it and nothing will: by what the law found, or by its result where the law was not asked."""
    if said.states:
        return said.states == {NONE} and not said.flags & _UNFINISHED
    return not outcome.startswith(_SERVING) and outcome not in _UNDECIDED


def _evidence(attempt: Mapping[str, Any], exhibits: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Ids of exhibits and of what was taken at the door."""
    facts = attempt.get("facts") or {}
    return tuple(dict.fromkeys([*exhibits.get(attempt["_id"], ()), *(facts.get("evidence") or ())]))


@dataclass(frozen=True, slots=True)
class Choice:
    """One way: may it be used, by which article, and why it is proposed or not."""

    channel: str
    label: str
    verdict: str
    article: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the machine suggests next; `channel` "" when only people can find a way on. `others`: and why not those."""

    channel: str
    label: str
    verdict: str
    article: str
    text: str
    others: tuple[Choice, ...]
    rule_version: str

    def stored(self) -> dict[str, Any]:
        """Plain values, as a Todo keeps them."""
        return {**asdict(self), "others": [asdict(one) for one in self.others]}


@dataclass(frozen=True, slots=True)
class Asked:
    """The question: which way next for this recipient, after these tries.

    `situation` with its history (`server.law.history`); `plan` of server.law.diligence; `unlocked` of the ledger.
    """

    documents: Sequence[str]
    situation: Situation
    contacts: Sequence[Contact]
    tries: Sequence[Try]
    plan: Plan
    unlocked: bool = False
    rules: RuleSet = NATIONAL

    @property
    def last(self) -> str:
        """The channel that failed last; "" when none has."""
        return next((one.channel for one in reversed(self.tries) if one.result == "failed"), "")

    def of(self, channel: str, *results: str) -> list[Try]:
        return [one for one in self.tries if one.channel == channel and (not results or one.result in results)]

    def unused(self, channel: str) -> list[Contact]:
        """Addresses this channel was not tried at."""
        used = {one.contact_id for one in self.of(channel)}
        return [one for one in self.contacts if one.kind == "address" and one.id not in used]


# A way's place: (tier, order), the smallest is proposed; None: not now. First what the law orders or was agreed
# to, then the door, the post, the telephone; another court and announcement last, because they take longest and
# weigh most. T08 asks for *another* way, so the one that has just failed waits behind the rest (tier 1).
_Place = tuple[int, int]
_Weighed = tuple[_Place | None, str]
_FRESH, _JUST_FAILED, _OTHERS_HELP, _LAST = range(4)


def propose(asked: Asked) -> Proposal:
    """The next way for a recipient whose last one failed. Never one the law bars; never announcement before its time.

    Raises LawRefused for a document the law does not know.
    """
    judged = channels(asked.documents, asked.situation, rules=asked.rules)
    weighed = {way: _weigh(way, judged, asked) for way in _WEIGHS}
    places = {way: place for way, (place, _) in weighed.items() if place is not None}
    best = min(places, key=lambda way: places[way], default="")
    choices = {way: _choice(judged.of(way), text) for way, (_, text) in weighed.items()}
    others = tuple(choices[way] for way in _WEIGHS if way != best)
    if not best:
        text = "已知的地址和方式均不能再用，请查找新的地址、电话，或者补齐穷尽送达台账后报承办法官"
        return Proposal("", "", "", "民事诉讼法第九十五条第二款", text, others, asked.rules.version)
    chosen = choices[best]
    article = judged.of("leaving").article if best == "direct" and _may_leave(judged.of("leaving")) else chosen.article
    return Proposal(best, chosen.label, chosen.verdict, article, chosen.text, others, asked.rules.version)


def _weigh(way: str, judged: Any, asked: Asked) -> _Weighed:
    verdict: Verdict = judged.of(way)
    if verdict.verdict == BARRED:
        return None, verdict.text_zh
    if any(one.result == "open" for one in asked.of(way)):
        return None, f"{WAYS[way]}尚未有结果"
    return _WEIGHS[way](verdict, judged.of("leaving"), asked)


def _choice(verdict: Verdict, text: str) -> Choice:
    return Choice(verdict.way, verdict.label_zh, verdict.verdict, verdict.article, text)


def _tier(way: str, asked: Asked) -> int:
    return _JUST_FAILED if way == asked.last else _FRESH


def _forwarded(verdict: Verdict, _leaving: Verdict, asked: Asked) -> _Weighed:
    if asked.of("forwarded", "failed"):
        return None, "转交送达已经未果"
    return (_FRESH, 0), verdict.text_zh


def _pickup(_verdict: Verdict, _leaving: Verdict, asked: Asked) -> _Weighed:
    if not asked.situation.collects:
        return None, "受送达人没有表示来院领取"
    if asked.of("pickup", "failed"):
        return None, "通知来院领取已经未果"
    return (_FRESH, 1), "受送达人同意来院领取"


def _electronic(verdict: Verdict, _leaving: Verdict, asked: Asked) -> _Weighed:
    if asked.of("electronic", "failed"):
        return None, "电子送达已经未果，须先核实新的电子地址"
    if verdict.verdict == ALLOWED:
        return (_FRESH, 2), verdict.text_zh
    return (_FRESH, 6), verdict.text_zh


def _may_leave(leaving: Verdict) -> bool:
    return leaving.verdict == ALLOWED


def _direct(verdict: Verdict, leaving: Verdict, asked: Asked) -> _Weighed:
    if _may_leave(leaving):
        return (_FRESH, 3), f"{leaving.text_zh}，请再次上门"
    unused = asked.unused("direct")
    if unused:
        return (_tier("direct", asked), 3), f"{unused[0].text} 尚未上门，{verdict.text_zh}"
    due = next((one for one in asked.plan.due if one.action == "visit"), None)
    if due is None:
        return None, "已知地址均已在不同时段上门"
    return (_tier("direct", asked), 3), due.text_zh


def _postal(verdict: Verdict, _leaving: Verdict, asked: Asked) -> _Weighed:
    unused = asked.unused("postal")
    if not unused:
        return None, "已知地址均已邮寄"
    return (_tier("postal", asked), 4), f"{unused[0].text} 尚未邮寄，{verdict.text_zh}"


def _telephone(verdict: Verdict, _leaving: Verdict, asked: Asked) -> _Weighed:
    numbers = [one for one in asked.contacts if one.kind == "phone"]
    states = [number_tried(one.id, calls_of(one, asked.tries), rules=asked.rules) for one in numbers]
    if not states:
        return None, "没有受送达人的电话号码"
    if all(one.failed for one in states):
        return None, "电话已按标准次数拨打，未能联系上"
    # T01: a number has not failed before its calls were made, so calling on is no repetition of a failed way.
    return (_FRESH, 5), verdict.text_zh


def _entrusted(verdict: Verdict, _leaving: Verdict, asked: Asked) -> _Weighed:
    if asked.of("entrusted", "failed"):
        return None, "委托送达已经未果"
    return (_OTHERS_HELP, 0), verdict.text_zh


def _notice(verdict: Verdict, _leaving: Verdict, asked: Asked) -> _Weighed:
    if asked.situation.simple:
        return None, "简易程序案件不由系统建议公告送达"
    if not asked.unlocked:
        return None, "穷尽送达台账尚有未完成的地址或者方式"
    return (_LAST, 0), verdict.text_zh


_WEIGHS: dict[str, Callable[[Verdict, Verdict, Asked], _Weighed]] = {
    "forwarded": _forwarded,
    "pickup": _pickup,
    "electronic": _electronic,
    "direct": _direct,
    "postal": _postal,
    "telephone": _telephone,
    "entrusted": _entrusted,
    "notice": _notice,
}
