"""What earlier attempts make true of a recipient: which ways have failed, whether somebody refused.

Facts only ever add up: history never makes a fact of the situation untrue.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from server.law.attempts import Attempt
from server.law.outcomes import OUTCOMES
from server.law.signers import signer
from server.law.situation import Situation

_REACHED = ("call_told",)


def with_history(situation: Situation, attempts: Sequence[Attempt], *, document_class: str) -> Situation:
    """The situation after these attempts on one recipient of a document of this class."""
    return dataclasses.replace(
        situation,
        direct_failed=situation.direct_failed or any(_direct_failed(one) for one in attempts),
        mail_failed=situation.mail_failed or any(one.result == "mail_returned" for one in attempts),
        reachable_by_phone=situation.reachable_by_phone or any(one.result in _REACHED for one in attempts),
        refused=situation.refused or any(_refused(one, situation, document_class) for one in attempts),
        refused_by_agent=situation.refused_by_agent or any(_refused_by_agent(one) for one in attempts),
    )


def _direct_failed(attempt: Attempt) -> bool:
    rule = OUTCOMES.get(attempt.result)
    return attempt.channel == "direct" and rule is not None and not rule.serves


def _refused(attempt: Attempt, situation: Situation, document_class: str) -> bool:
    """A refusal at the door by somebody who could have signed (CPL art. 89); an agent's counts apart (INT art. 132)."""
    if attempt.channel != "direct" or not attempt.result.startswith("refused_") or attempt.refuser is None:
        return False
    return (
        attempt.refuser.relation != "agent"
        and signer(attempt.refuser, document_class=document_class, situation=situation).ok
    )


def _refused_by_agent(attempt: Attempt) -> bool:
    return attempt.result.startswith("refused_") and attempt.refuser is not None and attempt.refuser.relation == "agent"
