"""The exhaustion ledger: announcement stays locked until every known address and channel was tried or excused.

CPL art. 95 allows announcement where the other ways of the section cannot serve; ¶2 wants reason and course on file.
A line is `tried` (failed, with its record), `excused` (with a reason and evidence, or barred by law) or `open`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from server.law.calls import number_tried
from server.law.channels import BARRED, judge
from server.law.diligence import KINDS, Contact, Try, calls_of
from server.law.documents import document_class
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation
from server.law.terms import WAYS

TRIED, EXCUSED, OPEN = "tried", "excused", "open"
STATES = {TRIED: "已尝试未果", EXCUSED: "已说明理由", OPEN: "尚未完成"}
# Ways of the section that are asked of every case; entrusted and forwarded service have conditions of their own.
ASKED = ("direct", "postal", "electronic", "telephone")
_DONE, _NOT_DONE = "各已知地址和方式均已尝试或者说明理由", "尚有未完成的地址或者方式"
_OF_KIND = {"address": ("direct", "postal", "entrusted"), "e_address": ("electronic", "message")}


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a contact (by id) or a channel was not tried, with the ids of its evidence. Raises LawRefused without any."""

    what: str
    reason_zh: str
    evidence: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.reason_zh.strip() or not self.evidence:
            raise LawRefused(
                code="law.bad_input",
                title="未尝试的地址或者方式应当说明理由并附证据",
                rule="民事诉讼法第九十五条第二款",
            )


@dataclass(frozen=True, slots=True)
class Line:
    """One contact or channel of the ledger; `tries` and `evidence` are ids."""

    what: str
    label_zh: str
    state: str
    text_zh: str
    tries: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every contact and channel. `complete`: nothing is open. `unlocked`: and the law lets a judge announce."""

    lines: tuple[Line, ...]
    complete: bool
    unlocked: bool
    article: str
    text_zh: str
    rule_version: str

    @property
    def open(self) -> tuple[Line, ...]:
        return tuple(one for one in self.lines if one.state == OPEN)


def ledger(
    documents: Sequence[str],
    contacts: Sequence[Contact],
    tries: Sequence[Try],
    excuses: Iterable[Excuse],
    situation: Situation,
    *,
    rules: RuleSet = NATIONAL,
) -> Ledger:
    """Whether announcement may be put to the judge. Raises LawRefused: excuse or try of an unknown contact."""
    excused = {one.what: one for one in excuses}
    _check(contacts, tries, excused)
    kinds = [document_class(name) for name in documents]
    if not kinds:
        raise LawRefused(code="law.bad_input", title="没有文书", rule="民事诉讼法第八十七条")
    lines = [_contact_line(one, tries, excused.get(one.id), rules) for one in contacts]
    facts = _as_known(situation, contacts)
    lines += [_channel_line(way, kinds, contacts, tries, excused.get(way), facts, rules) for way in ASKED]
    complete = all(one.state != OPEN for one in lines)
    asked = replace(situation, exhausted=complete)
    verdicts = [judge("notice", kind, asked, rules) for kind in kinds]
    bar = next((one for one in verdicts if one.verdict == BARRED), None)
    chosen = bar or verdicts[0]
    return Ledger(tuple(lines), complete, complete and bar is None, chosen.article, chosen.text_zh, rules.version)


def _as_known(situation: Situation, contacts: Sequence[Contact]) -> Situation:
    """With the contacts on file: a way is never excused for want of an address that is there."""
    bases = [one.basis or "法院查明" for one in contacts if one.kind == "address"]
    tied = "tied" if any(one.kind == "e_address" for one in contacts) else ""
    return replace(
        situation,
        address_basis=situation.address_basis or next(iter(bases), ""),
        e_address=situation.e_address or tied,
    )


def _check(contacts: Sequence[Contact], tries: Sequence[Try], excused: dict[str, Excuse]) -> None:
    ids = {one.id for one in contacts}
    unknown = [one.contact_id for one in tries if one.contact_id and one.contact_id not in ids]
    unknown += [what for what in excused if what not in ids and what not in ASKED]
    if unknown:
        raise LawRefused(
            code="law.contradiction", title=f"没有这个地址或者方式：{unknown[0]}", rule="民事诉讼法第九十五条第二款"
        )


def _contact_line(contact: Contact, tries: Sequence[Try], excuse: Excuse | None, rules: RuleSet) -> Line:
    label = f"{KINDS[contact.kind]} {contact.text}"
    ours = [one for one in tries if one.contact_id == contact.id]
    text = _phone_text(contact, ours, rules) if contact.kind == "phone" else _failed_text(contact, ours)
    return _line(contact.id, label, text, ours, excuse)


def _line(what: str, label: str, text: str, ours: Sequence[Try], excuse: Excuse | None) -> Line:
    """`text` is what was tried in vain, "" when that is not enough."""
    ids = tuple(one.id for one in ours)
    evidence = tuple(item for one in ours for item in one.evidence)
    if text:
        return Line(what, label, TRIED, text, ids, evidence)
    if excuse is not None:
        return Line(what, label, EXCUSED, excuse.reason_zh, ids, (*evidence, *excuse.evidence))
    return Line(what, label, OPEN, "尚未尝试、正在进行或者次数不足，也没有附证据的说明", ids, evidence)


def _failed_text(contact: Contact, ours: Sequence[Try]) -> str:
    ways = _OF_KIND[contact.kind]
    if any(one.result != "failed" for one in ours):
        return ""
    done = [one for one in ours if one.channel in ways and one.evidence]
    return "、".join(f"{one.at:%Y-%m-%d} {WAYS[one.channel]}未果" for one in done)


def _phone_text(contact: Contact, ours: Sequence[Try], rules: RuleSet) -> str:
    state = number_tried(contact.id, calls_of(contact, ours), rules=rules)
    return f"共拨打 {len(ours)} 次，{state.working[0]}" if state.failed else ""


def _channel_line(
    way: str,
    kinds: Sequence[str],
    contacts: Sequence[Contact],
    tries: Sequence[Try],
    excuse: Excuse | None,
    situation: Situation,
    rules: RuleSet,
) -> Line:
    ours = [one for one in tries if one.channel == way]
    if way == "telephone":
        numbers = [one for one in contacts if one.kind == "phone"]
        states = [number_tried(one.id, calls_of(one, tries), rules=rules) for one in numbers]
        text = f"{len(numbers)} 个号码均未能联系上" if states and all(one.failed for one in states) else ""
    else:
        failed = [one for one in ours if one.result == "failed" and one.evidence]
        text = f"共 {len(failed)} 次，均未果" if failed and len(failed) == len(ours) else ""
    line = _line(way, WAYS[way], text, ours, excuse)
    if line.state != OPEN or ours:
        return line
    barred = [one for one in (judge(way, kind, situation, rules) for kind in kinds) if one.verdict == BARRED]
    if len(barred) == len(kinds) and way != "telephone":
        return Line(way, WAYS[way], EXCUSED, f"依法不适用：{barred[0].text_zh}（{barred[0].article}）")
    return line


def one_page(found: Ledger, *, case_number: str, recipient: str, documents: Sequence[str]) -> tuple[str, ...]:
    """The proof on one page, line by line, for the file (原因和经过)."""
    head = [
        f"案号：{case_number}",
        f"受送达人：{recipient}",
        f"送达文书：{'、'.join(documents)}",
        f"结论：{_DONE if found.complete else _NOT_DONE}；{found.text_zh}（{found.article}）",
    ]
    body = [
        f"{number}．{one.label_zh}：{STATES[one.state]}。{one.text_zh}"
        + (f"（证据 {len(one.evidence)} 件）" if one.evidence else "")
        for number, one in enumerate(found.lines, start=1)
    ]
    return (*head, *body, f"规则版本：{found.rule_version}")
