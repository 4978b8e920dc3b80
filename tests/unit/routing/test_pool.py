"""Workers answer, keep what they were given, notice a dead parent, and never take the caller down with them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from routing.pool import WorkerError, Workers, close_shared, shared

SCHOOL = "tests.unit.routing.pool_school:Pupil"
NO_LESSONS: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    made = Workers(2, NO_LESSONS)
    assert made.wait_ready(10)
    yield made
    made.close()


@pytest.fixture
def own() -> Iterator[Workers]:
    """One worker to be broken."""
    made = Workers(1, NO_LESSONS)
    yield made
    made.close()


def test_both_workers_hold_the_object_and_answer_in_order(workers: Workers) -> None:
    workers.load("a", SCHOOL, {"name": "甲"})
    workers.load_each("b", SCHOOL, [{"name": "乙"}, {"name": "丙"}])
    calls = [workers.call(0, "a", "hello", 1), workers.call(1, "b", "hello", 2), workers.call(0, "b", "hello", 3)]
    assert [call.result(5) for call in calls] == ["甲 1", "丙 2", "乙 3"]


def test_large_payloads_pass_both_ways_at_once(workers: Workers) -> None:
    load = bytes(5_000_000)
    workers.load("a", SCHOOL, {"name": "甲"})
    calls = [workers.call(n % 2, "a", "echo", load) for n in range(4)]
    assert all(call.result(10) == load for call in calls)


def test_the_halt_flag_reaches_a_running_call(workers: Workers) -> None:
    workers.load("a", SCHOOL, {"name": "甲"})
    call = workers.call(0, "a", "until_halted")
    assert not workers.wait([call], 0.1)
    began = time.monotonic()
    workers.halt()
    assert call.result(2) == "halted"
    assert time.monotonic() - began < 0.2
    workers.resume()


def test_printing_does_not_disturb_the_answers(workers: Workers) -> None:
    workers.load("a", SCHOOL, {"name": "甲"})
    assert workers.call(0, "a", "shout").result(5) == "said"


def test_an_error_in_a_call_is_told_with_its_trace(own: Workers) -> None:
    own.load("a", SCHOOL, {"name": "甲"})
    with pytest.raises(WorkerError) as told:
        own.call(0, "a", "no_such_method").result(10)
    assert told.value.code == "worker.failed"
    assert "no_such_method" in told.value.detail
    assert not own.alive()


def test_a_hung_worker_is_noticed_and_killed(own: Workers) -> None:
    assert own.wait_ready(10)
    own.load("a", SCHOOL, {"name": "甲"})
    with pytest.raises(WorkerError) as told:
        own.call(0, "a", "sleep", 60).result(0.2)
    assert told.value.code == "worker.hung"
    assert not own.alive()


def test_workers_end_when_their_parent_is_killed() -> None:
    program = (
        "import os, sys, time\n"
        "from routing.pool import Workers\n"
        f"workers = Workers(2, ())\nassert workers.wait_ready(10)\n"
        f"workers.load('a', {SCHOOL!r}, {{'name': 'x'}})\n"
        "pids = [workers.call(n, 'a', 'pid').result(5) for n in range(2)]\n"
        "workers.call(0, 'a', 'sleep', 60)\n"
        "print(*pids, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert len(pids) == 2
    until = time.monotonic() + 3
    while any(_runs(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(_runs(pid) for pid in pids)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_shared_workers_stay_are_lent_once_and_are_replaced_when_dead() -> None:
    with shared(2, NO_LESSONS) as first:
        assert first is not None
        first.load("a", SCHOOL, {"name": "甲"})
        pids = [first.call(n, "a", "pid").result(10) for n in range(2)]
        other: list[object] = []

        def elsewhere() -> None:
            with shared(2, NO_LESSONS) as second:
                other.append(second)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert other == [None]
    with shared(2, NO_LESSONS) as again:
        assert again is first
    os.kill(pids[0], signal.SIGKILL)
    os.waitid(os.P_PID, pids[0], os.WEXITED | os.WNOWAIT)
    with shared(2, NO_LESSONS) as replaced:
        assert replaced is not None
        assert replaced is not first
    close_shared()


def test_a_forked_child_leaves_its_parents_workers_alone() -> None:
    with shared(2, NO_LESSONS) as mine:
        assert mine is not None
        mine.load("a", SCHOOL, {"name": "甲"})
        before = [mine.call(n, "a", "pid").result(10) for n in range(2)]
    program = os.fork()
    if program == 0:
        with shared(2, NO_LESSONS) as other:
            os._exit(0 if other is not None and other is not mine else 1)
    assert os.waitpid(program, 0)[1] == 0
    with shared(2, NO_LESSONS) as still:
        assert still is mine
        still.load("a", SCHOOL, {"name": "乙"})
        assert [still.call(n, "a", "pid").result(10) for n in range(2)] == before
    close_shared()


def test_one_process_or_none_means_in_process() -> None:
    for count in (0, 1):
        with shared(count) as none:
            assert none is None


def test_large_arrays_are_shared_and_each_worker_may_write_into_its_own(workers: Workers) -> None:
    table = np.arange(200_000, dtype=np.int64)
    workers.load("a", SCHOOL, {"name": "甲", "table": table})
    total = int(table.sum())
    calls = [workers.call(n, "a", "add", "table", n + 1) for n in range(2)]
    assert [call.result(5) for call in calls] == [total + len(table) * n for n in (1, 2)]
    assert workers.call(0, "a", "add", "table", 0).result(5) == total + len(table)
    assert int(table.sum()) == total


def test_nothing_of_one_caller_is_left_for_the_next(own: Workers) -> None:
    assert own.wait_ready(10)
    own.load("a", SCHOOL, {"name": "乙"})
    assert own.clear(5)
    with pytest.raises(WorkerError):
        own.call(0, "a", "hello", 1).result(5)
