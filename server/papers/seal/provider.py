"""What every provider of seals promises. A court changes its provider by a setting, never by code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

MM = 72 / 25.4
SEAL_MM = 42.0  # 印章直径: the round seal of a people's court (国发〔1999〕25号 第六条)


@dataclass(frozen=True, slots=True)
class Place:
    """Centre of the visible seal: page from 1, x and y in millimetres from the page's lower left corner."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """The sealed file, its SHA-256 (lower-case hex), the seal certificate's serial (hex) and the level reached."""

    pdf: bytes
    sha256: str
    serial: str
    level: str  # "PAdES B-LTA", or what the remote service says


class SealProvider(Protocol):
    """Something that seals finished PDFs in a court's name."""

    def seal(
        self, pdf: bytes, *, court: str, court_name: str, reason: str, at: datetime, place: Place | None = None
    ) -> SealedPdf:
        """The sealed PDF. `reason` is stored in the signature; without a place the seal goes over the closing date.

        Raises DomainError `seal.not_a_pdf`, `seal.already_sealed`, `seal.no_place`, `seal.not_possible`.
        """
        ...
