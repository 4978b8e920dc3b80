"""The drill is played on this machine only."""

from __future__ import annotations

import pytest

from server.drill.cli import is_loopback


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:9001", True),
        ("http://localhost:9001", True),
        ("http://[::1]:9001", True),
        ("https://api.weixin.qq.com", False),
        ("http://127.0.0.1.example.com", False),
        ("not a url", False),
    ],
)
def test_only_an_emulator_on_this_machine_is_played_against(url: str, here: bool) -> None:
    assert is_loopback(url) is here
