"""The question put to `server.law.effects` for one document of one recipient, and its answer as it is stored.

Pure: raw documents in, plain values out. What the law cannot judge (contradictory facts, unknown words) is no crash and
is not lost: that attempt is left out with the refusal as its finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from server.law.attempts import Attempt
from server.law.disputed import DISPUTED
from server.law.documents import document_class
from server.law.effects.effect import Effect, effect
from server.law.effects.findings import NONE, Finding
from server.law.reading import build, plain
from server.law.refusals import LawRefused
from server.law.rulesets import THRESHOLDS, RuleSet
from server.law.situation import Situation
from server.service import facts

Raw = Mapping[str, Any]
REFUSED_FLAG, DENIED_FLAG = "law_refused", "denied"
_FILLED = "已填写"  # the law asks whether a field is filled in, never what with: names stay out of what is kept


@dataclass(frozen=True, slots=True)
class Asked:
    """One document of one recipient. `attempts` raw, oldest first; `exhibits` by attempt id.

    `denied`: attempts to which somebody refused the effect for this document; they no longer count.
    """

    document: str
    task: Raw
    recipient: Raw
    attempts: Sequence[Raw]
    exhibits: Mapping[str, Sequence[Raw]]
    denied: frozenset[str]
    rules: RuleSet
    on: date


def proposal(asked: Asked) -> dict[str, Any]:
    """The machine's fields of `server.service.models.Effect`, from `state` to `rules`."""
    apart = [_denied(one) for one in asked.attempts if one["_id"] in asked.denied]
    attempts, refusals = _readable(asked)
    try:
        situation = _situation(asked, attempts)
        document_class(asked.document)
    except LawRefused as refused:
        return _refused(refused, asked)
    found, attempts, more = _judged(asked, attempts, situation)
    apart += refusals + more
    values = _values(found, _in_order(asked, [_finding(one) for one in found.findings] + apart))
    if found.state == NONE and values["findings"]:
        last = values["findings"][-1]
        values["article"], values["text"] = last["article"], last["text"]
    values["inputs"] = {
        "document": asked.document,
        "on": asked.on.isoformat(),
        "attempts": [_without_names(plain(one)) for one in attempts],
        "situation": plain(situation),
    }
    values["rules"] = whole(asked.rules)
    return values


def answer(inputs: Raw, rules: Raw) -> Effect:
    """The law asked again with what was stored. Raises LawRefused."""
    return effect(
        inputs["document"],
        [build(Attempt, one) for one in inputs["attempts"]],
        build(Situation, inputs["situation"]),
        on=date.fromisoformat(inputs["on"]),
        rules=build(RuleSet, rules),
    )


def whole(rules: RuleSet) -> dict[str, Any]:
    """The rule set with every threshold and reading written out: defaults of a later release change nothing in it."""
    complete = replace(
        rules,
        thresholds={code: rules.value(code) for code in THRESHOLDS},
        readings={code: rules.reading(code) for code in DISPUTED},
    )
    found: dict[str, Any] = plain(complete)
    return found


def _readable(asked: Asked) -> tuple[list[Attempt], list[dict[str, Any]]]:
    divorce = facts.is_divorce(asked.task)
    attempts, refusals = [], []
    for one in asked.attempts:
        if one["_id"] in asked.denied:
            continue
        try:
            attempts.append(facts.law_attempt(one, asked.exhibits.get(one["_id"], ()), divorce=divorce))
        except LawRefused as refused:
            refusals.append(_refusal(one["_id"], one["channel"], refused))
    return attempts, refusals


def _situation(asked: Asked, attempts: Sequence[Attempt]) -> Situation:
    kind = document_class(asked.document)
    return facts.situation_of(asked.task, asked.recipient, attempts=attempts, document_class=kind)


def _judged(
    asked: Asked, attempts: list[Attempt], situation: Situation
) -> tuple[Effect, list[Attempt], list[dict[str, Any]]]:
    """All attempts together; when that is refused, without those that are refused alone."""
    try:
        return effect(asked.document, attempts, situation, on=asked.on, rules=asked.rules), attempts, []
    except LawRefused:
        kept, refusals = [], []
        for one in attempts:
            try:
                effect(asked.document, [one], situation, on=asked.on, rules=asked.rules)
                kept.append(one)
            except LawRefused as refused:
                refusals.append(_refusal(one.id, one.channel, refused))
        return effect(asked.document, kept, situation, on=asked.on, rules=asked.rules), kept, refusals


def _values(found: Effect, findings: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "state": found.state,
        "served_on": _iso(found.served_on),
        "statistics_on": _iso(found.statistics_on),
        "ends_on": _iso(found.ends_on),
        "article": found.article,
        "text": found.text_zh,
        "confidence": found.confidence,
        "confirm_by": list(found.confirm_by),
        "attempt_id": found.attempt_id or None,
        "rebuttable": found.rebuttable,
        "provisional": found.provisional,
        "missing": [{"code": one.code, "text": one.text_zh, "article": one.article} for one in found.missing],
        "proposals": list(found.proposals),
        "working": list(found.working),
        "alternatives": plain(found.alternatives),
        "findings": findings,
        "rule_version": found.rule_version,
    }


def _refused(refused: LawRefused, asked: Asked) -> dict[str, Any]:
    """Nothing could be asked at all: the case, the recipient or the document is not known to the law."""
    return {
        "state": NONE,
        "served_on": None,
        "statistics_on": None,
        "ends_on": None,
        "article": refused.rule,
        "text": refused.title,
        "confidence": "",
        "confirm_by": [],
        "attempt_id": None,
        "rebuttable": False,
        "provisional": False,
        "missing": [],
        "proposals": [],
        "working": [],
        "alternatives": [],
        "findings": [_refusal(one["_id"], one["channel"], refused) for one in asked.attempts],
        "rule_version": asked.rules.version,
        "inputs": {},
        "rules": whole(asked.rules),
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "attempt_id": one.attempt_id,
        "channel": one.channel,
        "state": one.state,
        "text": one.text_zh,
        "article": one.article,
        "served_on": _iso(one.served_on),
        "flags": list(one.flags),
        "proposal": one.proposal,
    }


def _apart(attempt_id: str, channel: str, text: str, article: str, flag: str) -> dict[str, Any]:
    return {
        "attempt_id": attempt_id,
        "channel": channel,
        "state": NONE,
        "text": text,
        "article": article,
        "served_on": None,
        "flags": [flag],
        "proposal": "",
    }


def _refusal(attempt_id: str, channel: str, refused: LawRefused) -> dict[str, Any]:
    return _apart(attempt_id, channel, f"不能据此判断送达效力：{refused.title}", refused.rule, REFUSED_FLAG)


def _denied(attempt: Raw) -> dict[str, Any]:
    text = "审判人员已决定不认定本次送达的效力"
    return _apart(attempt["_id"], attempt["channel"], text, "民事诉讼法第八十七条", DENIED_FLAG)


def _in_order(asked: Asked, findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    places = {one["_id"]: place for place, one in enumerate(asked.attempts)}
    return sorted(findings, key=lambda one: places.get(one["attempt_id"], len(places)))


def _without_names(attempt: dict[str, Any]) -> dict[str, Any]:
    for who in ("signer", "refuser"):
        if attempt.get(who):
            attempt[who]["name"] = ""
    attempt["fields"] = {name: _FILLED for name, typed in attempt["fields"].items() if typed.strip()}
    return attempt


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
