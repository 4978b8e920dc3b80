"""A WeChat emulator as a process of its own, and the gateway pointed at it over a socket."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
import requests

from server.gateways.wechat import WeChatMiniProgram
from tests.emulators import process

APPID, SECRET = "wxdrill0000000001", "drill-secret"


@dataclass
class Emulator:
    """The control side of the emulator."""

    url: str
    http: requests.Session

    def get(self, path: str) -> Any:
        """GET /emulator/…"""
        answer = self.http.get(f"{self.url}/emulator/{path}", timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, /, **body: Any) -> Any:
        """POST /emulator/…"""
        answer = self.http.post(f"{self.url}/emulator/{path}", json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def code_for(self, user: str) -> str:
        """wx.login() on the phone of this user."""
        return str(self.post("login", user=user)["code"])

    def fault(self, path: str, kind: str, **details: Any) -> None:
        """The next call of a path goes wrong."""
        self.post("faults", path=path, kind=kind, **details)

    def calls(self, path: str) -> list[list[str]]:
        """Names of the parameters of each call of a path."""
        return [call["keys"] for call in self.get("calls")["calls"] if call["path"] == path]


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[Emulator]:
    """One process for the session."""
    with process.running("tests.emulators.wechat", "--appid", APPID, "--secret", SECRET) as (url, http):
        yield Emulator(url, http)


@pytest.fixture
def emulator(emulator_process: Emulator) -> Emulator:
    """The emulator with no faults planned, nothing recorded and no token alive."""
    emulator_process.post("reset")
    emulator_process.post("revoke")
    return emulator_process


@pytest.fixture
def user() -> str:
    """A person of this test alone: limits are per person."""
    return f"user-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def gateway(emulator: Emulator, clean_redis: redis.Redis) -> WeChatMiniProgram:
    """The product's gateway, impatient."""
    return WeChatMiniProgram(APPID, SECRET, emulator.url, clean_redis, timeout=(1.0, 0.5))
