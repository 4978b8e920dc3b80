"""Refusals of the watch."""

from __future__ import annotations

from server.core.errors import Conflict, DomainError, Invalid, NotFound


def finding_not_found() -> NotFound:
    return NotFound(code="finding.not_found", title="没有这条异常提示")


def finding_decided(by_name: str | None) -> Conflict:
    return Conflict(code="finding.decided", title=f"这条异常提示已由{by_name or '他人'}处理", by_name=by_name)


def finding_own() -> DomainError:
    return DomainError(code="finding.own", status=403, title="不能处理涉及本人的异常提示")


def bad_day() -> Invalid:
    return Invalid(code="finding.bad_day", title="日期不正确")
