"""Archive packages of cases: asking for one, watching it, fetching it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready, store
from server.board.schemas.archives import (
    BoardArchiveSchema,
    BoardArchivesSchema,
    BoardReceiptGivenSchema,
    BoardReceiptSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import Conflict
from server.core.files import stream
from server.core.permissions import current, needs
from server.custody.services import retention
from server.reports import archive
from server.reports.archive_models import CaseArchive
from server.reports.archive_tasks import enqueue
from server.service.actor import Actor

blueprint = make_blueprint("archives", "Archive packages of cases")


@blueprint.route("/cases/<string:case_id>/archive")
class CaseArchives(MethodView):
    @blueprint.response(200, BoardArchivesSchema)
    @needs("papers.archive", on="case:case_id")
    def get(self, case_id: str) -> Any:
        """Packages of the case, newest first."""
        return ready(page_of([_view(one) for one in archive.of_case(court=current().court, case_id=case_id)]))

    @blueprint.response(202, BoardArchiveSchema)
    @needs("papers.archive", on="case:case_id", does="archive.make")
    def post(self, case_id: str) -> Any:
        """Ask for a package of everything about the service in this case."""
        me = current()
        wish = archive.ask(court=me.court, case_id=case_id, actor=Actor.of(me), now=utc_now())
        audit.note(archive=wish.id, number=wish.number)
        enqueue(wish)
        return ready(_view(wish), 202)


@blueprint.route("/archives/<string:archive_id>")
class OneArchive(MethodView):
    @blueprint.response(200, BoardArchiveSchema)
    @needs("papers.archive", on="case_archive:archive_id")
    def get(self, archive_id: str) -> Any:
        """How far it is."""
        return ready(_view(archive.get(court=current().court, archive_id=archive_id)))


@blueprint.route("/archives/<string:archive_id>/file")
class ArchiveFile(MethodView):
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
    @needs("papers.archive", on="case_archive:archive_id", does="archive.download")
    def get(self, archive_id: str) -> Response:
        """The zip. Every download is recorded."""
        found = archive.get(court=current().court, archive_id=archive_id)
        if found.state != "done":
            raise Conflict(code="archive.not_ready", title="送达档案尚未制作完成")
        audit.note(case_id=found.case_id, number=found.number, sha256=found.sha256)
        name = f"送达档案-{found.case_number}-{found.number}.zip"
        source = store().open(found.store_key)
        return stream(
            source, media_type="application/zip", size=found.size, etag=found.sha256, name=name, kind="attachment"
        )


@blueprint.route("/archives/<string:archive_id>/receipt")
class ReceiptOfArchive(MethodView):
    @blueprint.arguments(BoardReceiptGivenSchema)
    @blueprint.response(200, BoardReceiptSchema)
    @needs("papers.archive", on="case_archive:archive_id", does="archive.receipt")
    def post(self, data: dict[str, Any], archive_id: str) -> Any:
        """The court's archive has received the package: from then on its files' time of keeping here runs."""
        me = current()
        found = archive.get(court=me.court, archive_id=archive_id)
        if found.state != "done":
            raise Conflict(code="archive.not_ready", title="送达档案尚未制作完成")
        package = retention.Package(found.id, found.case_id, found.store_key, found.sha256, found.finished_at)
        receipt = retention.record_receipt(
            court=me.court, package=package, store=store(), actor=Actor.of(me), now=utc_now(), **data
        )
        audit.note(reference=receipt.reference, case_id=found.case_id, number=found.number, sha256=found.sha256)
        return ready(_receipt(receipt))


def _receipt(one: Any) -> dict[str, Any]:
    names = ("reference", "received_by", "received_at", "by_name", "at")
    return {name: getattr(one, name) for name in names} | {"files": len(one.covers)}


def _view(one: CaseArchive) -> dict[str, Any]:
    names = ("id", "case_id", "case_number", "number", "state", "files_total", "files_done", "bytes_done", "size")
    more = ("sha256", "asked_by_name", "asked_at", "finished_at")
    return {name: getattr(one, name) for name in (*names, *more)} | {"problem": dict(one.problem or {}) or None}
