"""A seal made once for the tests: keys, provider, a sealed proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from server.papers.render import render_proof
from server.papers.seal import keys
from server.papers.seal.check import Trust
from server.papers.seal.embedded import EmbeddedSeal, SealKeys
from server.papers.seal.keys import Credential
from server.papers.seal.provider import Place, SealedPdf
from tests.unit.papers import samples

COURT, NAME = "京0102", "北京市西城区人民法院"
AT = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Sealing:
    """One installation's keys and what verifiers go by."""

    keys: SealKeys
    root: Credential

    @property
    def trust(self) -> Trust:
        return Trust([self.root.certificate], [self.keys.revocation_list])

    @property
    def provider(self) -> EmbeddedSeal:
        return EmbeddedSeal(lambda *_: self.keys)

    def seal(self, pdf: bytes, *, at: datetime = AT, place: Place | None = None, reason: str = "送达回证") -> SealedPdf:
        return self.provider.seal(pdf, court=COURT, court_name=NAME, reason=reason, at=at, place=place)


def new(at: datetime = AT, *, seal_years: int = keys.SEAL_YEARS) -> Sealing:
    root = keys.new_root(now=at)
    seal = keys.new_seal(root, court=COURT, court_name=NAME, now=at, years=seal_years)
    held = SealKeys(root.certificate, seal, keys.new_time_stamper(root, now=at), keys.revocation_list(root, [], now=at))
    return Sealing(held, root)


@cache
def sealing() -> Sealing:
    return new()


@cache
def proof_pdf() -> bytes:
    return render_proof(samples.proof(samples.BY_RECIPIENT)).pdf


@cache
def sealed() -> SealedPdf:
    return sealing().seal(proof_pdf())
