"""The one error family. Codes are dotted, stable and listed in docs/errors.md; titles are Chinese and for people."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A refusal the caller can understand and act on.

    Answered as an RFC 9457 problem document: `code` for programs, `title` for people, `extra` as further members.
    """

    def __init__(self, *, code: str, status: int, title: str, detail: str | None = None, **extra: Any) -> None:
        super().__init__(f"{code}: {title}")
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.extra = extra

    def as_problem(self) -> dict[str, Any]:
        """The members of the problem document (RFC 9457 §3.1), `type` excepted."""
        problem: dict[str, Any] = {"title": self.title, "status": self.status, "code": self.code}
        if self.detail:
            problem["detail"] = self.detail
        problem.update(self.extra)
        return problem


class NotFound(DomainError):
    """The thing does not exist, or exists where the caller may not know of it (another court's)."""

    def __init__(self, *, code: str, title: str, **extra: Any) -> None:
        super().__init__(code=code, status=404, title=title, **extra)


class Conflict(DomainError):
    """The thing has moved on since the caller last looked; `extra` says what happened."""

    def __init__(self, *, code: str, title: str, **extra: Any) -> None:
        super().__init__(code=code, status=409, title=title, **extra)


class Invalid(DomainError):
    """The input breaks a rule; `errors` maps field to reasons."""

    def __init__(self, *, code: str, title: str, **extra: Any) -> None:
        super().__init__(code=code, status=422, title=title, **extra)
