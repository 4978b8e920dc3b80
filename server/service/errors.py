"""Refusals of the service core."""

from __future__ import annotations

from typing import Any

from server.core.errors import Conflict, DomainError, Invalid, NotFound
from server.law.refusals import LawRefused


def task_not_found() -> NotFound:
    return NotFound(code="task.not_found", title="没有这个送达任务")


def attempt_not_found() -> NotFound:
    return NotFound(code="attempt.not_found", title="没有这次送达行为")


def exhibit_not_found() -> NotFound:
    return NotFound(code="exhibit.not_found", title="没有这份材料")


def recipient_not_found() -> NotFound:
    return NotFound(code="recipient.not_found", title="任务中没有这个受送达人")


def effect_not_found() -> NotFound:
    return NotFound(code="effect.not_found", title="没有这个送达事项")


def todo_not_found() -> NotFound:
    return NotFound(code="todo.not_found", title="没有这个待办")


def rule_set_not_found() -> NotFound:
    return NotFound(code="rules.not_found", title="没有这个版本的送达规则")


def task_changed() -> Conflict:
    return Conflict(code="task.changed", title="任务已被他人修改，请刷新后重试")


def task_not_pending() -> Conflict:
    return Conflict(code="task.not_pending", title="任务不在待审核状态")


def reason_required() -> Invalid:
    return Invalid(code="task.reason_required", title="退回任务必须写明原因")


def recipient_locked(rule: str | None) -> Conflict:
    return Conflict(code="recipient.locked", title="该受送达人已由其他送达方式锁定", rule=rule)


def recipient_closed() -> Conflict:
    return Conflict(code="recipient.closed", title="该受送达人已送达，或任务不在送达中")


def attempt_not_open() -> Conflict:
    return Conflict(code="attempt.not_open", title="这次送达行为已经结束")


def state_refused(*, machine: str, state: str, event: str, title: str) -> Conflict:
    return Conflict(code="state.refused", title=title, machine=machine, state=state, event=event)


def law_refused(refused: LawRefused) -> Invalid:
    """What the law of service refuses, as an answer: its own code and sentence, the rule beside them."""
    return Invalid(code=refused.code, title=refused.title, rule=refused.rule)


def rules_not_draft() -> Conflict:
    return Conflict(code="rules.not_draft", title="只有草案可以修改、批准或者作废")


def rules_changed() -> Conflict:
    return Conflict(code="rules.changed", title="规则草案已被他人修改，请刷新后重试")


def rules_bad_day() -> Invalid:
    return Invalid(code="rules.bad_day", title="规则的施行日期不存在或格式不对")


def rules_backdated() -> Invalid:
    return Invalid(code="rules.backdated", title="规则的施行日期早于批准之日，不能溯及既往")


def effect_changed() -> Conflict:
    return Conflict(code="effect.changed", title="送达事项已有变化，请刷新后重新判断")


def effect_reason_required() -> Invalid:
    return Invalid(code="effect.reason_required", title="不予认定、另行认定送达效力的，必须写明理由")


def effect_judge_only() -> DomainError:
    return DomainError(code="effect.judge_only", status=403, title="此项送达效力须由本案承办法官决定")


def effect_nothing_proposed() -> Conflict:
    return Conflict(code="effect.nothing_proposed", title="没有待确认的送达效力")


def effect_barred(text: str, rule: str) -> Conflict:
    return Conflict(code="effect.barred", title=text, rule=rule)


def effect_bad_decision(why: str) -> Invalid:
    return Invalid(code="effect.bad_decision", title=why)


def double_service(*, document: str, recipient_name: str, **other: Any) -> Conflict:
    """`other`: task_id and recipient_id of who is being served, other_task_id and other_case_number of the first."""
    return Conflict(
        code="task.double_service",
        title=f"“{recipient_name}”的《{document}》已在另一送达任务中送达，不得重复送达；确需再次送达的，请写明理由",
        document=document,
        recipient_name=recipient_name,
        **other,
    )


def same_party_twice(*, document: str, recipient_name: str, **who: Any) -> Conflict:
    return Conflict(
        code="task.same_party_twice",
        title=f"本任务中有两个受送达人是同一当事人（{recipient_name}），《{document}》会重复送达，请先合并",
        document=document,
        recipient_name=recipient_name,
        **who,
    )


def todo_taken(by_name: str) -> Conflict:
    return Conflict(code="todo.taken", title=f"此待办已由{by_name}领办", by_name=by_name)


def todo_closed() -> Conflict:
    return Conflict(code="todo.closed", title="此待办已办结或者已取消")


def todo_result_required() -> Invalid:
    return Invalid(code="todo.result_required", title="办结待办必须写明处理结果")


def todo_by_decision() -> Conflict:
    return Conflict(code="todo.by_decision", title="此待办须对送达效力作出决定，决定后自动办结")


def todo_no_recipient() -> Conflict:
    return Conflict(code="todo.no_recipient", title="此待办不涉及更换送达方式")


def bad_excuse(title: str) -> Invalid:
    return Invalid(code="ledger.bad_excuse", title=title)


def ledger_open(lines: list[str]) -> Conflict:
    return Conflict(code="ledger.open", title=f"穷尽送达台账尚有 {len(lines)} 项未完成，不得公告送达", lines=lines)


def ledger_barred(why: str, article: str) -> Conflict:
    return Conflict(code="ledger.barred", title=f"不得公告送达：{why}", article=article)


def not_the_judge() -> DomainError:
    return DomainError(code="notice.not_the_judge", status=403, title="公告送达须由承办法官批准")


def notice_reason_required() -> Invalid:
    return Invalid(code="notice.reason_required", title="批准或者撤回公告送达必须写明理由")


def notice_running() -> Conflict:
    return Conflict(code="notice.running", title="公告已经发出，不能撤回批准")


def no_such_decision() -> NotFound:
    return NotFound(code="effect.no_such_decision", title="没有这个决定")


def situation_reason_required() -> Invalid:
    return Invalid(code="situation.reason_required", title="登记受送达人情况必须写明依据或者理由")


def situation_unknown_fact(names: list[str]) -> Invalid:
    return Invalid(code="situation.unknown_fact", title=f"没有这项情况，或者不能手工登记：{'、'.join(names)}")
