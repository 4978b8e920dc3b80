"""Evidence in pieces: tus 1.0.0 for phones and third-party teams (docs/uploads.md). `evidence.uploads` speaks the
protocol, `server.custody` says who may upload what; here they meet HTTP."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, request
from flask.sansio.blueprints import BlueprintSetupState
from flask.views import MethodView
from marshmallow import ValidationError

from evidence.uploads import Request as TusRequest
from evidence.uploads import Response as TusResponse
from evidence.uploads import UploadError, Uploads, capabilities
from evidence.uploads.errors import busy
from evidence.uploads.messages import VERSION
from miniprogram_api.blueprint import store
from miniprogram_api.custody_schemas import PhoneItemSchema
from miniprogram_api.uploads_body import PlainBody, SocketBody, body_of
from server.config import Settings
from server.core import audit
from server.core.clock import utc_now
from server.core.errors import DomainError, Invalid
from server.core.http import problem
from server.core.permissions import current, needs, public
from server.custody.services import uploads as service
from server.custody.services.announcing import NewItem
from server.service.actor import Actor

blueprint = Blueprint("uploads", __name__, url_prefix="/uploads")
SLOTS = "upload_slots"
_LIMITS = service.Limits()
_PER_PERSON = 8
# What cut, repeated and reordered requests are told all day: another offset, another connection, damaged, too slow.
_TROUBLE = {409, 423, 460, 503}
_ITEM_FIELDS = ("visit_id", "client_id", "kind", "sha256", "captured_at")


class Slots:
    """How many bodies this process receives at once: slow phones must leave threads to everybody else."""

    def __init__(self, total: int) -> None:
        self._free = threading.BoundedSemaphore(total)
        self._guard = threading.Lock()
        self._of: Counter[str] = Counter()

    @contextmanager
    def one(self, person_id: str) -> Iterator[None]:
        """Raises ``upload.busy``."""
        with self._guard:
            if self._of[person_id] >= _PER_PERSON:
                raise busy()
            self._of[person_id] += 1
        try:
            if not self._free.acquire(timeout=2.0):
                raise busy()
            try:
                yield
            finally:
                self._free.release()
        finally:
            with self._guard:
                self._of[person_id] -= 1
                if not self._of[person_id]:
                    del self._of[person_id]


@blueprint.after_request
def _speaks_tus(response: Response) -> Response:
    """Also when somebody else refused: then nobody has listened yet to what the caller is still sending."""
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        body_of(request).leave()
    response.headers.setdefault("Tus-Resumable", VERSION)
    return response


class Collection(MethodView):
    """Where uploads are created."""

    @public("what the protocol can do is no secret")
    def options(self) -> Response:
        """What this server speaks."""
        return _capabilities()

    @needs("phone.work", least="own", does="upload.create")
    def post(self) -> Response:
        """Creates an upload for an announced item, a part, or a whole made of parts."""
        answer = _answer(None)
        audit.target("upload", answer.headers.get("Location", "").rpartition("/")[2])
        _note(answer)
        return _response(answer)


class One(MethodView):
    """One upload. POST carries the method it means in X-HTTP-Method-Override."""

    @public("what the protocol can do is no secret")
    def options(self, upload_id: str) -> Response:
        """What this server speaks."""
        del upload_id
        return _capabilities()

    @needs("phone.work", on="upload:upload_id")
    def get(self, upload_id: str) -> Response:
        """HEAD tells the offset (tus). GET is ours: what became of the upload."""
        if request.method == "HEAD":
            return _response(_answer(upload_id))
        me = current()
        return jsonify(service.state_of(court=me.court, person_id=me.person_id, upload_id=upload_id))

    @needs("phone.work", on="upload:upload_id", does="evidence.add", part=True)
    def patch(self, upload_id: str) -> Response:
        """The next bytes."""
        return _piece(upload_id)

    @needs("phone.work", on="upload:upload_id", does="evidence.add", part=True)
    def post(self, upload_id: str) -> Response:
        """For clients that cannot send PATCH, DELETE or HEAD."""
        return _piece(upload_id)

    @needs("phone.work", on="upload:upload_id", does="upload.end")
    def delete(self, upload_id: str) -> Response:
        """Ends it; what had arrived is freed."""
        return _response(_answer(upload_id))


def _capabilities() -> Response:
    return _response(capabilities(current_app.extensions["upload_store"], max_bytes=_LIMITS.max_bytes))


def _piece(upload_id: str) -> Response:
    """One row for the whole file when it has landed, and one for each refusal that is more than the line's trouble."""
    ends = request.headers.get("X-HTTP-Method-Override", "").upper() == "DELETE"
    deed = "upload.end" if ends else "evidence.add"
    try:
        answer = _answer(upload_id)
    except DomainError as error:
        if error.status not in _TROUBLE:
            audit.does(deed)
        raise
    refused = answer.status >= HTTPStatus.BAD_REQUEST and answer.status not in _TROUBLE
    if refused or "Songda-Item-State" in answer.headers or (ends and answer.status < HTTPStatus.BAD_REQUEST):
        audit.does(deed)
        _note(answer)
    return _response(answer)


def _note(answer: TusResponse) -> None:
    """What the row of the deed says beside the upload."""
    found = {"evidence_id": "Songda-Evidence-Id", "state": "Songda-Item-State"}
    audit.note(**{name: answer.headers[header] for name, header in found.items() if header in answer.headers})


def _answer(upload_id: str | None) -> TusResponse:
    me, found = current(), current_app.extensions
    slots: Slots = found[SLOTS]
    desk = service.UploadDesk(
        court=me.court,
        actor=Actor.of(me),
        uploads=found["upload_store"],
        evidence=store(),
        limits=_LIMITS,
        reader=_item_in,
        now=utc_now(),
    )
    protocol = Uploads(
        store=found["upload_store"], locker=found["upload_locker"], desk=desk, max_bytes=_LIMITS.max_bytes
    )
    body = body_of(request)
    try:
        if not request.content_length and "Transfer-Encoding" not in request.headers:
            return protocol.handle(_asked(upload_id, body))
        with slots.one(me.person_id):
            return protocol.handle(_asked(upload_id, body))
    except UploadError as error:
        raise DomainError(code=error.code, status=error.status, title=error.title_zh, **error.extra) from error
    finally:
        body.leave()


def _item_in(metadata: Mapping[str, str], length: int) -> NewItem | None:
    """An item described in Upload-Metadata, for clients that announce nothing beforehand. Raises `request.invalid`."""
    if not {"kind", "sha256", "captured_at"} <= metadata.keys():
        return None
    given: dict[str, Any] = {name: metadata[name] for name in _ITEM_FIELDS if name in metadata} | {"size": length}
    point = {name: metadata[name] for name in ("lng", "lat", "datum") if name in metadata}
    if point:
        around = {name: metadata[name] for name in ("accuracy_m", "provider") if name in metadata}
        given["fix"] = {"point": point, "at": metadata.get("fix_at", metadata["captured_at"]), **around}
    try:
        return cast(NewItem, PhoneItemSchema().load(given))
    except ValidationError as error:
        raise Invalid(code="request.invalid", title="提交的内容有误", errors=error.messages) from error


def _asked(upload_id: str | None, body: PlainBody | SocketBody) -> TusRequest:
    return TusRequest(
        method=request.method,
        prefix="/api/phone/uploads",
        upload_id=upload_id,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        content_length=request.content_length,
    )


def _response(answer: TusResponse) -> Response:
    response = problem(answer.problem) if answer.problem else Response(status=answer.status)
    response.headers.update(answer.headers)
    return response


def _prepare(state: BlueprintSetupState) -> None:
    """Called when the blueprint is registered."""
    settings: Settings = state.app.extensions["settings"]
    state.app.extensions[SLOTS] = Slots(settings.upload_slots)


blueprint.add_url_rule("", view_func=Collection.as_view("collection"))
blueprint.add_url_rule("/<string:upload_id>", view_func=One.as_view("one"))
blueprint.record_once(_prepare)
