"""Refusals of dispatch."""

from __future__ import annotations

from typing import Any

from server.core.errors import Conflict, Invalid, NotFound


def visit_not_found() -> NotFound:
    return NotFound(code="visit.not_found", title="没有这次上门任务")


def visit_changed(version: int) -> Conflict:
    return Conflict(code="visit.changed", title="上门任务已被他人修改，请刷新后重试", version=version)


def visit_under_way(state: str) -> Conflict:
    return Conflict(code="visit.under_way", title="送达员已出发、到达或已完成，不能再改派", state=state)


def visit_not_taken_back(state: str) -> Conflict:
    title = "送达员已出发、到达或已完成上门，不能变更送达方式或者撤回；请待上门结果审核后再处理"
    return Conflict(code="visit.under_way", title=title, state=state)


def visit_withdrawn() -> Conflict:
    return Conflict(code="visit.withdrawn", title="这次上门任务已取消")


def reason_required() -> Invalid:
    return Invalid(code="visit.reason_required", title="取消上门必须写明原因")


def visit_not_assigned() -> Conflict:
    return Conflict(code="visit.not_assigned", title="这次上门任务还没有分派给任何人")


def visits_of_several_days(days: list[str]) -> Invalid:
    return Invalid(code="visit.other_day", title="一次只能批量分派同一天的任务", days=days)


def visit_taken(name: str, **extra: Any) -> Conflict:
    return Conflict(code="visit.taken", title=f"已由{name}领取", to_name=name, **extra)


def visit_not_yours(**extra: Any) -> Conflict:
    return Conflict(code="visit.not_yours", title="这次上门任务不在您名下", **extra)


def server_not_on_duty() -> Invalid:
    return Invalid(code="roster.not_on_duty", title="此人当日不在岗，不能分派")


def server_lacks_skill(missing: list[str]) -> Invalid:
    return Invalid(code="visit.lacks_skill", title=f"缺少所需技能：{'、'.join(missing)}", missing=missing)


def server_recused() -> Conflict:
    return Conflict(code="visit.recused", title="该送达员应当回避此次送达")


def crew_needs_lead() -> Conflict:
    return Conflict(code="visit.crew_needs_lead", title="两人同往的任务须由送达管理员分派，不能自行领取")


def same_second_server() -> Invalid:
    return Invalid(code="visit.same_second_server", title="同往的两人不能是同一人")


def server_is_full(most: int) -> Conflict:
    return Conflict(code="visit.server_is_full", title=f"当日件数已满（最多{most}件）", max_stops=most)


def roster_not_found() -> NotFound:
    return NotFound(code="roster.not_found", title="这一天还没有排班")


def roster_changed(version: int) -> Conflict:
    return Conflict(code="roster.changed", title="排班已被他人修改，请刷新后重试", version=version)


def roster_invalid(problems: list[dict[str, Any]]) -> Invalid:
    return Invalid(code="roster.invalid", title="排班有误", problems=problems)


def server_has_visits(names: list[str]) -> Conflict:
    return Conflict(code="roster.has_visits", title=f"{'、'.join(names)} 当日还有已分派的任务，请先改派", names=names)


def plan_not_found() -> NotFound:
    return NotFound(code="plan.not_found", title="没有这个路线规划")


def plan_nothing_to_plan() -> Invalid:
    return Invalid(code="plan.nothing_to_plan", title="这一天没有可规划的上门任务")


def plan_nobody_on_duty() -> Invalid:
    return Invalid(code="plan.nobody_on_duty", title="这一天没有在岗的外出送达员")


def plan_not_done(state: str) -> Conflict:
    return Conflict(code="plan.not_done", title="规划尚未完成，不能发布", state=state)


def plan_superseded() -> Conflict:
    return Conflict(code="plan.superseded", title="已有更新的规划发布，请重新规划")


def plan_not_running(state: str) -> Conflict:
    return Conflict(code="plan.not_running", title="规划已经结束，无法停止", state=state)


def plan_not_open(state: str) -> Conflict:
    return Conflict(code="plan.not_open", title="这个调整方案已经处理过", state=state)


def plan_revised(revision: int) -> Conflict:
    return Conflict(code="plan.revised", title="方案已有更好的结果，请看过后再采纳", revision=revision)


def plan_outdated(refused: list[dict[str, str]]) -> Conflict:
    return Conflict(code="plan.outdated", title="方案提出后当日情况又有变化，请重新调整", refused=refused)


def replan_incomplete(missing: list[str]) -> Invalid:
    return Invalid(code="replan.incomplete", title="调整事项填写不完整", missing=missing)


def study_not_found() -> NotFound:
    return NotFound(code="capacity.not_found", title="没有这次人力测算")


def study_not_running(state: str) -> Conflict:
    return Conflict(code="capacity.not_running", title="测算已经结束，无法停止", state=state)


def capacity_invalid(reason: str, subject: str) -> Invalid:
    return Invalid(code="capacity.invalid", title=f"测算条件有误：{reason}" + (f"（{subject}）" if subject else ""))


def capacity_too_much(days: int, most: int) -> Invalid:
    return Invalid(code="capacity.too_much", title="方案、次数与天数过多，请减少后再测算", days=days, most=most)


def batch_not_found() -> NotFound:
    return NotFound(code="move_batch.not_found", title="没有这次批量分派")


def batch_undone() -> Conflict:
    return Conflict(code="move_batch.undone", title="这次批量分派已经撤销过")


def bad_day(text: str) -> Invalid:
    return Invalid(code="day.invalid", title="日期不正确，应为 YYYY-MM-DD", value=text[:32])
