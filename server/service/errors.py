"""Refusals of the service core."""

from __future__ import annotations

from typing import Any

from evidence.errors import EvidenceError
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


def attempt_not_open(**decided: Any) -> Conflict:
    """`decided`: state, outcome, by_name and at of what ended it."""
    return Conflict(code="attempt.not_open", title="这次送达行为已经结束", **decided)


def attempt_reason_required() -> Invalid:
    return Invalid(code="attempt.reason_required", title="请写明理由")


def channel_barred(text: str, article: str, document: str) -> Invalid:
    return Invalid(code="attempt.channel_barred", title=text, article=article, document=document)


def needs_confirmation(text: str, article: str, document: str) -> Invalid:
    return Invalid(code="attempt.needs_confirmation", title=text, article=article, document=document)


def notice_locked() -> Conflict:
    return Conflict(code="attempt.notice_locked", title="公告送达须台账无未尽事项，并经承办法官批准")


def at_the_door() -> Conflict:
    return Conflict(code="attempt.at_the_door", title="上门送达的结果由外出送达员上报并经审核，不能直接登记")


def still_under_way() -> Invalid:
    return Invalid(code="attempt.still_under_way", title="邮件尚在途，不能登记为结果")


def under_review() -> Conflict:
    return Conflict(code="attempt.under_review", title="上门结果正在审核，请先审核再作其他处理")


def bad_record(where: str, why: str) -> Invalid:
    return Invalid(code="attempt.bad_record", title=f"{where}：{why}", field=where)


def evidence_missing(missing: list[dict[str, str]]) -> Invalid:
    return Invalid(
        code="attempt.evidence_missing",
        title=f"材料不齐，不能按送达登记：{'；'.join(one['text'] for one in missing)}",
        missing=missing,
    )


def contact_point_not_found() -> NotFound:
    return NotFound(code="contact_point.not_found", title="没有该当事人的这个地址")


def place_unknown() -> Invalid:
    return Invalid(code="attempt.place_unknown", title="送达地址没有坐标，不能安排上门，请先核实地址")


def exhibit_unknown_kind(kind: str) -> Invalid:
    return Invalid(code="exhibit.unknown_kind", title=f"没有这种材料：{kind}")


def exhibit_closed() -> Conflict:
    return Conflict(code="exhibit.attempt_withdrawn", title="这次送达已取消，不能再附材料")


def of_evidence(error: EvidenceError) -> DomainError:
    """What the evidence library refuses, as an answer."""
    status = {"evidence.too_large": 413, "evidence.not_found": 404, "evidence.store_unavailable": 503}
    title = error.title_zh
    return DomainError(code=error.code, status=status.get(error.code, 415), title=title, **error.extra)


def same_recipient() -> Invalid:
    return Invalid(code="recipient.same", title="请选择两个不同的受送达人")


def recipient_busy(name: str) -> Conflict:
    return Conflict(code="recipient.busy", title=f"“{name}”正在送达中，请先取消进行中的送达")


def not_merged() -> Conflict:
    return Conflict(code="recipient.not_merged", title="该受送达人不是合并而来，不能恢复")


def split_needs() -> Invalid:
    return Invalid(code="recipient.split_invalid", title="请填写拆分出的受送达人姓名和送达地址")


def last_recipient() -> Conflict:
    return Conflict(code="recipient.last", title="任务中没有其他受送达人，请撤回整个任务")


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
