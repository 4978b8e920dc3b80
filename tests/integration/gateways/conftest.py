"""A WeChat emulator as a process of its own, and the gateway pointed at it over a socket."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from server.gateways.wechat import WeChatMiniProgram

ROOT = Path(__file__).parents[3]
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
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.emulators.wechat", "--appid", APPID, "--secret", SECRET],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready.startswith("READY http://127.0.0.1:")
    http = requests.Session()
    http.trust_env = False
    yield Emulator(ready.split()[1], http)
    http.close()
    process.terminate()
    process.wait(timeout=5)
    process.stdout.close()


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
