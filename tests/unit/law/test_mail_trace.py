"""A trace is no proof: 704 is delivered, not served."""

from __future__ import annotations

import pytest

from server.law.mail_trace import failed_tries, result_of
from tests.unit.law.attempt_factories import ask, signed


@pytest.mark.parametrize(
    ("codes", "result"),
    [
        (["203", "306", "702", "704"], "mail_delivered"),
        (["702", "705", "702", "704"], "mail_delivered"),
        (["702", "704", "705"], "mail_open"),
        (["702", "705"], "mail_open"),
        (["748", "999"], "mail_open"),
        ([], "mail_open"),
    ],
)
def test_the_last_word_of_the_trace_counts_and_unknown_codes_say_nothing(codes: list[str], result: str) -> None:
    assert result_of(codes) == result


def test_a_delivered_trace_alone_has_no_effect() -> None:
    assert ask(signed(channel="postal", result=result_of(["704"]), signer=None, signed_on=None)).state == "none"


def test_t16_failed_tries_are_counted() -> None:
    assert failed_tries(["702", "705", "702", "705", "704"]) == 2
