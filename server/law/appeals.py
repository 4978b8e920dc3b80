"""Appeal periods of all parties to one judgment or ruling: each its own, and the day the last one has run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server.law import periods
from server.law.calendars import DAY, Calendar
from server.law.deadlines import Deadline, deadline
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet


@dataclass(frozen=True, slots=True)
class PartyServed:
    """One party and the day this judgment or ruling was served on it; None while it is not served."""

    party: str
    served_on: date | None = None
    abroad: bool = False


@dataclass(frozen=True, slots=True)
class Appeals:
    """Appeal periods of all parties. `final_on`: the decision takes effect on this day if nobody appeals.

    None while a party is not served. `deadlines` holds only parties that are.
    """

    deadlines: Mapping[str, Deadline]
    unserved: tuple[str, ...]
    last_end_on: date | None
    final_on: date | None
    provisional: bool
    working: tuple[str, ...]
    articles: tuple[str, ...]
    rule_version: str


def appeals(
    parties: Sequence[PartyServed],
    *,
    what: str = "judgment",
    calendar: Calendar | None = None,
    rules: RuleSet = NATIONAL,
) -> Appeals:
    """Each party's own appeal period (INT art. 244) and the end of the last one (INT art. 536).

    `what`: judgment or ruling. Raises LawRefused for no party, a party named twice, another `what`.
    """
    if what not in ("judgment", "ruling"):
        raise LawRefused(code="law.unknown_kind", title=f"没有这种可上诉的裁判：{what}", rule="R1.33")
    names = [one.party for one in parties]
    if not names or len(set(names)) != len(names):
        raise LawRefused(code="law.bad_input", title="当事人为空或者重复", rule="民诉法解释第二百四十四条")
    found = {
        one.party: deadline(
            "appeal-abroad" if one.abroad else f"appeal-{what}", one.served_on, calendar=calendar, rules=rules
        )
        for one in parties
        if one.served_on is not None
    }
    unserved = tuple(one.party for one in parties if one.served_on is None)
    last = max((one.ends_on for one in found.values()), default=None)
    final = last + DAY if last is not None and not unserved else None
    working = [f"{party}：上诉期至 {periods.day_zh(one.ends_on)}" for party, one in found.items()]
    working += [f"{party}：尚未送达，上诉期未开始" for party in unserved]
    if final is not None:
        working.append(f"各方均未上诉的，自最后届满日的次日 {periods.day_zh(final)} 起发生法律效力")
    return Appeals(
        found,
        unserved,
        last,
        final,
        any(one.provisional for one in found.values()),
        tuple(working),
        ("民诉法解释第二百四十四条", "民诉法解释第五百三十六条", periods.CIVIL),
        rules.version,
    )
