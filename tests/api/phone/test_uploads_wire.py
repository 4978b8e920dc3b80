"""Uploads through gunicorn, on real sockets: cut lines, silent holders, two requests at once."""

from __future__ import annotations

import http.client
import random
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

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
        "SONGDA_UPLOAD_SLOTS": "6",
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
    assert time.monotonic() - began < 8
    assert b" 423 " in dead.recv(100)
    dead.close()


def test_a_duplicate_sent_at_the_same_moment_doubles_nothing(
    web: Web, visit: Visit, people: dict[str, Person], api_settings: Settings
) -> None:
    """What a proxy may do: the same PATCH on two connections, its halves mixed."""
    data = random.Random(8).randbytes(2 * MB)
    path = web.create(announce(visit, people["wc001"], data + b"the rest"))
    lines = [web.begin(path, 0, len(data)) for _ in range(2)]
    for start in range(0, len(data), 500_000):
        for line in lines:
            with suppress(OSError):
                line.sendall(data[start : start + 500_000])
    told = []
    for line in lines:
        with suppress(OSError):
            told.append(int(line.recv(64).split()[1]))
        line.close()
    assert set(told) <= {204, 409, 423}
    offset = web.offset(path)
    stored = Path(urlsplit(api_settings.evidence_store).path) / "uploads"
    (found,) = stored.rglob(f"{path.rpartition('/')[2]}.bytes")
    assert found.read_bytes() == data[:offset]
    assert web.patch(path, offset, data[offset:]).headers["Upload-Offset"] == str(len(data))


def test_a_refused_body_is_heard_out_and_the_connection_goes_on(
    web: Web, visit: Visit, people: dict[str, Person]
) -> None:
    path = web.create(announce(visit, people["wc001"], b"x" * 3 * MB))
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    said = TUS | {"Authorization": f"Bearer {web.token}", "Content-Type": BYTES}
    for offset, status in ((7, 409), (0, 204), (0, 409), (MB, 204)):
        connection.request("PATCH", path, body=b"x" * MB, headers=said | {"Upload-Offset": str(offset)})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_a_chunked_body_is_taken_too(web: Web, visit: Visit, people: dict[str, Person]) -> None:
    path = web.create(announce(visit, people["wc001"], b"abcdef"))
    with web.connect() as line:
        said = {"Upload-Offset": "0", "Content-Type": BYTES, "Transfer-Encoding": "chunked"}
        line.sendall(web.head_of("PATCH", path, **said) + b"3\r\nabc\r\n0\r\n\r\n")
        assert b" 204 " in line.recv(200)
    assert web.offset(path) == 3
    with web.connect() as line:
        said |= {"Upload-Offset": "3"}
        line.sendall(web.head_of("PATCH", path, **said) + b"2\r\nde\r\nrubbish\r\n")
        line.recv(200)
    assert web.offset(path) in (3, 5)


def test_whoever_is_refused_at_the_gate_is_not_listened_to_for_ever(web: Web) -> None:
    web.token = "forged"
    line = web.begin("/api/phone/uploads/01m80zfzw03fq9fspbbn4a9t1p", 0, 1_000_000)
    began = time.monotonic()
    assert b" 401 " in line.recv(100)
    assert time.monotonic() - began < 8
    line.close()


def test_silent_uploads_leave_threads_to_everybody_else(web: Web, visit: Visit, people: dict[str, Person]) -> None:
    """Twice as many silent bodies as there are threads: whoever only asks is answered."""
    lines = []
    for number in range(2 * 8):
        path = web.create(announce(visit, people["wc001"], bytes([number]) * 1000))
        lines.append(web.begin(path, 0, 1000))
    began = time.monotonic()
    with web.connect() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
        assert b" 200 " in line.recv(100)
    assert time.monotonic() - began < 15, "silence lasts twenty seconds"
    for line in lines:
        line.close()
