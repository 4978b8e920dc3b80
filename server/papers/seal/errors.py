"""Why a paper cannot be sealed, or a file cannot be looked at."""

from __future__ import annotations

from server.core.errors import Conflict, DomainError, Invalid


def not_a_pdf() -> DomainError:
    return Invalid(code="seal.not_a_pdf", title="该文件不是可以读取的 PDF")


def already_sealed() -> DomainError:
    """A second seal would have to change what the first one closed."""
    return Conflict(code="seal.already_sealed", title="该文书已加盖电子印章，不能重复加盖")


def no_place(page: int, pages: int) -> DomainError:
    return Invalid(code="seal.no_place", title=f"文书共{pages}页，没有第{page}页，无法盖章", page=page, pages=pages)


def not_possible() -> DomainError:
    """The keys do not fit together, or a time-stamp did not come."""
    return DomainError(code="seal.not_possible", status=503, title="电子印章暂时无法加盖，请稍后重试")
