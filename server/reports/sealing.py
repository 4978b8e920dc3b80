"""Sealing papers that were made, and looking at sealed ones. The keys of the embedded seal are kept here, encrypted."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from mongoengine import DateTimeField, Document, IntField, StringField
from pymongo.errors import DuplicateKeyError

from evidence.stores import Store
from server.accounts.models import Court
from server.config import Settings
from server.core import crypto, live
from server.core.crypto.places import SealedText
from server.core.errors import NotFound
from server.core.ids import new_id
from server.gateways import seal as gateway
from server.papers.kinds import KINDS
from server.papers.seal import keys
from server.papers.seal.check import SealReport, Trust, verify
from server.papers.seal.embedded import EmbeddedSeal, SealKeys
from server.papers.seal.errors import already_sealed
from server.papers.seal.provider import Place, SealProvider
from server.papers.seal.stamper import OutsideTimeStamper
from server.reports.making import MAX_PAPER_BYTES
from server.reports.models import Paper
from server.service.actor import Actor
from server.service.services import add_step

# Root and time-stamp authority belong to no court: their keys are encrypted under a name no court has.
INSTALLATION = "installation"
_RENEW_BEFORE = timedelta(days=30)
_LIST_LIFE = timedelta(hours=12)


class SealKey(Document):
    """A certificate of the embedded seal with its private key, encrypted. Shard key (court, _id). A few per court."""

    meta = {
        "collection": "seal_keys",
        "indexes": [{"fields": ["court", "purpose", "number"], "unique": True}],
        "auto_create_index": False,
    }
    id = StringField(primary_key=True, default=new_id)
    court = StringField(required=True)
    purpose = StringField(required=True, choices=("root", "time_stamps", "seal"))
    number = IntField(required=True)
    certificate = StringField(required=True)  # DER, base64
    key = SealedText(required=True)  # PKCS #8, base64, encrypted
    made_at = DateTimeField(required=True)
    ends_at = DateTimeField(required=True)
    revoked_at = DateTimeField()
    revoked_by = StringField()
    revoked_reason = StringField()

    @property
    def der(self) -> bytes:
        return base64.b64decode(self.certificate)

    def credential(self) -> keys.Credential:
        """With the private key in clear: for as short as possible."""
        return keys.Credential(self.der, base64.b64decode(crypto.vault().open(self.key, court=self.court)))


@dataclass(slots=True)
class _Kept:
    keys: SealKeys
    until: datetime


class KeyRing:
    """The embedded seal's keys, kept in memory for half a day: a batch must not open them five hundred times."""

    def __init__(self, roots: tuple[bytes, ...] = ()) -> None:
        """`roots` (DER): those of an outside time-stamp authority."""
        self._roots = roots
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def keys_of(self, court: str, court_name: str, at: datetime) -> SealKeys:
        """What this court seals with; made when it seals for the first time, and anew before it ends."""
        with self._lock:
            kept = self._kept.get(court)
            if kept is None or at >= kept.until:
                kept = _Kept(_keys_of(court, court_name, at, self._roots), at + _LIST_LIFE)
                self._kept[court] = kept
            return kept.keys

    def forget(self) -> None:
        """After a key was revoked."""
        with self._lock:
            self._kept.clear()


def _keys_of(court: str, court_name: str, at: datetime, roots: tuple[bytes, ...]) -> SealKeys:
    root_row = _current(INSTALLATION, "root", lambda: keys.new_root(now=at), at)
    root = root_row.credential()
    seal = _current(court, "seal", lambda: keys.new_seal(root, court=court, court_name=court_name, now=at), at)
    stamps = _current(INSTALLATION, "time_stamps", lambda: keys.new_time_stamper(root, now=at), at)
    return SealKeys(root_row.der, seal.credential(), stamps.credential(), _revoked_list(root, at), roots)


def time_stamp_keys(at: datetime) -> tuple[bytes, keys.Credential]:
    """(root certificate in DER, key) of the installation's own time-stamp authority; made when first wanted."""
    root_row = _current(INSTALLATION, "root", lambda: keys.new_root(now=at), at)
    root = root_row.credential()
    return root_row.der, _current(
        INSTALLATION, "time_stamps", lambda: keys.new_time_stamper(root, now=at), at
    ).credential()


def own_roots() -> list[bytes]:
    """Every root certificate (DER) this installation has had, oldest first."""
    return [row.der for row in SealKey.objects(court=INSTALLATION, purpose="root").order_by("number")]


def _current(court: str, purpose: str, make: Callable[[], keys.Credential], at: datetime) -> SealKey:
    """The newest certificate that still lasts a while, made if there is none. Two makers at once: the first wins."""
    newest = SealKey.objects(court=court, purpose=purpose).order_by("-number").first()
    if newest is not None and newest.revoked_at is None and newest.ends_at > at + _RENEW_BEFORE:
        found: SealKey = newest
        return found
    made = make()
    row = SealKey(
        court=court,
        purpose=purpose,
        number=(newest.number if newest else 0) + 1,
        certificate=base64.b64encode(made.certificate).decode("ascii"),
        key=crypto.vault().seal(base64.b64encode(made.key).decode("ascii"), court=court),
        made_at=at,
        ends_at=made.ends_at,
    )
    try:
        SealKey._get_collection().insert_one(row.to_mongo().to_dict())
    except DuplicateKeyError:
        twin: SealKey = SealKey.objects(court=court, purpose=purpose, number=row.number).get()
        return twin
    return row


def _revoked_list(root: keys.Credential, at: datetime) -> bytes:
    rows = SealKey.objects(revoked_at__ne=None)
    revoked = [(x509.load_der_x509_certificate(row.der).serial_number, row.revoked_at) for row in rows]
    return keys.revocation_list(root, revoked, now=at)


def revoke(*, court: str, reason: str, by: str, now: datetime) -> int:
    """Ends the seal certificates of a court at once: seals made before stay good, the next seal gets a new one."""
    changed = SealKey._get_collection().update_many(
        {"court": court, "purpose": "seal", "revoked_at": None},
        {"$set": {"revoked_at": now, "revoked_by": by, "revoked_reason": reason}},
    )
    return int(changed.modified_count)


def trust(settings: Settings, *, now: datetime) -> Trust:
    """What seals are checked against: our own roots with today's list, and the roots the settings name."""
    rows = list(SealKey.objects(court=INSTALLATION, purpose="root").order_by("number"))
    named = [*_certificates(settings.seal_certificates), *_certificates(settings.tsa_certificates)]
    return Trust([*(row.der for row in rows), *named], [_revoked_list(row.credential(), now) for row in rows])


def _certificates(path: Any) -> list[bytes]:
    if path is None:
        return []
    return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(path.read_bytes())]


def provider_from(settings: Settings) -> SealProvider:
    """The court's own seal service when one is named, else the embedded seal."""
    remote = gateway.remote_from_settings(settings)
    if remote:
        return remote
    if not settings.tsa_url:
        return EmbeddedSeal(KeyRing().keys_of)
    ring = KeyRing(tuple(_certificates(settings.tsa_certificates)))
    return EmbeddedSeal(
        ring.keys_of, outside=lambda: OutsideTimeStamper(lambda asked: gateway.ask_time_stamp(settings.tsa_url, asked))
    )


def paper_not_found() -> NotFound:
    return NotFound(code="paper.not_found", title="没有这份文书")


def seal_paper(
    *,
    court: str,
    paper_id: str,
    provider: SealProvider,
    store: Store,
    actor: Actor,
    now: datetime,
    place: Place | None = None,
) -> Paper:
    """Seals a paper: the sealed file is stored beside the unsealed one, both hashes on the paper.

    Raises `paper.not_found`, `seal.already_sealed`, and what the provider raises.
    """
    paper = Paper.objects(court=court, id=paper_id).first()
    if paper is None:
        raise paper_not_found()
    if paper.sealed_at is not None:
        raise already_sealed()
    with store.open(paper.store_key) as source:
        pdf = source.read()
    title, name = KINDS[paper.kind].title, Court.objects(id=court).get().name
    sealed = provider.seal(
        pdf, court=court, court_name=name, reason=f"{title} {paper.number} 第{paper.version}版", at=now, place=place
    )
    kept = store.put(
        io.BytesIO(sealed.pdf),
        max_bytes=2 * MAX_PAPER_BYTES,
        expected_sha256=sealed.sha256,
        content_type="application/pdf",
    )
    fields = {
        "sealed_at": now,
        "sealed_by": actor.name,
        "seal_serial": sealed.serial,
        "seal_level": sealed.level,
        "sealed_store_key": kept.key,
        "sealed_sha256": sealed.sha256,
        "sealed_size": len(sealed.pdf),
    }
    changed = Paper._get_collection().update_one({"_id": paper_id, "court": court, "sealed_at": None}, {"$set": fields})
    if not changed.matched_count:
        raise already_sealed()
    add_step(
        court=court,
        task_id=paper.task_id,
        actor=actor,
        what="paper.sealed",
        text=f"{title}（第{paper.version}版）加盖电子印章",
        now=now,
        recipient_id=paper.recipient_id,
        receipt=f"seal:{paper_id}",
    )
    live.publish(court, "paper.sealed", paper_id=paper_id, task_id=paper.task_id, kind=paper.kind)
    done: Paper = Paper.objects(id=paper_id).get()
    return done


def look_at(pdf: bytes, *, court: str, settings: Settings, now: datetime) -> tuple[SealReport, Paper | None]:
    """What a PDF's seal is worth, and which paper of this court it is, byte for byte. Raises `seal.not_a_pdf`."""
    report = verify(pdf, trust=trust(settings, now=now), now=now)
    known = (
        Paper.objects(court=court, sealed_sha256=report.sha256).first()
        or Paper.objects(court=court, sha256=report.sha256).first()
    )
    return report, known
