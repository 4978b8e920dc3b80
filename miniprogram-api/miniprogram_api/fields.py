"""Field types of this face: text a person could have typed, moments with their offset, client-made ids."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

_LINE_BREAKS = "\n\r\t"


class Text(fields.String):
    """Text without control characters or broken Unicode, at most `most` characters, outer blanks removed."""

    def __init__(self, *, most: int, least: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(least, most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        for character in text:
            if unicodedata.category(character) in ("Cc", "Cs") and character not in _LINE_BREAKS:
                raise ValidationError("含有不能识别的字符")
        return text.strip()


class ClientId(fields.String):
    """An id made by the phone, unique among what it sends: letters, digits, `-`, `_`, `.`, 8 to 64 characters."""

    def __init__(self, **kwargs: Any) -> None:
        pattern = validate.Regexp(r"\A[A-Za-z0-9._-]{8,64}\Z", error="编号应为 8 至 64 位字母、数字、-、_、.")
        super().__init__(validate=pattern, **kwargs)


class Moment(fields.AwareDateTime):
    """ISO 8601 with its offset; UTC and whole milliseconds afterwards, which is what MongoDB keeps."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        try:
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError("时间不正确") from error
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
