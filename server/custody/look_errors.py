"""Refusals of the ledger, the second look, late items and the rescue import."""

from __future__ import annotations

from server.core.errors import Conflict, Invalid, NotFound


def look_not_found() -> NotFound:
    return NotFound(code="look.not_found", title="没有这次现场复看")


def look_not_open(state: str, by_name: str | None) -> Conflict:
    title = "这次现场复看已经过期" if state == "expired" else f"这次现场复看已由{by_name or '他人'}答复"
    return Conflict(code="look.not_open", title=title, look_state=state)


def look_too_late(state: str) -> Conflict:
    return Conflict(code="look.too_late", title="该上门任务的结果已经登记，不能再请求现场复看", state=state)


def look_reason_required() -> Invalid:
    return Invalid(code="look.reason_required", title="要求补充材料的，必须写明还需要什么")


def rescue_other_court(court: str) -> Invalid:
    return Invalid(code="rescue.other_court", title="这是其他法院的手机导出包，请在该法院导入", court=court)


def rescue_unknown_person(staff_no: str) -> Invalid:
    return Invalid(code="rescue.unknown_person", title="导出包所属人员不在本院人员名册中", staff_no=staff_no)


def late_not_waiting(state: str, by_name: str | None) -> Conflict:
    if not state:
        return Conflict(code="late.not_late", title="这份材料不是迟到材料")
    return Conflict(code="late.decided", title=f"这份迟到材料已由{by_name or '他人'}处理", late_state=state)
