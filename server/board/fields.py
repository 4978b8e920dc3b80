"""Field types of this face: text a person could have typed, ids, days, and shapes many schemas share."""

from __future__ import annotations

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields, validate

from server.core.http import Schema

_LINE_BREAKS = "\n\r\t"


class Text(fields.String):
    """Text without control characters or broken Unicode, at most `most` characters, outer blanks removed."""

    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(least, most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        for character in text:
            if unicodedata.category(character) in ("Cc", "Cs") and character not in _LINE_BREAKS:
                raise ValidationError("含有不能识别的字符")
        return text.strip()


class Id(fields.String):
    """An id as this system makes them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Regexp(r"\A[0-9A-Za-z_-]{1,64}\Z", error="编号不正确"), **kwargs)


class Day(fields.String):
    """YYYY-MM-DD."""

    def __init__(self, **kwargs: Any) -> None:
        pattern = validate.Regexp(r"\A\d{4}-\d{2}-\d{2}\Z", error="日期应为 YYYY-MM-DD")
        super().__init__(validate=pattern, metadata={"format": "date", "example": "2026-11-24"}, **kwargs)


def version() -> fields.Integer:
    """The version of the thing as the caller saw it."""
    return fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, 2**31), metadata={"example": 1}
    )


def lng_lat(**kwargs: Any) -> fields.List[Any]:
    """[lng, lat] in WGS-84."""
    return fields.List(
        fields.Float(), validate=validate.Length(2, 2), metadata={"example": [116.3743, 39.9297]}, **kwargs
    )


def span(**kwargs: Any) -> fields.List[Any]:
    """[start_s, end_s], seconds of the day."""
    limits = validate.Range(0, 24 * 3600)
    return fields.List(fields.Integer(validate=limits), validate=validate.Length(2, 2), **kwargs)


class PointSchema(Schema):
    """A point never without its datum."""

    lng = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    datum = fields.String(required=True, validate=validate.OneOf(["GCJ-02", "WGS-84", "BD-09", "CGCS2000"]))


class FixSchema(Schema):
    """A position as the phone gave it, and in WGS-84 for maps."""

    point = fields.Nested(PointSchema, required=True)
    wgs84 = lng_lat(required=True)
    accuracy_m = fields.Float(required=True)
    provider = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class PageQuerySchema(Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class PageSchema(Schema):
    """Every list: `items` are added by each list's own schema."""

    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)


class BrokenSchema(Schema):
    """A promise a route breaks."""

    visit_id = fields.String(required=True)
    server_id = fields.String(required=True)
    code = fields.String(required=True, metadata={"example": "window.late"})
    text = fields.String(required=True, metadata={"example": "比可上门时段晚 12 分钟"})
