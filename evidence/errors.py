"""The one error class of this library."""

from typing import Any


class EvidenceError(Exception):
    """Something about the evidence is refused.

    ``code`` is dotted and stable (``evidence.too_large``), ``title_zh`` is one sentence for people,
    ``extra`` holds plain JSON values (limits, sizes, hashes) for programs. The caller decides on a status.
    """

    def __init__(self, code: str, title_zh: str, **extra: Any) -> None:
        super().__init__(f"{code}: {title_zh}")
        self.code = code
        self.title_zh = title_zh
        self.extra = extra
