"""Papers in batches: asking for one, watching it, stopping it, fetching what it made."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from server.board.blueprint import make_blueprint, page_of, ready, store
from server.board.fields import PageQuerySchema
from server.board.schemas.paper_batches import (
    BoardBatchFileQuerySchema,
    BoardBatchWishSchema,
    BoardPaperBatchDetailSchema,
    BoardPaperBatchesSchema,
    BoardPaperBatchSchema,
)
from server.core import audit, objects
from server.core.clock import utc_now
from server.core.errors import Conflict, NotFound
from server.core.files import stream
from server.core.permissions import Principal, current, needs, require
from server.papers.kinds import KINDS
from server.reports import batches
from server.reports.batch_models import BatchRow, PaperBatch
from server.reports.batch_tasks import enqueue
from server.service.actor import Actor

MEDIA = {"pdf": "application/pdf", "zip": "application/zip"}
blueprint = make_blueprint("paper_batches", "Papers made in batches")


@blueprint.route("/paper-batches")
class PaperBatches(MethodView):
    @blueprint.arguments(PageQuerySchema, location="query")
    @blueprint.response(200, BoardPaperBatchesSchema)
    @needs("papers.make", least="own")
    def get(self, query: dict[str, int]) -> Any:
        """Batches within reach, newest first."""
        within = objects.within("paper_batch", current(), "papers.make")
        found, total = batches.page(within=within, **query)
        return ready(page_of([_view(one) for one in found], total, **query))

    @blueprint.arguments(BoardBatchWishSchema)
    @blueprint.response(202, BoardPaperBatchSchema)
    @needs("papers.make", least="own", does="paper.batch")
    def post(self, wish: dict[str, Any]) -> Any:
        """Ask for many papers of one kind; workers make them side by side."""
        me = require("papers.seal") if wish["seal"] else current()
        batch = batches.start(
            court=me.court,
            kind=wish["kind"],
            rows=_rows(me, wish),
            fields=wish["fields_"],
            wants_seal=wish["seal"],
            actor=Actor.of(me),
            now=utc_now(),
        )
        audit.target("paper_batch", batch.id)
        audit.note(paper_kind=batch.kind, total=batch.total, seal=batch.wants_seal)
        enqueue(batch)
        return ready(_view(batch), 202)


def _rows(me: Principal, wish: dict[str, Any]) -> list[BatchRow]:
    """Only what this person may make papers of; naming anything else is refused as if it did not exist."""
    court, kind = me.court, wish["kind"]
    codes = ("papers.make", "papers.seal") if wish["seal"] else ("papers.make",)
    if "day" in wish:
        reach = {"$and": [objects.within("visit", me, code) for code in codes]}
        return batches.of_a_day(court=court, kind=kind, day=wish["day"], within=reach)
    name, noun = ("visit_ids", "visit") if "visit_ids" in wish else ("task_ids", "task")
    for code in codes:
        if objects.all_within(noun, wish[name], me, code) != frozenset(wish[name]):
            raise NotFound(code="batch.not_within", title="所选对象中有不存在或者您无权制作文书的")
    make = batches.of_visits if noun == "visit" else batches.of_tasks
    return make(court=court, kind=kind, **{name: wish[name]})


@blueprint.route("/paper-batches/<string:batch_id>")
class OnePaperBatch(MethodView):
    @blueprint.response(200, BoardPaperBatchDetailSchema)
    @needs("papers.make", on="paper_batch:batch_id")
    def get(self, batch_id: str) -> Any:
        """How far it is, row by row."""
        batch = batches.get(court=current().court, batch_id=batch_id)
        return ready(_view(batch) | {"rows": [_row(number, row) for number, row in enumerate(batch.rows, 1)]})


@blueprint.route("/paper-batches/<string:batch_id>/stop")
class StoppedPaperBatch(MethodView):
    @blueprint.response(200, BoardPaperBatchSchema)
    @needs("papers.make", on="paper_batch:batch_id", does="paper.batch_stop")
    def post(self, batch_id: str) -> Any:
        """Make nothing more; papers that were made stay."""
        return ready(_view(batches.stop(court=current().court, batch_id=batch_id, now=utc_now())))


@blueprint.route("/paper-batches/<string:batch_id>/file")
class PaperBatchFile(MethodView):
    @blueprint.arguments(BoardBatchFileQuerySchema, location="query")
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
    @needs("papers.view", on="paper_batch:batch_id", does="paper.batch_download")
    def get(self, query: dict[str, str], batch_id: str) -> Response:
        """One PDF in order for the printer, or a zip of the single papers with a list."""
        batch = batches.get(court=current().court, batch_id=batch_id)
        kept = batch.zipped if query["as_"] == "zip" else batch.merged
        if not kept:
            raise Conflict(code="batch.no_file", title="该批次没有可以下载的文件")
        audit.note(paper_kind=batch.kind, total=batch.total)
        name = f"{KINDS[batch.kind].title}-{batch.asked_at:%Y%m%d}-{batch.total}份.{query['as_']}"
        source = store().open(kept["store_key"])
        media = MEDIA[query["as_"]]
        return stream(source, media_type=media, size=kept["size"], etag=kept["sha256"], name=name, kind="attachment")


def _view(batch: PaperBatch) -> dict[str, Any]:
    names = ("id", "kind", "state", "total", "done", "failed", "wants_seal", "asked_by_name", "asked_at", "finished_at")
    elapsed = (batch.finished_at or utc_now()) - batch.asked_at
    return {name: getattr(batch, name) for name in names} | {
        "title": KINDS[batch.kind].title,
        "elapsed_s": round(elapsed.total_seconds(), 1),
        "pages": (batch.merged or {}).get("pages"),
        "has_file": bool(batch.zipped),
    }


def _row(number: int, row: BatchRow) -> dict[str, Any]:
    names = ("visit_id", "task_id", "recipient_id", "state", "paper_id")
    return {"number": number, **{name: getattr(row, name) for name in names}, "problem": dict(row.problem) or None}
