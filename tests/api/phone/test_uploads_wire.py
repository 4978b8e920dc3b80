"""Uploads through gunicorn, on real sockets: cut lines, silent holders, two requests at once."""

from __future__ import annotations

import http.client
import random
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from server.accounts.models import Person
from server.config import Settings
from server.custody.models import Announced
from server.dispatch.models import Visit
from tests.api.conftest import Phone
from tests.api.phone.test_uploads import BYTES, TUS, announce, metadata
from tests.stack.processes import Processes
from tools.stack.ports import free_port

MB = 1024 * 1024


@dataclass
class Web:
    """A running gunicorn, spoken to by hand."""

    port: int
    token: str

    def head_of(self, method: str, path: str, **headers: str) -> bytes:
        said = TUS | {"Host": "test", "Authorization": f"Bearer {self.token}"} | headers
        return "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in said.items()), "\r\n"]).encode()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        said = TUS | {"Authorization": f"Bearer {self.token}"} | headers
        connection.request(method, path, body=body, headers=said)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def create(self, item: Announced) -> str:
        said = {"Upload-Metadata": metadata(visit_id=item.visit_id, client_id=item.client_id)}
        answer = self.ask("POST", "/api/phone/uploads", **said, **{"Upload-Length": str(item.size)})
        assert answer.status == 201
        return str(answer.headers["Location"])

    def patch(self, path: str, offset: int, data: bytes) -> http.client.HTTPResponse:
        return self.ask("PATCH", path, data, **{"Upload-Offset": str(offset), "Content-Type": BYTES})

    def offset(self, path: str) -> int:
        answer = self.ask("HEAD", path)
        assert answer.status == 200, answer.status
        return int(answer.headers["Upload-Offset"])

    def begin(self, path: str, offset: int, length: int) -> socket.socket:
        """A PATCH whose head has been sent."""
        line = self.connect()
        said = {"Upload-Offset": str(offset), "Content-Type": BYTES, "Content-Length": str(length)}
        line.sendall(self.head_of("PATCH", path, **said))
        return line


@pytest.fixture(scope="module")
def port(api_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Two web processes, for all tests of this file."""
    port, processes = free_port(), Processes(tmp_path_factory.mktemp("web"))
    env = {
        "SONGDA_MODE": "test",
        "MONGODB_URI": api_settings.mongodb_uri,
        "REDIS_URL": api_settings.redis_url,
        "SONGDA_SECRET_KEY": api_settings.secret_key,
        "SONGDA_MASTER_KEY_FILE": str(api_settings.master_key_file),
        "SONGDA_EVIDENCE_STORE": api_settings.evidence_store,
        "WECHAT_APPID": api_settings.wechat_appid,
        "WECHAT_SECRET": api_settings.wechat_secret,
        "WECHAT_BASE_URL": api_settings.wechat_base_url,
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--workers", "2", "--threads", "8", "--no-control-socket"]
    processes.start("web", command, env=env, url=f"http://127.0.0.1:{port}/healthz")
    yield port
    processes.close()


@pytest.fixture
def web(port: int, wc001: Phone) -> Web:
    return Web(port, wc001.token)


def test_what_came_before_a_cut_is_kept_and_the_rest_makes_it_whole(
    web: Web, visit: Visit, people: dict[str, Person]
) -> None:
    data = random.Random(5).randbytes(3 * MB)
    item = announce(visit, people["wc001"], data, kind="audio")
    path = web.create(item)
    line = web.begin(path, 0, len(data))
    line.sendall(data[:1_500_000])
    time.sleep(0.3)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # reset, not close
    line.close()
    offset = web.offset(path)
    assert offset == 1_500_000
    assert web.patch(path, offset, data[offset:]).status in (204, 422)
    assert Announced.objects.get(id=item.id).state != "announced"


def test_a_newcomer_gets_the_upload_from_a_silent_holder(web: Web, visit: Visit, people: dict[str, Person]) -> None:
    data = random.Random(6).randbytes(1 * MB)
    path = web.create(announce(visit, people["wc001"], data))
    dead = web.begin(path, 0, len(data))
    dead.sendall(data[:300_000])
    time.sleep(0.2)
    began = time.monotonic()
    assert web.offset(path) == 300_000
    assert time.monotonic() - began < 4
    assert b" 423 " in dead.recv(100)
    dead.close()
