"""A server's phone and a visit to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.accounts.models import Person
from server.dispatch.models import Visit
from tests.api.conftest import Phone
from tests.factories import visits as make
from tests.factories.media import small_photo


@pytest.fixture
def wc001(phone: Callable[[str], Phone]) -> Phone:
    return phone("wc001")


@pytest.fixture
def visit(people: dict[str, Person]) -> Visit:
    return make.visit(server=people["wc001"])


@pytest.fixture
def send(wc001: Phone, visit: Visit) -> Callable[..., str]:
    """Sends one item of evidence for the visit; its client id."""
    sent = iter(range(1, 1_000))

    def send(kind: str, data: bytes | None = None) -> str:
        fields = make.form(data or small_photo(next(sent)), kind)
        answer = wc001.post(f"/api/phone/visits/{visit.id}/evidence", data=fields)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(fields["client_id"])

    return send


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]
