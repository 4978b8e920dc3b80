"""Texts of the papers: a court drafts its own, looks at them, and another person approves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask.views import MethodView

from server.accounts.services.people import get_court
from server.board.blueprint import make_blueprint, page_of, ready
from server.board.schemas.wordings import (
    BoardWordingDefaultsListSchema,
    BoardWordingDraftSchema,
    BoardWordingPreviewSchema,
    BoardWordingQuerySchema,
    BoardWordingSchema,
    BoardWordingsSchema,
)
from server.core import audit
from server.core.clock import utc_now
from server.core.http import disposition
from server.core.permissions import current, needs
from server.papers.kinds import KINDS
from server.papers.wording import spec
from server.reports import wordings
from server.service.actor import Actor

blueprint = make_blueprint("wordings", "Texts of the papers, per court")


@blueprint.route("/wordings")
class Wordings(MethodView):
    @blueprint.arguments(BoardWordingQuerySchema, location="query")
    @blueprint.response(200, BoardWordingsSchema)
    @needs("papers.view", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """The court's wordings, newest first, and which of them is in force."""
        court = current().court
        in_force = wordings.ids_in_force(court=court)
        found = wordings.list_wordings(court=court, kind=query["kind"])
        return ready(page_of([_shown(one, in_force) for one in found]))

    @blueprint.arguments(BoardWordingDraftSchema)
    @blueprint.response(201, BoardWordingSchema)
    @needs("wordings.edit", does="wording.draft")
    def post(self, data: dict[str, Any]) -> Any:
        """Draft texts of one kind of paper. They print nothing until somebody else approves them."""
        me = current()
        made = wordings.draft_wording(court=me.court, actor=Actor.of(me), now=utc_now(), **data)
        audit.target("wording", made["_id"])
        audit.note(paper_kind=made["kind"], version=wordings.version_of(made))
        return ready(_shown(made, set()), 201)


@blueprint.route("/wordings/defaults")
class WordingDefaults(MethodView):
    @blueprint.arguments(BoardWordingQuerySchema, location="query")
    @blueprint.response(200, BoardWordingDefaultsListSchema)
    @needs("papers.view", least="own")
    def get(self, query: dict[str, Any]) -> Any:
        """The shipped texts of every kind, with the placeholders that may and must be used."""
        kinds = [query["kind"]] if query["kind"] else list(KINDS)
        return ready(page_of([_defaults(kind) for kind in kinds]))


@blueprint.route("/wordings/preview")
class WordingPreview(MethodView):
    @blueprint.arguments(BoardWordingPreviewSchema)
    @blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
    @needs("wordings.edit", does="wording.preview")
    def post(self, data: dict[str, Any]) -> Response:
        """The paper in these texts, about nobody. Nothing is kept."""
        court = get_court(current().court)
        made = wordings.preview(kind=data["kind"], court_name=court.name, texts=data["texts"], now=utc_now())
        audit.note(paper_kind=data["kind"])
        answer = Response(made.pdf, mimetype="application/pdf")
        answer.headers["Content-Disposition"] = disposition("inline", f"{KINDS[data['kind']].title}-用语预览.pdf")
        answer.headers["Cache-Control"] = "no-store"
        return answer


@blueprint.route("/wordings/<string:wording_id>/approve")
class WordingApproval(MethodView):
    @blueprint.response(200, BoardWordingSchema)
    @needs("wordings.approve", on="wording:wording_id", does="wording.approve")
    def post(self, wording_id: str) -> Any:
        """Put the draft in force. Never by whoever drafted it."""
        me = current()
        done = wordings.approve_wording(court=me.court, wording_id=wording_id, actor=Actor.of(me), now=utc_now())
        audit.change(before={"state": "draft"}, after={"state": "approved"})
        audit.note(paper_kind=done["kind"], version=wordings.version_of(done))
        return ready(_shown(done, wordings.ids_in_force(court=me.court)))


@blueprint.route("/wordings/<string:wording_id>/drop")
class WordingDrop(MethodView):
    @blueprint.response(200, BoardWordingSchema)
    @needs("wordings.edit", on="wording:wording_id", does="wording.drop")
    def post(self, wording_id: str) -> Any:
        """Give the draft up."""
        me = current()
        done = wordings.drop_wording(court=me.court, wording_id=wording_id, actor=Actor.of(me), now=utc_now())
        audit.change(before={"state": "draft"}, after={"state": "dropped"})
        return ready(_shown(done, wordings.ids_in_force(court=me.court)))


def _shown(found: Mapping[str, Any], in_force: set[str]) -> dict[str, Any]:
    return {
        "id": found["_id"],
        "kind": found["kind"],
        "title": KINDS[found["kind"]].title,
        "version": wordings.version_of(found),
        "state": found["state"],
        "in_force": found["_id"] in in_force,
        "texts": found["texts"],
        "note": found.get("note") or "",
        "drafted_by_name": found["drafted_by_name"],
        "drafted_at": found["drafted_at"],
        "approved_by_name": found.get("approved_by_name"),
        "approved_at": found.get("approved_at"),
    }


def _defaults(kind: str) -> dict[str, Any]:
    shipped = spec(kind)
    return {
        "kind": kind,
        "title": KINDS[kind].title,
        "version": shipped.version,
        "placeholders": [{"name": name, "text": text} for name, text in shipped.placeholders.items()],
        "blocks": [
            {
                "name": one.name,
                "label": one.label,
                "text": one.text,
                "most": one.max_chars,
                "placeholders": list(shipped.placeholders if one.allowed is None else one.allowed),
                "required_placeholders": list(one.required),
                "must_say": list(one.must),
            }
            for one in shipped.blocks.values()
        ],
    }
