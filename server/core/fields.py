"""Embedded documents every feature shares: a sealed personal value and a point that never forgets its datum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mongoengine import EmbeddedDocument, FloatField, PointField, StringField

from server.core import crypto
from server.core.crypto.places import SealedText


class Sealed(EmbeddedDocument):
    """A personal value at rest: ciphertext, the mask that may be shown, the blind index that finds it.

    `subject` everywhere is the id of the party it tells of: destroying that party's salt destroys every copy.
    """

    text = SealedText(required=True)
    mask = StringField(required=True)
    index = StringField(required=True)

    @classmethod
    def of_id_number(cls, value: str, *, court: str, subject: str | None = None) -> Sealed:
        return cls(**sealed_id_number(value, court=court, subject=subject))

    @classmethod
    def of_phone(cls, value: str, *, court: str, subject: str | None = None) -> Sealed:
        return cls(**sealed_phone(value, court=court, subject=subject))

    @classmethod
    def of_address(cls, value: str, *, court: str, subject: str | None = None) -> Sealed:
        return cls(**sealed_address(value, court=court, subject=subject))

    def open(self, *, court: str, subject: str | None = None) -> str:
        """The plain value. The caller records who looked (`server.core.audit`). Raises VaultError as the vault does."""
        return crypto.vault().open(self.text, court=court, subject=subject)


def sealed_id_number(value: str, *, court: str, subject: str | None) -> dict[str, str]:
    """As `Sealed` is stored, for raw documents."""
    return _sealed(value, crypto.mask_id_number(value), id_number_index(value, court=court), court, subject)


def sealed_phone(value: str, *, court: str, subject: str | None) -> dict[str, str]:
    """As `Sealed` is stored, for raw documents."""
    return _sealed(value, crypto.mask_phone(value), phone_index(value, court=court), court, subject)


def sealed_address(value: str, *, court: str, subject: str | None) -> dict[str, str]:
    """As `Sealed` is stored, for raw documents."""
    return _sealed(value, crypto.mask_address(value), address_index(value, court=court), court, subject)


def _sealed(value: str, mask: str, index: str, court: str, subject: str | None) -> dict[str, str]:
    return {"text": crypto.vault().seal(value, court=court, subject=subject), "mask": mask, "index": index}


def phone_index(value: str, *, court: str) -> str:
    """The blind index of a phone number, however it is written."""
    return crypto.vault().index(crypto.normal_phone(value), court=court)


def id_number_index(value: str, *, court: str) -> str:
    """The blind index of an identity number or credit code, however it is written."""
    return crypto.vault().index(crypto.normal_id_number(value), court=court)


def address_index(value: str, *, court: str) -> str:
    """The blind index of an address; spaces and full-width characters make no difference."""
    return crypto.vault().index(crypto.normal_address(value), court=court)


def open_fields(sealed: Sequence[Mapping[str, str]], *, court: str) -> list[str]:
    """The plain values of raw `Sealed` documents in one batch; 已销毁 for those destroyed on purpose."""
    opened = crypto.vault().open_many([one["text"] for one in sealed], court=court)
    return [crypto.DESTROYED if text is None else text for text in opened]


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
