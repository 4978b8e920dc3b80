"""Signed short-lived links to one file: for a viewer or a download that cannot send our cookie.

The link carries what may be opened, by whom and through which session, signed with the secret key (HMAC, itsdangerous);
it dies after five minutes, with the session, and with the right it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from server.accounts import services as accounts
from server.config import Settings
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.errors import DomainError, NotFound
from server.core.files import stream
from server.core.permissions import Principal, public
from server.field.services import open_evidence
from server.reports import services as reports

LIFE = timedelta(minutes=5)
NEEDED = {"paper": "papers.view", "evidence": "evidence.view"}

blueprint = Blueprint("files", __name__)


@dataclass(frozen=True, slots=True)
class Link:
    """An address that opens one file until `expires_at`."""

    url: str
    expires_at: datetime


def make_link(*, principal: Principal, kind: str, object_id: str, now: datetime) -> Link:
    """`kind` is paper or evidence; the caller has checked the right (the gate did)."""
    token = _signer().dumps([kind, object_id, principal.court, principal.session_id])
    return Link(f"/files/{token}", now.replace(microsecond=0, tzinfo=UTC) + LIFE)


@blueprint.get("/files/<token>")
@public("the link is the right: signed, five minutes, bound to a session that still stands", does="file.open")
def open_link(token: str) -> Response:
    """The file as a download."""
    kind, object_id, court, session_id = _read(token)
    principal = accounts.principal_of_session(session_id, now=utc_now())
    if principal is None or principal.stage != "full":
        raise _dead()
    g.principal = principal
    objects.locate(kind, object_id, principal, NEEDED[kind])
    audit.target(kind, object_id)
    return _file(kind, court, object_id)


def _file(kind: str, court: str, object_id: str) -> Response:
    store = current_app.extensions["evidence_store"]
    if kind == "evidence":
        item, source = open_evidence(court=court, evidence_id=object_id, store=store)
        name = f"{item.kind}-{item.id}"
        return stream(
            source, media_type=item.media_type, size=item.size, etag=item.sha256, name=name, kind="attachment"
        )
    paper = reports.get_paper(court=court, paper_id=object_id)
    if paper is None:
        raise NotFound(code="paper.not_found", title="没有这份文书")
    name = f"{reports.LABELS[paper.kind]}-{paper.number}-v{paper.version}.pdf"
    source = store.open(paper.store_key)
    return stream(
        source, media_type="application/pdf", size=paper.size, etag=paper.sha256, name=name, kind="attachment"
    )


def _read(token: str) -> tuple[str, str, str, str]:
    try:
        said: Any = _signer().loads(token, max_age=int(LIFE.total_seconds()))
        kind, object_id, court, session_id = said
    except SignatureExpired as error:
        raise DomainError(code="link.expired", status=410, title="下载链接已过期，请重新获取") from error
    except (BadData, TypeError, ValueError) as error:
        raise _dead() from error
    if kind not in NEEDED:
        raise _dead()
    return str(kind), str(object_id), str(court), str(session_id)


def _dead() -> DomainError:
    return DomainError(code="link.invalid", status=403, title="下载链接无效，请重新获取")


def _signer() -> URLSafeTimedSerializer:
    settings: Settings = current_app.extensions["settings"]
    return URLSafeTimedSerializer(settings.secret_key, salt="songda file link")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
