"""Only the board's own pages may read the live stream, under whatever name the browser knows the machine by."""

from __future__ import annotations

import pytest

from server.config import Settings
from server.live import may_listen

SETTINGS = Settings(public_url="http://127.0.0.1:8000", live_url="http://127.0.0.1:8001")


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8001", True),
        ("http://127.0.0.1:8000", "localhost:8001", True),
        ("http://localhost:8000", "localhost:8001", True),
        ("http://192.168.3.7:8000", "192.168.3.7:8001", True),
        ("http://evil.example:8000", "127.0.0.1:8001", False),
        ("http://127.0.0.1:9999", "127.0.0.1:8001", False),
        ("https://127.0.0.1:8000", "127.0.0.1:8001", False),
        ("http://127.0.0.1:abc", "127.0.0.1:8001", False),
        ("null", "127.0.0.1:8001", False),
        ("", "127.0.0.1:8001", False),
    ],
)
def test_only_the_board_may_listen(origin: str, host: str, allowed: bool) -> None:
    assert may_listen(origin, host, SETTINGS) is allowed
