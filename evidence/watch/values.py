"""Records as the checks read them. Opaque ids; no name of a recipient, no number of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evidence.geo import GeoPoint


@dataclass(frozen=True, slots=True)
class Moment:
    """Somebody's phone was here then. `accuracy_m`: 68 % radius."""

    point: GeoPoint
    accuracy_m: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that ended. `day` is an ISO date.

    `point` is the address; `place` names the building (equal for neighbours); `group` the kind of failure (empty when
    none); `witness` and `recipient` are opaque keys of persons. `entered` is where and when the outcome was entered,
    `moments` where the phone was at this visit.
    """

    visit_id: str
    day: str
    server_id: str
    server_name: str
    outcome: str
    at: datetime
    group: str = ""
    group_zh: str = ""
    point: GeoPoint | None = None
    place: str = ""
    recipient: str = ""
    witness: str = ""
    entered: Moment | None = None
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a visit. `phash` and `fine`: its perceptual hashes of 64 and 256 bits
    (:mod:`evidence.analysis.phash`), None when it has none."""

    evidence_id: str
    visit_id: str
    kind: str
    sha256: str
    phash: int | None
    at: datetime
    fine: int | None = None

    @property
    def is_signature(self) -> bool:
        return self.kind.startswith("signature_")
