"""Effect of announcement: running, then deemed served, if it was lawful at all (CPL art. 95, 283, INT art. 138-140)."""

from __future__ import annotations

from server.law.attempts import Attempt
from server.law.channels import BARRED, judge
from server.law.effects.findings import DEEMED, JUDGE, RUNNING, Asked, Finding, incomplete, nothing
from server.law.notices import REGIONS, notice
from server.law.proof import missing_of


def judge_notice(attempt: Attempt, asked: Asked) -> Finding:
    """One announcement with its postings."""
    allowed = judge("notice", asked.document_class, asked.situation, asked.rules)
    if allowed.verdict == BARRED:
        text = f"{allowed.text_zh}；违法公告可能构成再审事由"
        return nothing(attempt, f"{allowed.article}、民诉法解释第三百八十九条", text, flags=("barred",))
    if not attempt.confirmed_by:
        return nothing(attempt, allowed.article, "公告送达未经审判人员批准", confirm_by=(JUDGE,), flags=("unapproved",))
    if not attempt.postings:
        return nothing(attempt, "民诉法解释第一百三十八条", "没有张贴或者刊登的日期", flags=("open",))
    missing = missing_of(attempt, (asked.document,), asked.situation)
    if missing:
        return incomplete(attempt, missing)
    run = notice(REGIONS[asked.situation.region], attempt.postings, rules=asked.rules)
    effective = run.effective_on or run.ends_on
    over = asked.on >= effective
    return Finding(
        attempt.id,
        attempt.channel,
        DEEMED if over else RUNNING,
        allowed.article,
        f"公告期满，视为送达日期 {effective.isoformat()}" if over else f"公告期内，{effective.isoformat()} 视为送达",
        effective if over else None,
        run.from_on,
        run.ends_on,
        confidence="medium",
        confirm_by=(JUDGE,),
        rebuttable=True,
        provisional=run.provisional,
        working=run.working,
        alternatives=run.alternatives,
    )
