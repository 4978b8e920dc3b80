"""The drill's own phone line and uploads, against a server of other people: @tus/server."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from server.drill.ledger import Ledger
from server.drill.line import Line
from server.drill.uploads import Uploads
from tests.stack import foreign


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tus")


@pytest.fixture(scope="module")
def endpoint(folder: Path) -> Iterator[str]:
    with foreign.tus_server(folder, fsync=False) as (url, _):
        yield url


def held(folder: Path) -> set[str]:
    return {hashlib.sha256(one.read_bytes()).hexdigest() for one in folder.iterdir() if one.suffix != ".json"}


@pytest.mark.parametrize("drop", [0.0, 0.2, 0.6])
def test_every_byte_arrives_over_a_line_that_drops(endpoint: str, folder: Path, drop: float) -> None:
    parts, ledger, rng = urlsplit(endpoint), Ledger(), random.Random(5)
    line = Line(f"{parts.scheme}://{parts.netloc}", ledger, drop=drop, seed=3)
    uploads = Uploads(line, ledger, rng, collection=parts.path)
    sent = [rng.randbytes(size) for size in (1, 700, 32_768, 90_000, 200_000, 40_000, 3, 120_000)]
    for number, data in enumerate(sent):
        uploads.send(data, {"client_id": f"item-{number}"})
    line.http.close()
    assert {hashlib.sha256(one).hexdigest() for one in sent} <= held(folder)
    assert bool(ledger.counts["dropped"]) is bool(drop)
    assert ledger.counts["resumed"] <= ledger.counts["dropped"] * 3


def test_a_fifth_of_the_requests_lose_their_connection_in_either_direction(endpoint: str) -> None:
    parts, ledger = urlsplit(endpoint), Ledger()
    line = Line(f"{parts.scheme}://{parts.netloc}", ledger, drop=0.2, seed=8)
    troubles = [line.once("OPTIONS", parts.path)[1] for _ in range(400)]
    line.http.close()
    assert 50 <= ledger.counts["dropped"] <= 110
    assert ledger.counts["dropped"] == sum(bool(one) for one in troubles)
