"""Whose address a request has decides who is slowed down for wrong passwords: only our own proxies may say it."""

from __future__ import annotations

import pytest
from flask import Flask, request

from server.app import trust_proxies
from server.config import Settings

FORGED = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(("hops", "address", "scheme"), [(0, "127.0.0.1", "http"), (1, "203.0.113.7", "https")])
def test_only_the_last_trusted_hop_is_believed(hops: int, address: str, scheme: str) -> None:
    app = Flask("probe")
    trust_proxies(app, Settings(trusted_proxies=hops))

    @app.get("/")
    def seen() -> list[str]:
        return [request.remote_addr or "", request.scheme]

    assert app.test_client().get("/", headers=FORGED).json == [address, scheme]
