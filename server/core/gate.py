"""The gate every request passes: who asks, may they, is the object within reach; and one row in the audit log after.

It runs before any body is read and before any view, and reads only what views declare (`server.core.permissions`).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, request
from pymongo.errors import PyMongoError

from server.core import objects
from server.core.audit import deed, pending
from server.core.audit.chain import append
from server.core.audit.mask import masked
from server.core.audit.rows import DONE, FAILED, PLATFORM, REFUSED, Row
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.permissions import SAFE_METHODS, Declaration, Principal, declaration_of, forbidden
from server.core.quiet import Quiet

log = logging.getLogger(__name__)

COURT_HEADER = "X-Songda-Court"
COURT_PARAMETER = "acting_court"  # for addresses that cannot carry a header: an event stream, a link
FINISH = "session.finish"
_STAGES = {
    "second_factor": ("auth.second_factor_needed", "请先完成第二步验证"),
    "enrol": ("auth.enrolment_needed", "您的岗位要求双因素登录，请先绑定动态口令"),
    "password": ("auth.password_change_needed", "请先修改密码"),
}
# A stranger who knocks a thousand times a minute writes thirty rows, not a thousand.
STRANGERS = "refused_strangers"


def enter() -> None:
    """Before the request. Raises 401, 403 or the object's 404."""
    deed.begin(None)
    said = declaration_of(current_app, request.endpoint, request.method)
    if said is None:
        return
    deed.begin(
        deed.Deed(
            action=None if said.part else said.does,
            permission=said.permission or "",
            object_type=said.kind or "",
            object_id=str((request.view_args or {}).get(said.parameter, "")) if said.parameter else "",
        )
    )
    if said.permission is not None:
        g.principal = _allowed(said, _signed_in())
    if request.method not in SAFE_METHODS and said.does and not said.part:
        _open_pending()


def _signed_in() -> Principal:
    problem: DomainError | None = g.get("auth_problem")
    principal: Principal | None = g.get("principal")
    if problem is not None or principal is None:
        raise problem or DomainError(code="auth.required", status=401, title="请先登录")
    return principal


def _allowed(said: Declaration, principal: Principal) -> Principal:
    """The principal acting in the court of the object; raises when the answer is no."""
    code = str(said.permission)
    if principal.stage != "full" and code != FINISH:
        reason, title = _STAGES[principal.stage]
        raise DomainError(code=reason, status=403, title=title)
    if code not in principal.permissions:
        raise forbidden(code)
    if said.kind:
        object_id = str((request.view_args or {})[said.parameter or ""])
        return replace(principal, court=objects.locate(said.kind, object_id, principal, code))
    chosen = request.headers.get(COURT_HEADER) or request.args.get(COURT_PARAMETER) or principal.court
    seats = objects.seats_reaching(principal, code, chosen)
    if not seats:
        raise DomainError(code="court.out_of_reach", status=403, title="您无权在该法院进行此项操作")
    if max(seat.scopes[code] for seat in seats) < said.least:
        raise DomainError(code="auth.scope_too_narrow", status=403, title="您的权限范围不足以进行此项操作")
    return replace(principal, court=chosen)


def _open_pending() -> None:
    """A note that survives this process, made before the deed: what it leaves without a row is found by the sweep."""
    opened = deed.now_open()
    if opened is not None:
        opened.pending_id = pending.begin(_row(opened, utc_now(), DONE, ""))


def leave(response: Response) -> Response:
    """After the request: its row, when it did something, showed something that is recorded, or was refused."""
    opened = deed.now_open()
    deed.begin(None)
    if opened is None or not _to_be_recorded(opened, response.status_code):
        return response
    result = DONE if response.status_code < HTTPStatus.BAD_REQUEST else REFUSED
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        result = FAILED
    row = _row(opened, utc_now(), result, g.get("problem_code", "") if result != DONE else "")
    try:
        if opened.pending_id:
            pending.finish(opened.pending_id, row)
        else:
            append([row])
    except PyMongoError:
        if response.status_code < HTTPStatus.BAD_REQUEST and not opened.pending_id:
            raise  # a look that cannot be recorded is not given
        log.warning("audit row of request %s waits for the sweep", row.request_id)
    return response


def _to_be_recorded(opened: deed.Deed, status: int) -> bool:
    if opened.pending_id:
        return True
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        if g.get("principal") is not None:
            return True
        asks_who_one_is = opened.permission == FINISH and request.method in SAFE_METHODS
        return not (asks_who_one_is and g.get("auth_problem") is None) and _stranger_may_be_told()
    if status == HTTPStatus.NOT_FOUND:
        return bool(opened.object_type)
    if status == HTTPStatus.NOT_MODIFIED:
        return False  # nothing left the house
    return opened.action is not None and request.method != "HEAD"


def _stranger_may_be_told() -> bool:
    """False once this caller was refused so often within a minute that another row would say nothing new."""
    quiet: Quiet = current_app.extensions[STRANGERS]
    return quiet.allows(request.remote_addr or "")


def _row(opened: deed.Deed, now: datetime, result: str, code: str) -> Row:
    principal: Principal | None = g.get("principal")
    who: dict[str, Any] = {}
    if principal is not None:
        who = {
            "person_id": principal.person_id,
            "person_name": principal.name,
            "person_court": principal.home or principal.court,
            "roles": principal.roles,
            "session_id": principal.session_id[:12],
            "kind": principal.kind,
        }
    said = declaration_of(current_app, request.endpoint, request.method)
    detail = dict(opened.detail)
    if result == REFUSED and said is not None:
        detail.setdefault("asked", f"{request.method} {request.url_rule.rule if request.url_rule else ''}")
    return Row(
        court=principal.court if principal else str(g.get("audit_court", PLATFORM)),
        at=now,
        action=opened.action or "access.refused",
        result=result,
        **who,
        object_type=opened.object_type,
        object_id=opened.object_id[:128],
        remote=request.remote_addr or "",
        request_id=str(g.get("request_id", "")),
        code=code,
        subjects=tuple(opened.subjects[:2000]),
        before=masked(opened.before),
        after=masked(opened.after),
        detail=masked(detail),
    )


def init_strangers(app: Flask) -> None:
    """Nobody has been refused yet: thirty refusals a minute of one address are recorded, in each process."""
    app.extensions[STRANGERS] = Quiet(limit=30, seconds=60)


def init_app(app: Flask) -> None:
    """After whoever identifies callers (`server.accounts`) has registered: order matters."""
    init_strangers(app)
    app.before_request(enter)
    app.after_request(leave)
