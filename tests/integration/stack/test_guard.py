"""A stack refuses to start where it must not, says why, and ends nothing that is not its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tools.stack.child import Child
from tools.stack.config import load
from tools.stack.guard import MARK, Place, Refusal, hold, sweep
from tools.stack.ports import LOOPBACK, free_ports, is_free
from tools.stack.procfs import Identity

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(var=tmp_path / "var", port=free_ports(1)[0])


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on; the one below it is kept for us, however many tests look for ports meanwhile."""
    with ExitStack() as held:
        while True:
            kept, server = held.enter_context(socket.socket()), held.enter_context(socket.socket())
            # Bound and not listening: free to whoever asks for it by number, given to nobody who asks for any.
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind((LOOPBACK, 0))
            port = int(kept.getsockname()[1]) + 1
            try:
                server.bind((LOOPBACK, port))
            except OSError:
                continue
            server.listen()
            break
        yield port


def run(place: Place, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PORT": str(place.port), "VAR": str(place.var)}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("command", [("tools.stack", "run"), ("tools.setup", "run")])
@pytest.mark.parametrize("offset", [0, 1])
def test_a_taken_port_is_named_and_nothing_is_started(
    place: Place, taken: int, command: tuple[str, ...], offset: int
) -> None:
    place = Place(var=place.var, port=taken - offset)
    ended = run(place, *command)
    assert ended.returncode == 1
    assert f"端口 {taken}" in ended.stderr
    assert f"Port {taken} is already in use" in ended.stderr
    assert not (place.var / "mongo").exists()
    assert not place.log_dir.exists()


@pytest.mark.parametrize("command", [("tools.stack", "run"), ("tools.setup", "run")])
def test_a_second_run_on_the_same_data_is_refused(place: Place, command: tuple[str, ...]) -> None:
    with hold(place):
        ended = run(place, *command)
    assert ended.returncode == 1
    assert str(place.var) in ended.stderr
    assert "already runs" in ended.stderr
    # It is free again. (Its ports nobody keeps for us: another test may have one of them by now.)
    with hold(place):
        sweep(place)


@pytest.mark.parametrize("port", ["0", "65535", "-1", "eight", "80.5", "８０００１"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(Refusal, match="PORT"):
        Place.from_environ({"PORT": port})


def test_the_place_comes_from_the_environment(tmp_path: Path) -> None:
    place = Place.from_environ({"PORT": "9000", "VAR": str(tmp_path)})
    assert (place.port, place.live_port, place.var) == (9000, 9001, tmp_path)
    assert Place.from_environ({}).port == 8000


def test_what_a_murdered_supervisor_left_is_ended_with_its_helpers(place: Place, tmp_path: Path) -> None:
    place.run_dir.mkdir(parents=True)
    left = Child(
        "web",
        ["sh", "-c", "trap '' TERM; sleep 60 & echo $! > helper; exec sleep 61"],
        log_path=tmp_path / "log",
        env={**os.environ, MARK: str(place.var)},
        cwd=tmp_path,
        pid_path=place.pid_path("web"),
    )
    left.start()
    while not (tmp_path / "helper").is_file() or not (tmp_path / "helper").read_text().strip():
        assert left.running
    helper = int((tmp_path / "helper").read_text())
    try:
        # The leader dies alone, as after kill -9; its helper lives on in the group.
        os.kill(left.pid, signal.SIGKILL)
        assert left.wait(5)
        assert Identity.of(helper) is not None
        sweep(place)
        assert Identity.of(helper) is None
        assert not place.pid_path("web").exists()
    finally:
        left.kill()


def test_a_stranger_with_a_recycled_pid_is_spared(place: Place, tmp_path: Path) -> None:
    stranger = Child("stranger", ["sleep", "60"], log_path=tmp_path / "log")
    stranger.start()
    try:
        identity = Identity.of(stranger.pid)
        assert identity is not None
        Identity(stranger.pid, identity.start_ticks - 1, identity.boot_id).write(place.pid_path("web"))
        sweep(place)
        assert stranger.running
    finally:
        stranger.kill()


def test_secrets_are_made_once_and_are_for_the_owner_only(place: Place) -> None:
    first, second = load(place, {}), load(place, {})
    for name in ("SONGDA_SECRET_KEY", "WECHAT_SECRET", "SONGDA_MASTER_KEY_FILE"):
        assert first.environ[name] == second.environ[name]
    assert first.ports == second.ports
    secrets = sorted((place.var / "secrets").iterdir())
    assert [path.name for path in secrets] == ["master.key", "secret_key", "wechat_secret"]
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}


def test_an_inner_port_somebody_took_is_replaced_and_external_databases_are_used(place: Place) -> None:
    ports = load(place, {}).ports
    with socket.socket() as server:
        server.bind((LOOPBACK, ports["mongod"]))
        server.listen()
        again = load(place, {"MONGODB_URI": "mongodb://db/court", "REDIS_URL": "redis://cache/3"})
    assert again.ports["mongod"] != ports["mongod"]
    assert again.ports["valkey"] == ports["valkey"]
    assert (again.own_mongod, again.own_valkey) == (False, False)
    assert again.environ["MONGODB_URI"] == "mongodb://db/court"
    assert is_free(again.ports["mongod"])
