"""`verify(path, trust)`: is this bundle what the court made, and is what it holds what the court received?

No server, no database, no network. Nothing in the file is believed before it is checked; whatever is in it, the answer
is a report, unless it is no bundle at all.
"""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from evidence.bundle import listing as reading
from evidence.bundle.content import SCHEMA
from evidence.bundle.envelopes import Tickets
from evidence.bundle.items import Opened, judge, judge_document
from evidence.bundle.listing import Listing
from evidence.bundle.package import Digest, Package, open_package
from evidence.bundle.report import Judged, KeyUsed, Report, StampSeen
from evidence.bundle.trust import Trust, fingerprint
from evidence.bundle.words import Reason
from evidence.bundle.writing import KEY, LISTING, NOTE, SUMS, Count, sums_of
from evidence.errors import EvidenceError
from evidence.log import Checkpoint, Verifier, check_time_stamp

_AT_ONCE = min(4, os.cpu_count() or 1)
_LARGE = 256 * 1024
_NOT_KEPT = ("originals/", "papers/", "exhibits/")
_NOBODY = Trust()


@dataclass(slots=True)
class _Whole:
    """The bundle as such: what was found of it, and what the items are held against."""

    reasons: list[Reason]
    remarks: list[Reason]
    digests: Mapping[str, Digest | None]


def verify(path: Path, trust: Trust = _NOBODY, *, moved: Count = lambda _: None) -> Report:
    """Raises ``bundle.none`` for what is no bundle, OSError for a file that cannot be read.

    `moved(bytes)` is told of every large member that was read, in the caller's thread.
    """
    package = open_package(path)
    digests = _digests(package, moved)
    whole = _Whole(list(package.problems), [], digests)
    raw = _body(whole, LISTING)
    try:
        listing = reading.parse(raw)
    except EvidenceError:
        return Report({}, (*whole.reasons, Reason("bundle.listing")))
    whole.reasons += _members(package, listing, digests)
    verifier, used = _key(whole, listing, trust)
    signed = verifier is not None and _signed(whole, raw, verifier)
    whole.reasons += _sums(whole, listing, raw)
    opened, stamp = _opened(whole, listing, verifier, trust)
    items, documents = _judged(listing, opened, signed=signed, distrusted=used is not None and used.trusted is False)
    if listing.absent:
        whole.remarks.append(Reason("remark.absent", str(listing.absent)))
    return Report(
        about={
            "bundle_id": listing.bundle_id,
            "court": listing.court,
            "court_name": listing.court_name,
            "scope": dict(listing.scope),
            "made_at": listing.made_at,
        },
        reasons=tuple(dict.fromkeys(whole.reasons)),
        remarks=tuple(whole.remarks),
        key=used,
        checkpoint=_told(opened.checkpoint),
        stamp=stamp,
        items=items,
        documents=documents,
    )


def _digests(package: Package, moved: Count) -> dict[str, Digest | None]:
    """Every member read once; the large ones several at a time, as hashing leaves the interpreter free."""

    def one(name: str) -> Digest | None:
        return package.digest(name, keep=not name.startswith(_NOT_KEPT))

    large = [name for name in package.names if package.size(name) > _LARGE]
    found = {name: one(name) for name in package.names if package.size(name) <= _LARGE}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for name, digest in zip(large, pool.map(one, large), strict=True):
            found[name] = digest
            moved(package.size(name))
    return found


def _body(whole: _Whole, path: str) -> bytes:
    """Of a small file; empty when it is not there or not small."""
    found = whole.digests.get(path)
    return found.body if found is not None and found.body is not None else b""


def _members(package: Package, listing: Listing, digests: Mapping[str, Digest | None]) -> Iterator[Reason]:
    """The zip against the list: nothing more, nothing less, in the listed order, with its checksums."""
    wanted = dict.fromkeys((NOTE, LISTING, SUMS, *listing.files))
    there = set(package.names)
    yield from (Reason("bundle.extra", name) for name in package.names if name not in wanted)
    yield from (Reason("file.missing", name) for name in wanted if name not in there)
    if [name for name in package.names if name in wanted] != [name for name in wanted if name in there]:
        yield Reason("bundle.order")
    for name, listed in listing.files.items():
        found = digests.get(name)
        if name in there and (found is None or (found.sha256, found.size) != (listed.sha256, listed.size)):
            yield Reason("file.altered", name)
    for name, found in digests.items():
        if found is None or not found.crc_fits:
            yield Reason("bundle.crc", name)


def _key(whole: _Whole, listing: Listing, trust: Trust) -> tuple[Verifier | None, KeyUsed | None]:
    """The bundle's key, and whether the caller trusts it."""
    try:
        text = _body(whole, KEY).decode()
        verifier = Verifier.from_text(text.removesuffix("\n"))
        if not text.endswith("\n") or not verifier.name.endswith(f"/{listing.court}"):
            raise ValueError(text)
    except (EvidenceError, ValueError):
        whole.reasons.append(Reason("bundle.key"))
        return None, None
    trusted = str(verifier) in trust.keys if trust.keys else None
    if trusted is None:
        whole.remarks.append(Reason("remark.own_key"))
    elif not trusted:
        whole.reasons.append(Reason("key.untrusted"))
    return verifier, KeyUsed(str(verifier), fingerprint(verifier), trusted)


def _signed(whole: _Whole, listing: bytes, verifier: Verifier) -> bool:
    """Whether the court signed exactly this listing, with this one signature and nothing else in the note."""
    digest = whole.digests.get(LISTING)
    body = f"{SCHEMA}\n{verifier.name}\n{digest.sha256 if digest else ''}\n{len(listing)}\n"
    try:
        note = _body(whole, NOTE).decode()
        holds = verifier.text(note) == body and note.count("\n— ") == 1
    except (EvidenceError, UnicodeDecodeError):
        holds = False
    if not holds:
        whole.reasons.append(Reason("bundle.note"))
    return holds


def _sums(whole: _Whole, listing: Listing, raw: bytes) -> Iterator[Reason]:
    files = [(one.sha256, one.path) for one in listing.files.values()]
    if _body(whole, SUMS) != sums_of(raw, _body(whole, NOTE), files):
        yield Reason("bundle.sums")


def _opened(
    whole: _Whole, listing: Listing, verifier: Verifier | None, trust: Trust
) -> tuple[Opened, StampSeen | None]:
    checkpoint, fault, stamp = None, Reason("checkpoint.missing"), None
    log = listing.log or {}
    path = log.get("checkpoint")
    if path is not None:
        note = _body(whole, path)
        checkpoint, fault = _checkpoint(note, verifier), Reason("checkpoint.bad")
        if checkpoint is None:
            whole.reasons.append(fault)
        else:
            stamp = _stamp(whole, log, note, trust)
    stamped_at = stamp.at if stamp else None
    opened = Opened(listing, whole.digests, Tickets(verifier), checkpoint, fault, stamped_at)
    for row in listing.rows:
        payload = _payload(row, whole.digests)
        if payload is not None:
            opened.chains.add(payload)
    return opened, stamp


def _checkpoint(note: bytes, verifier: Verifier | None) -> Checkpoint | None:
    try:
        return verifier.open(note.decode()) if verifier is not None else None
    except (EvidenceError, UnicodeDecodeError):
        return None


def _stamp(whole: _Whole, log: Mapping[str, str | None], note: bytes, trust: Trust) -> StampSeen | None:
    """The time-stamp over the checkpoint, against the caller's roots, else the bundle's own."""
    path, by = log.get("timestamp"), log.get("timestamp_by") or ""
    if path is None:
        whole.remarks.append(Reason("remark.no_stamp"))
        return None
    try:
        roots = list(trust.roots) or x509.load_pem_x509_certificates(_body(whole, log.get("certificates") or ""))
        found = check_time_stamp(_body(whole, path), note, roots)
    except EvidenceError as error:
        whole.reasons.append(Reason("stamp.untrusted" if error.code == "tsa.untrusted" else "stamp.wrong"))
        return None
    except ValueError:
        whole.reasons.append(Reason("stamp.wrong"))
        return None
    if by != "authority":
        whole.remarks.append(Reason("remark.court_stamp"))
    if not trust.roots:
        whole.remarks.append(Reason("remark.own_roots"))
    return StampSeen(found.at, by, True if trust.roots else None)


def _payload(row: Any, digests: Mapping[str, Digest | None]) -> bytes | None:
    envelope = row.get("envelope") if isinstance(row, dict) else None
    path = envelope.get("payload") if isinstance(envelope, dict) else None
    found = digests.get(path) if isinstance(path, str) else None
    return found.body if found is not None else None


def _judged(listing: Listing, opened: Opened, *, signed: bool, distrusted: bool) -> tuple[list[Judged], list[Judged]]:
    """Items and documents. An id listed twice counts for neither."""
    items = [judge(row, opened) for row in listing.rows]
    ids = [one.id for one in items]
    doubled = {one for one, count in Counter(ids).items() if count > 1}
    documents = [judge_document(row, opened, signed=signed) for row in listing.documents]
    more = (Reason("key.untrusted"),) if distrusted else ()
    return (
        [_with(one, (*more, *((Reason("listing.doubled", one.id),) if one.id in doubled else ()))) for one in items],
        [_with(one, more) for one in documents],
    )


def _with(one: Judged, more: tuple[Reason, ...]) -> Judged:
    return one if not more else Judged(one.id, one.title, (*one.reasons, *more), one.remarks, None, one.received_at)


def _told(checkpoint: Checkpoint | None) -> dict[str, Any] | None:
    if checkpoint is None:
        return None
    root = base64.b64encode(checkpoint.root).decode()
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": root}
