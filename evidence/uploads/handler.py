"""The protocol: tus 1.0.0 core with creation, creation-with-upload, expiration, checksum, termination, concatenation.

No web framework: a `Request` goes in, a `Response` comes out. Every method takes the lock of its upload, HEAD too: a
phone knows that its connection is dead before this side does, and an offset told while the old request still stores
bytes would be wrong a moment later.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from evidence.errors import EvidenceError
from evidence.uploads import errors, messages
from evidence.uploads.messages import Request, Response
from evidence.uploads.protocol import Concatenating, Desk, Info, Known, Lease, Locker, UploadStore, Wish
from evidence.uploads.source import BodySource, Pace

EXTENSIONS = ("creation", "creation-with-upload", "expiration", "checksum", "termination")
_METHODS_OF_ONE = ("HEAD", "PATCH", "DELETE")


class OpenDesk:
    """Lets everybody upload anything, and leaves the bytes in the store."""

    def admit(self, wish: Wish) -> Known:
        return Known(secrets.token_hex(16), wish.length)

    def joined(self, parts: Sequence[str]) -> None:
        """Nothing is remembered."""

    def find(self, upload_id: str) -> Known:
        return Known(upload_id, -1)

    def finish(self, upload_id: str) -> dict[str, str]:  # noqa: ARG002 - the protocol's
        return {}

    def drop(self, upload_id: str) -> None:
        """Nobody objects."""


class Uploads:
    """One collection of uploads. `max_bytes` is Tus-Max-Size."""

    def __init__(
        self, *, store: UploadStore, locker: Locker, desk: Desk, max_bytes: int, pace: Pace | None = None
    ) -> None:
        self._store, self._locker, self._desk = store, locker, desk
        self._max_bytes, self._pace = max_bytes, pace or Pace()

    def handle(self, request: Request) -> Response:
        """Answers; raises nothing of its own. An answer ≥ 400 has a problem."""
        method = self._method(request)
        try:
            return self._answer(method, request)
        except EvidenceError as error:
            return _refusal(error)

    def _method(self, request: Request) -> str:
        """What a client that can only send POST wants; anything else says what it means by itself."""
        given = request.headers.get("x-http-method-override", "")
        return given.upper() if given and request.method == "POST" else request.method

    def _answer(self, method: str, request: Request) -> Response:
        if method == "OPTIONS":
            return capabilities(self._store, max_bytes=self._max_bytes)
        if request.headers.get("tus-resumable") != messages.VERSION:
            raise errors.wrong_version()
        if request.upload_id is None:
            if method != "POST":
                raise errors.wrong_method()
            return self._create(request)
        if method not in _METHODS_OF_ONE:
            raise errors.wrong_method()
        one = {"HEAD": self._head, "PATCH": self._patch, "DELETE": self._delete}[method]
        return one(request, request.upload_id)

    # Creation

    def _create(self, request: Request) -> Response:
        header = request.headers.get("upload-concat", "")
        if header.startswith("final"):
            return self._join(request, messages.parts_of(header))
        if header not in ("", "partial"):
            raise errors.bad_header("Upload-Concat")
        if "upload-defer-length" in request.headers:
            raise errors.defer_unsupported()
        length = messages.number(request.headers, "Upload-Length")
        if length > self._max_bytes:
            raise errors.too_large(self._max_bytes)
        wants_bytes = _has_body(request)
        if wants_bytes:
            _check_body(request, length)
        metadata = request.headers.get("upload-metadata", "")
        known = self._desk.admit(Wish(length, messages.metadata_of(metadata), partial=bool(header)))
        headers = {"Location": f"{request.prefix}/{known.upload_id}", **_expiry(known)}
        if known.settled:  # only the answer was lost: a client that knows nothing but tus must find its way to the end
            return _done(201, {**headers, "Upload-Offset": str(known.length), **known.headers})
        info = Info(known.upload_id, length, metadata, partial=bool(header))
        self._store.create(info)
        if not wants_bytes and length:
            return _done(201, headers)
        try:
            with self._lock(info.upload_id) as lease:
                more = self._receive(request, info, 0, lease)
        except EvidenceError as error:
            return _refusal(error, headers)
        return _done(201, headers | more)

    def _join(self, request: Request, ids: tuple[str, ...]) -> Response:
        if not isinstance(self._store, Concatenating):
            raise errors.bad_header("Upload-Concat")
        if "upload-length" in request.headers or _has_body(request):
            raise errors.final_is_closed()
        known = self._desk.joined(ids)
        if known is not None:
            return self._joined(request, known)
        parts = [self._part(one) for one in ids]
        length = sum(part.length for part in parts)
        if length > self._max_bytes:
            raise errors.too_large(self._max_bytes)
        metadata = request.headers.get("upload-metadata", "")
        known = self._desk.admit(Wish(length, messages.metadata_of(metadata), parts=ids))
        self._store.concat(Info(known.upload_id, length, metadata, parts=ids), parts)
        return self._joined(request, known)

    def _joined(self, request: Request, known: Known) -> Response:
        headers = {"Location": f"{request.prefix}/{known.upload_id}", **_expiry(known), **known.headers}
        if known.settled:
            return _done(201, headers)
        with self._lock(known.upload_id):
            return _done(201, headers | dict(self._desk.finish(known.upload_id)))

    def _part(self, upload_id: str) -> Info:
        self._desk.find(upload_id)
        info = self._store.info(upload_id)
        if not info.partial:
            raise errors.not_a_part()
        with self._lock(upload_id):
            if self._store.offset(upload_id) != info.length:
                raise errors.part_unfinished()
        return info

    # One upload

    def _head(self, request: Request, upload_id: str) -> Response:
        known = self._desk.find(upload_id)
        if not known.settled:
            with self._lock(upload_id):
                known = self._desk.find(upload_id)  # it may have been finished while this request waited
                if not known.settled:
                    return self._look(request, known)
        return _done(200, _position(known.length, known.length) | dict(known.headers))

    def _look(self, request: Request, known: Known) -> Response:
        info = self._store.info(known.upload_id)
        offset = info.length if known.full else self._store.offset(known.upload_id)
        headers = _position(offset, info.length) | _stated(info, request.prefix) | _expiry(known)
        if offset == info.length:
            # Whoever received the last byte may have died before it went where it belongs.
            headers |= dict(self._desk.finish(known.upload_id))
        return _done(200, headers)

    def _patch(self, request: Request, upload_id: str) -> Response:
        if request.headers.get("content-type", "") != messages.BYTES_TYPE:
            raise errors.wrong_content_type()
        offset = messages.number(request.headers, "Upload-Offset")
        known = self._desk.find(upload_id)
        if known.settled:
            return self._after_the_end(request, known, offset)
        with self._lock(upload_id) as lease:
            if known.full:
                return self._after_the_end(request, known, offset, self._desk.finish(upload_id))
            try:
                info = self._store.info(upload_id)
                if info.parts:
                    raise errors.final_is_closed()
                _check_body(request, info.length - offset)
                return _done(204, self._receive(request, info, offset, lease) | _expiry(known))
            except errors.UploadError as error:
                if error.code != "upload.not_found":
                    raise
        # The store knows nothing of it: finished or ended while this request waited for its turn.
        known = self._desk.find(upload_id)
        if not known.settled:
            raise errors.gone()
        return self._after_the_end(request, known, offset)

    def _after_the_end(
        self, request: Request, known: Known, offset: int, more: Mapping[str, str] | None = None
    ) -> Response:
        if offset != known.length:
            raise errors.wrong_offset(known.length)
        _check_body(request, 0)
        return _done(204, {"Upload-Offset": str(known.length), **known.headers, **(more or {})})

    def _delete(self, request: Request, upload_id: str) -> Response:  # noqa: ARG002 - one shape for all methods
        self._desk.find(upload_id)
        with self._lock(upload_id):
            self._desk.drop(upload_id)
            self._store.remove(upload_id)
        return _done(204, {})

    # Bytes

    def _receive(self, request: Request, info: Info, offset: int, lease: Lease) -> dict[str, str]:
        """Stores the body; tells how far the upload is. What had arrived is kept, whatever ends the request."""
        given = request.headers.get("upload-checksum", "")
        limit = info.length - offset
        if request.content_length is not None:
            limit = min(limit, request.content_length)
        source = BodySource(
            request.body,
            limit=max(0, limit),
            lease=lease,
            pace=self._pace,
            seal=messages.checksum_of(given) if given else "",
        )
        reached = self._store.append(info.upload_id, offset=offset, source=source)
        headers = {"Upload-Offset": str(reached)}
        if reached == info.length:
            return headers | dict(self._desk.finish(info.upload_id))
        if source.ended == "asked":
            raise errors.handed_over(reached)
        if source.ended == "slow":
            raise errors.too_slow(reached)
        return headers

    @contextmanager
    def _lock(self, upload_id: str) -> Iterator[Lease]:
        lease = self._locker.take(upload_id)
        try:
            yield lease
        finally:
            lease.release()


def capabilities(store: UploadStore, *, max_bytes: int) -> Response:
    """The answer to OPTIONS: asked by anybody, about nothing in particular."""
    joined = ("concatenation",) if isinstance(store, Concatenating) else ()
    headers = {
        "Tus-Version": messages.VERSION,
        "Tus-Extension": ",".join((*EXTENSIONS, *joined)),
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(messages.ALGORITHMS),
    }
    return _done(204, headers)


def _has_body(request: Request) -> bool:
    if request.content_length is not None:
        return request.content_length > 0
    return "transfer-encoding" in request.headers


def _check_body(request: Request, room: int) -> None:
    """Raises before the first byte is read."""
    if request.headers.get("content-type", "") != messages.BYTES_TYPE:
        raise errors.wrong_content_type()
    if "upload-checksum" in request.headers:
        messages.checksum_of(request.headers["upload-checksum"])
    if room >= 0 and (request.content_length or 0) > room:
        raise errors.too_long(room)


def _position(offset: int, length: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Upload-Length": str(length), "Cache-Control": "no-store"}


def _stated(info: Info, prefix: str) -> dict[str, str]:
    headers = {"Upload-Metadata": info.metadata} if info.metadata else {}
    if info.concat:
        addresses = " ".join(f"{prefix}/{one}" for one in info.parts)
        headers["Upload-Concat"] = f"final;{addresses}" if info.parts else "partial"
    return headers


def _expiry(known: Known) -> dict[str, str]:
    return {"Upload-Expires": messages.expires(known.expires_at)} if known.expires_at else {}


def _done(status: int, headers: dict[str, str]) -> Response:
    return Response(status, {"Tus-Resumable": messages.VERSION, **headers})


def _refusal(error: EvidenceError, headers: dict[str, str] | None = None) -> Response:
    status = error.status if isinstance(error, errors.UploadError) else 422
    more = {"Tus-Resumable": messages.VERSION, **(headers or {})}
    if error.code == "upload.wrong_version":
        more["Tus-Version"] = messages.VERSION
    if "retry_after_s" in error.extra:
        more["Retry-After"] = str(error.extra["retry_after_s"])
    problem = {"title": error.title_zh, "status": status, "code": error.code, **error.extra}
    return Response(status, more, problem)
