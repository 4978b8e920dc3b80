"""Who dates the checkpoints of the log: an outside authority when one is set, else the installation itself.

The installation's own stamp proves no more than the court's word for its clock, and is marked so wherever it appears;
it keeps everything in working order until a court names an authority (SONGDA_TSA_URL).
"""

from __future__ import annotations

from datetime import datetime

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from evidence.log import TimeStamp, check_time_stamp
from server.config import Settings
from server.core.audit import checkpoints
from server.core.audit.checkpoints import Stamps
from server.papers.seal.stamper import LocalTimeStamper
from server.reports import sealing

AUTHORITY, COURT = "authority", "court"


class _Roots:
    def __init__(self, settings: Settings) -> None:
        self._file = settings.tsa_certificates

    def roots_of(self, by: str) -> bytes:
        """PEM: of the authority that is set, or every root this installation has had."""
        if by == AUTHORITY:
            certificates = list(checkpoints.trusted_roots(self._file))
        else:
            certificates = [x509.load_der_x509_certificate(one) for one in sealing.own_roots()]
        return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


class AuthorityStamps(_Roots):
    """A third party's time-stamps."""

    by = AUTHORITY

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings = settings

    def stamp(self, data: bytes, *, now: datetime) -> TimeStamp:
        """Raises what `TimeStampAuthority.stamp` raises, and `audit.bad_tsa_certificates`."""
        settings = self._settings
        found = checkpoints.authority(settings.tsa_url, settings.tsa_certificates, policy=settings.tsa_policy)
        if found is None:
            raise RuntimeError("no time-stamp service is set")
        return found.stamp(data, now=now)


class CourtStamps(_Roots):
    """The installation's own, with the key that dates its embedded seals."""

    by = COURT

    def stamp(self, data: bytes, *, now: datetime) -> TimeStamp:
        """Checked like a stranger's before it is kept."""
        root, key = sealing.time_stamp_keys(now)
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        answer = LocalTimeStamper(key, at=now).answer(tsp.TimeStampReq.load(request.as_bytes()))
        roots = [x509.load_der_x509_certificate(root)]
        return check_time_stamp(answer.dump(), data, roots, nonce=request.nonce)


def from_settings(settings: Settings) -> Stamps | None:
    """None where a court seals with a service of its own and names no time-stamp authority."""
    if settings.tsa_url:
        return AuthorityStamps(settings)
    return None if settings.seal_url else CourtStamps(settings)
