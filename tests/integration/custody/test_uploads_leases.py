"""One lease per upload among processes: taken, asked for, lost with its holder, and nothing rests on Redis alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from evidence.uploads import UploadError
from server.custody import leases
from server.custody.leases import RedisLocker

ROOT = Path(__file__).parents[3]
_HOLDER = """
import sys, time, redis
from server.custody.leases import RedisLocker
lease = RedisLocker(redis.from_url(sys.argv[1], decode_responses=True), life_ms=int(sys.argv[2])).take("upload-0001")
print("held", flush=True)
while not (len(sys.argv) > 3 and lease.asked):
    time.sleep(0.01)
lease.release()
print("left", flush=True)
"""


@pytest.fixture
def locker(clean_redis: redis.Redis) -> Callable[..., RedisLocker]:
    """As another process would have it."""

    def made(wait_s: float = 5.0, life_ms: int = 1_500) -> RedisLocker:
        return RedisLocker(clean_redis, wait_s=wait_s, life_ms=life_ms)

    return made


def wait_until(what: Callable[[], bool], timeout_s: float = 5.0) -> None:
    until = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def holder(redis_url: str, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _HOLDER, redis_url, "1500", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_holder_in_another_process_is_asked_and_lets_go(locker: Any, redis_url: str) -> None:
    with holder(redis_url, "polite") as process:
        lease = locker().take("upload-0001")
        assert process.communicate(timeout=5)[0] == b"left\n"
    time.sleep(leases.RENEW_S * 2)
    assert not lease.asked, "the note was for the holder before"
    lease.release()


def test_the_lease_of_a_killed_process_runs_out_by_itself(locker: Any, redis_url: str) -> None:
    with holder(redis_url) as process:
        os.kill(process.pid, signal.SIGKILL)
    began = time.monotonic()
    lease = locker().take("upload-0001")
    assert time.monotonic() - began < 3
    lease.release()


def test_a_holder_at_work_keeps_its_lease_however_long_it_takes(locker: Any) -> None:
    lease = locker(life_ms=800).take("upload-0001")
    began = time.monotonic()
    with pytest.raises(UploadError, match=r"upload\.locked"):
        locker(wait_s=2.0).take("upload-0001")
    assert time.monotonic() - began >= 2.0
    assert lease.asked
    lease.release()
    locker(wait_s=0.1).take("upload-0001").release()


def test_what_is_given_back_twice_or_too_late_frees_nobody_elses(locker: Any, clean_redis: redis.Redis) -> None:
    old = locker().take("upload-0001")
    old.release()
    new = locker().take("upload-0001")
    old.release()
    assert clean_redis.get("songda:upload:upload-0001") == new.token
    new.release()


def test_a_lease_lost_with_redis_is_taken_again_unless_another_was_quicker(
    locker: Any, clean_redis: redis.Redis
) -> None:
    lease = locker().take("upload-0001")
    clean_redis.flushdb()
    wait_until(lambda: clean_redis.get("songda:upload:upload-0001") == lease.token)
    assert not lease.asked
    clean_redis.set("songda:upload:upload-0001", "another's")
    wait_until(lambda: lease.asked)
    lease.release()
    assert clean_redis.get("songda:upload:upload-0001") == "another's"


def test_without_redis_uploads_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2, decode_responses=True)
    lease = RedisLocker(away).take("upload-0001")
    assert not lease.asked
    lease.release()
    away.close()
