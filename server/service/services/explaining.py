"""Why it was decided so: the law asked again with what was stored then, whatever the court's rules say today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.law.effects.effect import Effect as LawEffect
from server.law.reading import plain
from server.law.refusals import LawRefused
from server.service import errors, judgment

Raw = Mapping[str, Any]


def explain(effect: Raw, decision_id: str | None = None) -> dict[str, Any]:
    """The answer to the stored question under the stored rules, with findings and working (JSON values).

    `effect` raw; without `decision_id` its latest proposal is explained. `same`: whether the law's answer is still what
    was decided; it is not when the judge found otherwise. Raises `effect.no_such_decision`.
    """
    source = _source(effect, decision_id)
    told: dict[str, Any] = {
        "rule_version": source.get("rule_version"),
        "rules": source.get("rules") or {},
        "asked": source.get("inputs") or {},
        "refused": None,
        "answer": None,
        "same": False,
    }
    if not told["asked"]:
        return {**told, "refused": effect.get("text")}
    try:
        answer = judgment.answer(told["asked"], told["rules"])
    except LawRefused as refused:
        return {**told, "refused": refused.title}
    return {**told, "answer": plain(answer), "same": _same(answer, source)}


def _source(effect: Raw, decision_id: str | None) -> Raw:
    if decision_id is None:
        return effect
    found = next((one for one in effect.get("decisions") or () if one["id"] == decision_id), None)
    if found is None:
        raise errors.no_such_decision()
    return dict(found)


def _same(answer: LawEffect, source: Raw) -> bool:
    served_on = answer.served_on.isoformat() if answer.served_on else None
    return (answer.state, served_on) == (source["state"], source.get("served_on"))
