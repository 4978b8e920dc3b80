"""`python -m bench.bench_law [--quick]`: the law engine alone, one thread, no disk: deadlines, evidence, effect.

Each repetition asks many different questions: every kind of period over two years of days; results with more and less
evidence; recipients with one to four attempts through all channels. Processor time is measured, because
nothing here waits for anything.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from bench.figures import Figure, table
from server.law.attempts import RESULTS_OF, Attempt, Item
from server.law.deadlines import deadline
from server.law.effects.effect import effect
from server.law.kinds import KINDS
from server.law.outcomes import OUTCOMES
from server.law.proof import missing_for
from server.law.required_evidence import Circumstances, Entered, missing
from server.law.signers import Signer
from server.law.situation import Consent, Situation

REPETITIONS = 7
AIM_PER_S = 20_000
AIM_DEADLINES_S = 2.0
_ON = date(2026, 11, 20)
_AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
_FIELDS = {
    "signer.name": "赵某",
    "signer.relation": "配偶",
    "refusal_reason": "拒收",
    "left_at_place": "门口",
    "note": "说明",
}
_KINDS = ("signature_recipient", "photo_documents", "photo_left", "video", "photo_door", "mail_receipt", "voucher")


def _attempts() -> list[Attempt]:
    """One attempt per channel and result, complete enough that most of the rules are run through."""
    return [
        Attempt(
            f"{channel}-{result}",
            channel,
            result,
            signer=Signer("self"),
            refuser=Signer("self"),
            signed_on=_AT.date(),
            left_on=_AT.date(),
            returned_on=_AT.date(),
            return_reason="moved",
            sent_at=_AT,
            arrived_at=_AT,
            called_at=_AT,
            postings=(date(2026, 9, 2),),
            confirmed_by="法官",
            items=tuple(Item(one) for one in _KINDS),
            fields=_FIELDS,
        )
        for channel, results in RESULTS_OF.items()
        for result in results
        if not result.startswith("signed_") or result == "signed_recipient"
    ]


def _cases() -> list[tuple[str, list[Attempt], Situation]]:
    situations = [
        Situation(address_basis=basis, consent=Consent(form), e_address="given", exhausted=True, procedure=procedure)
        for basis in ("送达地址确认书", "原告提供", "户籍地址")
        for form in ("", "express")
        for procedure in ("普通程序", "简易程序")
    ]
    attempts = _attempts()
    groups = [attempts[start : start + 1 + start % 4] for start in range(len(attempts))]
    documents = ("起诉状副本", "开庭传票", "民事判决书", "民事调解书")
    return list(itertools.product(documents, groups, situations))


def _per_s(count: int, ask: Callable[[], None]) -> float:
    start = time.process_time()
    ask()
    return count / (time.process_time() - start)


def effects_per_s() -> float:
    cases = _cases()

    def ask() -> None:
        for document, attempts, situation in cases:
            effect(document, attempts, situation, on=_ON)

    return _per_s(len(cases), ask)


def evidence_per_s(count: int) -> float:
    """The door's own question, as the phone and the server ask it."""
    questions = _evidence_questions(count)

    def ask() -> None:
        for code, circumstances, entered in questions:
            missing(code, circumstances=circumstances, entered=entered)

    return _per_s(count, ask)


def _evidence_questions(count: int) -> Sequence[tuple[str, Circumstances, Entered]]:
    codes = list(OUTCOMES)
    here = Circumstances(("起诉状副本", "开庭传票"), "自然人", "民事")
    return [
        (
            codes[number % len(codes)],
            here,
            Entered(dict.fromkeys(_KINDS[: number % len(_KINDS)], 1), _FIELDS if number % 2 else {}),
        )
        for number in range(count)
    ]


def proof_per_s(count: int) -> float:
    """The same over every way of service."""
    attempts = _attempts()
    situation = Situation()
    questions = [
        (attempts[number % len(attempts)], Entered({_KINDS[number % len(_KINDS)]: 1}, {})) for number in range(count)
    ]

    def ask() -> None:
        for attempt, entered in questions:
            missing_for(attempt, entered, ("起诉状副本",), situation)

    return _per_s(count, ask)


def deadlines_s(count: int) -> float:
    """Seconds for so many deadlines."""
    kinds = list(KINDS)
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(690)]
    start = time.process_time()
    for number in range(count):
        deadline(kinds[number % len(kinds)], days[number % len(days)])
    return time.process_time() - start


def figures(quick: bool) -> list[Figure]:
    count, times = (10_000, 1) if quick else (100_000, REPETITIONS)
    deadlines_s(1_000)  # the calendar is read once per process
    effects = [effects_per_s() for _ in range(times)]
    evidence = [evidence_per_s(count) for _ in range(times)]
    proof = [proof_per_s(count) for _ in range(times)]
    periods = [deadlines_s(count) for _ in range(times)]
    return [
        Figure(f"law: {count:,} deadlines of {len(KINDS)} kinds", periods, "s", None if quick else AIM_DEADLINES_S),
        Figure("law: effect, one to four attempts each", effects, "/s", AIM_PER_S, at_most=False),
        Figure("law: required_evidence at the door", evidence, "/s", AIM_PER_S, at_most=False),
        Figure("law: proof of every way", proof, "/s", AIM_PER_S, at_most=False),
    ]


if __name__ == "__main__":
    print(table(figures("--quick" in sys.argv[1:])))
