"""Embedded documents every feature shares: a sealed personal value and a point that never forgets its datum."""

from __future__ import annotations

from mongoengine import EmbeddedDocument, FloatField, PointField, StringField

from server.core import crypto
from server.core.crypto.places import SealedText


class Sealed(EmbeddedDocument):
    """A personal value at rest: ciphertext, the mask that may be shown, the blind index that finds it."""

    text = SealedText(required=True)
    mask = StringField(required=True)
    index = StringField(required=True)

    @classmethod
    def of_id_number(cls, value: str, *, court: str) -> Sealed:
        return cls._of(value, crypto.mask_id_number(value), court)

    @classmethod
    def of_phone(cls, value: str, *, court: str) -> Sealed:
        return cls._of(value, crypto.mask_phone(value), court)

    @classmethod
    def _of(cls, value: str, mask: str, court: str) -> Sealed:
        vault = crypto.vault()
        return cls(text=vault.seal(value, court=court), mask=mask, index=vault.index(value, court=court))

    def open(self, *, court: str) -> str:
        """The plain value. The caller records who looked (`server.core.audit`)."""
        return crypto.vault().open(self.text, court=court)


class DatumPoint(EmbeddedDocument):
    """A point as it was given (lng, lat, datum) and the same place in WGS-84 as GeoJSON."""

    lng = FloatField(required=True)
    lat = FloatField(required=True)
    datum = StringField(required=True, choices=("GCJ-02", "WGS-84", "BD-09", "CGCS2000"))
    wgs84 = PointField(required=True)  # the 2dsphere index is declared where it is searched

    @property
    def lng_lat(self) -> tuple[float, float]:
        """(lng, lat) in WGS-84."""
        lng, lat = self.wgs84["coordinates"] if isinstance(self.wgs84, dict) else self.wgs84
        return float(lng), float(lat)

    def as_given(self) -> dict[str, object]:
        return {"lng": self.lng, "lat": self.lat, "datum": self.datum}
