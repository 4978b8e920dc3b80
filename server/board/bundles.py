"""Evidence bundles: asking for one, watching it, fetching it. Checked by anybody with `python -m evidence verify`."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready, store
from server.board.schemas.bundles import (
    BoardBundleAskSchema,
    BoardBundleSchema,
    BoardBundlesQuerySchema,
    BoardBundlesSchema,
)
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.errors import Conflict, Invalid
from server.core.files import stream
from server.core.permissions import Principal, Scope, current, needs
from server.reports import bundle_scopes, bundles
from server.reports.bundle_models import EvidenceBundle
from server.reports.bundle_tasks import enqueue
from server.service.actor import Actor

blueprint = make_blueprint("bundles", "Evidence bundles")

CODE = "evidence.export"


@blueprint.route("/bundles")
class Bundles(MethodView):
    @blueprint.arguments(BoardBundlesQuerySchema, location="query")
    @blueprint.response(200, BoardBundlesSchema)
    @needs(CODE)
    def get(self, query: dict[str, Any]) -> Any:
        """Bundles of an object, newest first."""
        within = objects.within("bundle", current(), CODE)
        found = bundles.of_object(within=within, scope=query["scope"], object_id=query["id"])
        return ready(page_of([_view(one) for one in found]))

    @blueprint.arguments(BoardBundleAskSchema)
    @blueprint.response(202, BoardBundleSchema)
    @needs(CODE, does="bundle.make")
    def post(self, data: dict[str, Any]) -> Any:
        """Ask for a bundle of a visit, a case, a day or a report."""
        me = current()
        wish = _ask(me, data["scope"], data["id"])
        audit.target("bundle", wish.id)
        audit.note(scope=wish.scope, object=wish.object_id)
        enqueue(wish)
        return ready(_view(wish), 202)


@blueprint.route("/bundles/<string:bundle_id>")
class OneBundle(MethodView):
    @blueprint.response(200, BoardBundleSchema)
    @needs(CODE, on="bundle:bundle_id")
    def get(self, bundle_id: str) -> Any:
        """How far it is."""
        return ready(_view(bundles.get(court=current().court, bundle_id=bundle_id)))


@blueprint.route("/bundles/<string:bundle_id>/file")
class BundleFile(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
    @needs(CODE, on="bundle:bundle_id", does="bundle.download")
    def get(self, bundle_id: str) -> Response:
        """The zip. Every download is recorded."""
        found = bundles.get(court=current().court, bundle_id=bundle_id)
        if found.state != "done":
            raise Conflict(code="bundle.not_ready", title="证据包尚未制作完成")
        audit.note(scope=found.scope, object=found.object_id, sha256=found.sha256)
        source = store().open(found.store_key)
        name = f"证据包-{found.title}.zip"
        return stream(
            source, media_type="application/zip", size=found.size, etag=found.sha256, name=name, kind="attachment"
        )


def _ask(me: Principal, scope: str, object_id: str) -> EvidenceBundle:
    """The wish, once the object is known to be within reach. Raises its 404 otherwise, and `bundle.bad_day`."""
    ids: list[str] = []
    whole = scope == "day" and _reaches_court(me)
    if scope == "day":
        object_id = _day(object_id)
        if not whole:
            within = objects.within("visit", me, CODE)
            ids = bundle_scopes.visits_of_day(court=me.court, day=object_id, within=within)
    else:
        _within_reach(me, scope, object_id)
    return bundles.ask(
        court=me.court,
        scope=scope,
        object_id=object_id,
        actor=Actor.of(me),
        now=utc_now(),
        visit_ids=ids,
        whole_day=whole,
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Invalid(code="bundle.bad_day", title="日期不正确，应为 2026-11-24 这样的形式") from error


def _within_reach(me: Principal, scope: str, object_id: str) -> None:
    """Raises the object's 404."""
    kind, key = ("task", bundle_scopes.task_of(me.court, object_id)) if scope == "report" else (scope, object_id)
    if key not in objects.all_within(kind, [key], me, CODE):
        raise bundle_scopes.missing(scope)


def _reaches_court(me: Principal) -> bool:
    seats = objects.seats_reaching(me, CODE, me.court)
    return any(one.scopes[CODE] >= Scope.COURT for one in seats)


def _view(one: EvidenceBundle) -> dict[str, Any]:
    names = ("id", "scope", "object_id", "title", "state", "files_total", "files_done", "bytes_done", "size", "sha256")
    more = ("asked_by_name", "asked_at", "finished_at")
    return {name: getattr(one, name) for name in (*names, *more)} | {
        "counts": dict(one.counts or {}) or None,
        "problem": dict(one.problem or {}) or None,
    }
