"""Refusals of the field: each says what happened, so that a phone that was away can tell its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evidence.errors import EvidenceError
from server.core.errors import Conflict, DomainError, Invalid, NotFound

# Everything not named here is about the content of the item itself: 422.
_EVIDENCE_STATUS = {
    "evidence.too_large": 413,
    "evidence.not_an_image": 415,
    "evidence.not_a_video": 415,
    "evidence.not_audio": 415,
    "evidence.unsupported_type": 415,
    "evidence.not_found": 404,
    "evidence.store_unavailable": 503,
}


def visit_not_found() -> NotFound:
    return NotFound(code="visit.not_found", title="没有这个上门任务")


def not_yours(*, what: str, to_name: str | None, at: datetime, by_name: str, reason: str | None) -> Conflict:
    """409 `visit.not_yours`: `what` (reassigned, released, unassigned, withdrawn), `to_name`, `at`, `by_name`."""
    where = f"已改派给{to_name}" if to_name else "已不再由您办理"
    return Conflict(
        code="visit.not_yours",
        title=f"该上门任务{where}（{by_name}操作）",
        what=what,
        to_name=to_name,
        at=at.isoformat(),
        by_name=by_name,
        reason=reason,
    )


def visit_withdrawn() -> Conflict:
    return Conflict(code="visit.withdrawn", title="该上门任务已撤销")


def visit_ended(code: str | None, at: datetime | None) -> Conflict:
    return Conflict(
        code="visit.ended",
        title="该上门任务的结果已经登记",
        outcome=code,
        at=at.isoformat() if at else None,
    )


def visit_changed(state: str, version: int) -> Conflict:
    return Conflict(code="visit.changed", title="数据已被他人修改，请刷新后重试", state=state, version=version)


def client_id_reused() -> Conflict:
    return Conflict(code="client_id.reused", title="同一编号已提交过不同的内容")


def time_in_future() -> Invalid:
    return Invalid(code="time.in_future", title="时间晚于当前时间，请校准手机时间")


def time_too_old() -> Invalid:
    return Invalid(code="time.too_old", title="时间过早，请校准手机时间")


def position_refused(code: str, title: str) -> Invalid:
    return Invalid(code=code, title=title)


def unknown_outcome() -> Invalid:
    return Invalid(code="outcome.unknown", title="没有这种送达结果")


def outcome_barred(code: str, text: str, article: str) -> Invalid:
    return Invalid(code=code, title=text, article=article)


def outcome_incomplete(missing: list[dict[str, Any]]) -> Invalid:
    """422 `outcome.evidence_missing` with `missing`: [{code, text, article}]."""
    return Invalid(
        code="outcome.evidence_missing",
        title="送达结果还缺少：" + "；".join(one["text"] for one in missing),
        missing=missing,
    )


def review_reason_required() -> Invalid:
    return Invalid(code="review.reason_required", title="退回补正必须写明原因")


def review_not_pending(state: str) -> Conflict:
    return Conflict(code="review.not_pending", title="该结果不在待审核状态", review_state=state)


def review_own_visit() -> DomainError:
    return DomainError(code="review.own_visit", status=403, title="不能审核自己办理的上门任务")


def evidence_not_found() -> NotFound:
    return NotFound(code="evidence.not_found", title="没有这份证据材料")


def of_evidence(error: EvidenceError) -> DomainError:
    """The library's refusal as an answer of ours."""
    status = _EVIDENCE_STATUS.get(error.code, 422)
    return DomainError(code=error.code, status=status, title=error.title_zh, **error.extra)
