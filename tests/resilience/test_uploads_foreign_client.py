"""tus-js-client 4.3.1, unmodified, uploads to a running Songda over a line that cuts, repeats and reorders, and while
web processes and mongod are killed: every file arrives once and byte for byte."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.emulators.cutting import CuttingProxy
from tests.resilience.field_phone import FieldPhone, Recording
from tests.resilience.test_kill_during_day import kill_one_process
from tests.stack import foreign
from tests.stack.foreign import Job, Uploads
from tests.stack.processes import wait_until
from tests.stack.whole import WholeStack

pytestmark = [pytest.mark.resilience, pytest.mark.timeout(300)]
KB, MB = 1024, 1024 * 1024
CUTS_UP, CUTS_DOWN = 150, 50
# The client's heads and answers on the way to a file of a few megabytes in pieces, at the very least.
DOWN_BYTES = 40_000
COLLECTION = "/api/phone/uploads"
# As many ways as the client has to send a file.
WAYS: tuple[dict[str, object], ...] = (
    {},
    {"in_memory": True},
    {"chunk_size": 256 * KB},
    {"chunk_size": 256 * KB, "override": True},
    {"chunk_size": 64 * KB, "with_creation": True},
    {"override": True},
    {"parallel": 3, "chunk_size": 512 * KB},
    {"chunk_size": MB, "in_memory": True},
)


_numbers = itertools.count()


@pytest.fixture
def phone(stack: WholeStack) -> Iterator[FieldPhone]:
    """Each test has a server of its own: what one leaves under way counts against nobody else."""
    signed_in = FieldPhone(stack, next(_numbers))
    yield signed_in
    signed_in.close()


def jobs_of(recordings: Sequence[Recording]) -> list[Job]:
    return [
        Job(path=str(one.path), metadata=one.metadata, **WAYS[number % len(WAYS)])  # type: ignore[arg-type]  # of Job
        for number, one in enumerate(recordings)
    ]


def test_every_file_arrives_whole_over_a_line_that_is_cut_at_200_random_bytes(
    stack: WholeStack, phone: FieldPhone, tmp_path: Path
) -> None:
    rng = random.Random(2026)
    sizes = [rng.choice((50 * KB, 400 * KB, MB, 2 * MB)) for _ in range(len(WAYS) * 2)]
    sent: list[Recording] = []
    with CuttingProxy(
        stack.place.port,
        up=rng.sample(range(sum(sizes)), CUTS_UP),
        down=rng.sample(range(DOWN_BYTES), CUTS_DOWN),
        twice=0.05,
        late=0.05,
        silent_s=20.0,
        seed=4,
    ) as proxy:
        while proxy.cuts_left:
            recordings = phone.record(tmp_path, sizes, rng)
            done = foreign.upload(proxy.url + COLLECTION, jobs_of(recordings), headers=phone.headers)
            assert done.errors == []
            sent += recordings
    assert (proxy.counts["cuts_up"], proxy.counts["cuts_down"]) == (CUTS_UP, CUTS_DOWN)
    assert min(proxy.counts[one] for one in ("twice", "late", "reset", "end", "silent")) > 5
    assert phone.states(sent) == ["held"] * len(sent)
    assert phone.not_as_captured(sent) == []


def test_every_file_arrives_whole_while_web_and_mongod_are_killed(
    stack: WholeStack, phone: FieldPhone, tmp_path: Path
) -> None:
    rng = random.Random(5)
    recordings = phone.record(tmp_path, [2 * MB] * len(WAYS), rng)
    total = sum(one.size for one in recordings)
    deaths: tuple[Callable[[], object], ...] = (
        lambda: kill_one_process(stack, "web"),
        lambda: stack.kill("mongod"),
        lambda: stack.kill("web"),
    )
    with CuttingProxy(
        stack.place.port, up=rng.sample(range(total), 20), twice=0.03, late=0.03, bytes_per_s=MB, seed=6
    ) as proxy:
        ended: list[Uploads] = []
        url, jobs = proxy.url + COLLECTION, jobs_of(recordings)
        sending = threading.Thread(target=lambda: ended.append(foreign.upload(url, jobs, headers=phone.headers)))
        sending.start()
        for number, kill in enumerate(deaths, start=1):
            _wait(sending, lambda wanted=total * number // 4: proxy.up.passed >= wanted)  # type: ignore[misc]  # now
            assert sending.is_alive(), "everything was sent before anybody died"
            kill()
        sending.join()
    wait_until(stack.ready, what="the stack to be whole again", timeout_s=120)
    assert ended[0].errors == []
    assert phone.states(recordings) == ["held"] * len(recordings)
    assert phone.not_as_captured(recordings) == []


def _wait(sending: threading.Thread, reached: Callable[[], bool]) -> None:
    while sending.is_alive() and not reached():
        time.sleep(0.02)
