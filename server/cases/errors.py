"""Refusals of the cases feature: a file that cannot be read at all, a run that is not there."""

from __future__ import annotations

from typing import Any

from server.core.errors import DomainError, NotFound


class FileRefused(DomainError):
    """The file as a whole is refused; nothing of it was stored. 422, or 413 when it is too large."""

    def __init__(self, *, code: str, title: str, status: int = 422, **extra: Any) -> None:
        super().__init__(code=code, status=status, title=title, **extra)


def not_a_table(title: str = "不是可读的表格文件，请上传 xlsx 或 csv") -> FileRefused:
    return FileRefused(code="import.not_a_table", title=title)


def run_not_found() -> NotFound:
    return NotFound(code="import.not_found", title="没有这次导入")
