"""Checkpoints: every so often each court's log is summed up in one signed line, and an outside authority dates it.

Once a checkpoint has left the house (in a mail, on paper, in the operators' log) nobody can change what lies before it,
not even with every key. Checkpoints are numbered and MACed one behind the other, the head remembers the last.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bson.datetime_ms import DatetimeMS
from cryptography import x509
from pymongo.errors import DuplicateKeyError

from evidence.errors import EvidenceError
from evidence.log import Checkpoint, Signer, TimeStamp, Verifier
from evidence.log.timestamps import TimeStampAuthority
from server.core import crypto
from server.core.audit import entries, heads, tiles
from server.core.audit.entries import FIRST_PREV, Key
from server.core.audit.models import ChainCheckpoint, ChainHead
from server.core.errors import DomainError

log = logging.getLogger(__name__)

_PLATFORM = "platform"
_STAMPS_AT_ONCE = 200


class Stamper(Protocol):
    """Who dates checkpoints: `by` is `authority` for a third party, `court` for the installation itself."""

    @property
    def by(self) -> str: ...

    def stamp(self, data: bytes, *, now: datetime) -> TimeStamp:
        """See `TimeStampAuthority.stamp`."""
        ...


class Stamps(Stamper, Protocol):
    """A stamper that also knows the roots its stamps, and those of others before it, chain to."""

    def roots_of(self, by: str) -> bytes:
        """PEM."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """What one round has done."""

    checkpoints: int
    stamped: int
    waiting: int


def origin(court: str) -> str:
    """The name of a court's log in its checkpoints."""
    return f"songda/{court or _PLATFORM}"


def signer(court: str) -> Signer:
    """One key for all courts of the installation, under each log's own name."""
    return Signer(origin(court), crypto.vault().secret("checkpoint", court=""))


def verifier(court: str) -> Verifier:
    """The public half of `signer`; `str()` of it is what an outsider needs."""
    return signer(court).verifier


def authority(url: str, roots_file: Path | None, *, policy: str = "") -> TimeStampAuthority | None:
    """The time-stamp service of the settings; None when there is none. Raises DomainError for unreadable roots."""
    if not url:
        return None
    return TimeStampAuthority(url, trusted_roots(roots_file), policy=policy)


def stamper(extensions: Mapping[str, Any]) -> Stamper | None:
    """Who dates checkpoints in this app: what it was composed with, else the service of its settings."""
    if "time_stamps" in extensions:
        found: Stamper | None = extensions["time_stamps"]
        return found
    settings = extensions["settings"]
    return authority(settings.tsa_url, settings.tsa_certificates, policy=settings.tsa_policy)


def trusted_roots(roots_file: Path | None) -> Sequence[x509.Certificate]:
    """The certificates (PEM) time-stamps must chain to; none without a file."""
    if roots_file is None:
        return []
    try:
        return x509.load_pem_x509_certificates(roots_file.read_bytes())
    except (OSError, ValueError) as error:
        raise DomainError(
            code="audit.bad_tsa_certificates", status=503, title="时间戳服务的根证书文件无法读取", detail=str(error)
        ) from error


def make(*, now: datetime, tsa: Stamper | None, courts: Sequence[str] | None = None) -> Made:
    """A checkpoint for every court with news (or of `courts`), then the time-stamps still wanted. May run twice."""
    heads_found = ChainHead._get_collection().find({} if courts is None else {"_id": {"$in": list(courts)}})
    made = sum(checkpoint(head["_id"], now=now) for head in heads_found)
    stamped, waiting = stamp(now=now, tsa=tsa) if tsa is not None else (0, 0)
    return Made(made, stamped, waiting)


def checkpoint(court: str, *, now: datetime) -> bool:
    """Signs the head as it stands; False when nothing is new, the head is not genuine, or another was quicker."""
    key = entries.key_of(court)
    head = ChainHead._get_collection().find_one({"_id": court})
    tail = heads.opened(head, court, key) if head else None
    if tail is None:
        log.error("the head of the audit log of court %r is missing or altered: no checkpoint", court)
        return False
    last = _collection().find_one({"court": court}, sort=[("number", -1)])
    if tail.size <= (last["size"] if last else 0):
        return False
    note = signer(court).sign(Checkpoint(origin(court), tail.size, tail.range.root()))
    found: dict[str, Any] = {
        "_id": f"{court}:{(last['number'] if last else 0) + 1}",
        "court": court,
        "number": (last["number"] if last else 0) + 1,
        "size": tail.size,
        "note": note,
        "at": now,
        "prev": last["mac"] if last else FIRST_PREV,
        "stamped_at": None,
    }
    found["mac"] = mac_of(found, key)
    try:
        _collection().insert_one(found)
    except DuplicateKeyError:
        return False
    heads.advance_checkpoints(court, found["number"], found["mac"], key)
    # Whoever collects the logs of the program holds a copy no database user can reach.
    log.info("audit checkpoint %s %d %s", origin(court), tail.size, base64.b64encode(tail.range.root()).decode())
    _fill_tiles(court, tail.size)
    return True


def _fill_tiles(court: str, size: int) -> None:
    """For proofs to come; what cannot be filled now is filled when one is asked for."""
    try:
        tiles.grow(court, size)
    except EvidenceError as error:
        log.warning("tiles of the log of court %r: %s", court, error)


def stamp(*, now: datetime, tsa: Stamper, court: str | None = None) -> tuple[int, int]:
    """Has checkpoints (of a court) dated that are not yet; (done, still waiting). Without an answer they wait."""
    done = 0
    undated: dict[str, Any] = {"stamped_at": None} if court is None else {"stamped_at": None, "court": court}
    waiting = list(_collection().find(undated).sort("at", 1).limit(_STAMPS_AT_ONCE))
    for found in waiting:
        try:
            token = tsa.stamp(found["note"].encode(), now=now)
        except EvidenceError as error:
            log.warning("time-stamp of checkpoint %s: %s %s", found["_id"], error, error.extra)
            if error.code == "tsa.unavailable":
                break
            continue
        values: dict[str, Any] = {"stamped_at": token.at, "stamp": token.der}
        if tsa.by != TimeStampAuthority.by:
            values["stamped_by"] = tsa.by
        values["stamp_mac"] = stamp_mac_of({**found, **values}, entries.key_of(found["court"]))
        done += _collection().update_one({"_id": found["_id"], "stamped_at": None}, {"$set": values}).modified_count
    return done, _collection().count_documents(undated)


def mac_of(found: Mapping[str, Any], key: Key) -> bytes:
    """Over what a checkpoint says, its time-stamp excepted. Raises KeyError, TypeError, AttributeError, ValueError."""
    said = {name: found[name] for name in ("_id", "court", "number", "size", "note")}
    return key.mac_of({**said, "what": "checkpoint", "at": _milliseconds(found["at"]), "prev": found["prev"].hex()})


def stamp_mac_of(found: Mapping[str, Any], key: Key) -> bytes:
    """Over a checkpoint's time-stamp. Raises KeyError, TypeError, AttributeError, ValueError."""
    said = {"what": "stamp", "_id": found["_id"], "note": found["note"], "stamp": found["stamp"].hex()}
    if found.get("stamped_by") is not None:
        said["by"] = found["stamped_by"]
    return key.mac_of({**said, "stamped_at": _milliseconds(found["stamped_at"])})


def _milliseconds(at: Any) -> int:
    """Of a datetime, or of a time as `entries.CODEC` reads it. Raises TypeError for anything else."""
    if isinstance(at, datetime):
        return int(entries.stored_time(at))
    if isinstance(at, DatetimeMS):
        return int(at)
    raise TypeError("not a time")


def _collection() -> Any:
    return ChainCheckpoint._get_collection()
