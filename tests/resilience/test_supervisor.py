"""`make run` keeps its processes alive, ends all of them and nothing else, and recovers from its own murder."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pymongo
import pytest
import redis

from tests.stack.processes import wait_until
from tests.stack.whole import WholeStack
from tools.stack.guard import belongs_to
from tools.stack.procfs import Identity

pytestmark = [pytest.mark.resilience, pytest.mark.timeout(600)]
SERVICES = ("mongod", "valkey", "wechat", "web", "live", "worker", "beat")


def members(stack: WholeStack) -> list[int]:
    """Every living process that carries this stack's mark."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if belongs_to(pid, stack.place) and Identity.of(pid) is not None]


def remember(stack: WholeStack, n: int) -> None:
    with pymongo.MongoClient[dict[str, Any]](stack.mongodb_uri, w="majority", journal=True) as client:
        client["drill"]["kept"].insert_one({"_id": n})
    with redis.from_url(stack.redis_url) as queue:
        queue.rpush("drill", n)


def remembered(stack: WholeStack) -> tuple[list[int], list[int]]:
    with pymongo.MongoClient[dict[str, Any]](stack.mongodb_uri) as client:
        kept = sorted(document["_id"] for document in client["drill"]["kept"].find())
    with redis.from_url(stack.redis_url) as queue:
        return kept, sorted(int(value) for value in queue.lrange("drill", 0, -1))


def forget(stack: WholeStack) -> None:
    with pymongo.MongoClient[dict[str, Any]](stack.mongodb_uri) as client:
        client.drop_database("drill")
    with redis.from_url(stack.redis_url) as queue:
        queue.delete("drill")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_killed_with_kill_9_comes_back_by_itself_and_loses_nothing(stack: WholeStack, service: str) -> None:
    forget(stack)
    for n in range(20):
        remember(stack, n)
    killed = stack.kill(service)
    stack.wait_until_back(service, killed)
    assert remembered(stack) == (list(range(20)), list(range(20)))


def test_a_murdered_supervisor_takes_its_children_along_and_the_next_run_keeps_the_data(
    stack: WholeStack,
) -> None:
    forget(stack)
    remember(stack, 7)
    assert len(members(stack)) >= len(SERVICES)
    stack.kill_supervisor()
    stack.start()
    assert remembered(stack) == ([7], [7])


def test_a_supervisor_asked_to_stop_leaves_nothing_running(stack: WholeStack) -> None:
    assert members(stack)
    stack.stop()
    assert members(stack) == []
    assert stack.supervisor.exit_code == 0
    stack.start()
    assert stack.ready()


def test_stopping_in_the_middle_of_starting_leaves_nothing_running(tmp_path: Path) -> None:
    whole = WholeStack(tmp_path)
    whole.supervisor.start()
    try:
        wait_until(lambda: len(members(whole)) > 2, what="the first children", child=whole.supervisor)
        Identity.read(whole.place.supervisor_pid_path).signal(signal.SIGINT)  # type: ignore[union-attr]  # just written
        assert whole.supervisor.wait(60)
        assert members(whole) == []
    finally:
        whole.stop()
