"""`python -m bench.bench_encryption [PARTIES]`: finding a party by a number among a million sealed ones.

Needs MONGODB_URI, or starts a mongod of its own. The parties are of one court, each sealed as an import seals them, and
the search goes through `parties.find` to the masks. Beside it: sealing and opening one value with either cipher, and
opening the addresses of a day of 600 visits, which is one batch.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import Figure, table
from server.cases import parties
from server.cases.models import Case, Party
from server.core import crypto, database
from server.core.clock import utc_now
from server.core.crypto.ciphers import CIPHERS
from server.core.crypto.mongo_keys import MongoKeys
from server.core.fields import open_fields, sealed_address, sealed_id_number, sealed_phone
from tools.stack.mongo import Mongo
from tools.stack.ports import free_port

COURT = "京0102"
AIM_MS = 20.0
PARTIES = 1_000_000
SEARCHES = 400
DAY = 600
_BATCH = 5_000
_ADDRESS = "北京市西城区人定湖北巷7号楼3单元401号"
_MASTER = b"bench" * 6 + b".."


def phone_of(number: int) -> str:
    return f"199{number:08d}"


def id_number_of(number: int) -> str:
    return f"11010219{number:010d}"


def documents(count: int) -> Iterator[list[dict[str, Any]]]:
    """Parties in batches, two to a case."""
    now = utc_now()
    for first in range(0, count, _BATCH):
        numbers = range(first, min(first + _BATCH, count))
        crypto.vault().prepare((f"p{number}" for number in numbers), court=COURT)
        yield [_party(number, now) for number in numbers]


def _party(number: int, now: Any) -> dict[str, Any]:
    party_id = f"p{number}"
    id_number = sealed_id_number(id_number_of(number), court=COURT, subject=party_id)
    return {
        "_id": party_id,
        "court": COURT,
        "case_id": f"c{number // 2}",
        "identity": id_number["index"],
        "name": f"张某{number}",
        "kind": "自然人",
        "standing": "被告",
        "id_number": id_number,
        "phone": sealed_phone(phone_of(number), court=COURT, subject=party_id),
        "created_at": now,
        "updated_at": now,
    }


def fill(count: int) -> float:
    """Rows per second."""
    started = time.perf_counter()
    now = utc_now()
    quick = Party._get_collection().with_options(write_concern=_unjournalled())
    cases = Case._get_collection().with_options(write_concern=_unjournalled())
    for batch in documents(count):
        quick.insert_many(batch, ordered=False)
        numbers = {one["case_id"] for one in batch}
        cases.insert_many(
            [
                {"_id": one, "court": COURT, "number": f"（2026）京0102民初{one[1:]}号", "kind": "民事",
                 "created_at": now, "updated_at": now}
                for one in numbers
            ],
            ordered=False,
        )  # fmt: skip
    return count / (time.perf_counter() - started)


def _unjournalled() -> Any:
    return database.database().write_concern.__class__(w=1, j=False)


def searches(count: int) -> dict[str, list[float]]:
    """Milliseconds of each search; every second one is for nobody."""
    chance = random.Random(1)  # which party to ask for
    found: dict[str, list[float]] = {"by phone": [], "by identity number": [], "nobody there": []}
    for _ in range(SEARCHES):
        number = chance.randrange(count)
        found["by phone"].append(_timed(_one, phone_of(number), None))
        found["by identity number"].append(_timed(_one, None, id_number_of(number)))
        found["nobody there"].append(_timed(_nobody, f"138{number:08d}"))
    return found


def _one(phone: str | None, id_number: str | None) -> None:
    (found,) = parties.find(court=COURT, phone=phone, id_number=id_number)
    if not found.case_number:
        raise RuntimeError("a party without its case")


def _nobody(phone: str) -> None:
    if parties.find(court=COURT, phone=phone):
        raise RuntimeError("somebody where nobody is")


def _timed(work: Callable[..., object], *given: object) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work(*given)
    return (time.perf_counter() - started) * 1000


def values() -> list[Figure]:
    """Microseconds for one value of either cipher, and milliseconds for the addresses of a day."""
    return [figure for name in CIPHERS for figure in _values_of(name)]


def _values_of(name: str) -> list[Figure]:
    crypto.use(crypto.Vault.from_master(_MASTER, MongoKeys(), cipher=CIPHERS[name]))
    court, people, vault = f"bench-{name}", [f"p{number}" for number in range(DAY)], crypto.vault()
    vault.prepare(people, court=court)

    def seal(person: str) -> str:
        return vault.seal(_ADDRESS, court=court, subject=person)

    def seal_field(person: str) -> dict[str, str]:
        return sealed_address(_ADDRESS, court=court, subject=person)

    def unseal(sealed: str) -> str:
        return vault.open(sealed, court=court)

    stored = [seal_field(person) for person in people]
    day = []
    for _ in range(20):
        crypto.forget()  # as a process that has not seen these people yet
        vault.check()
        day.append(_timed(partial(open_fields, stored, court=court)))
    return [
        Figure(f"{name}: seal one value", [_timed(seal, person) * 1000 for person in people], "µs"),
        Figure(f"{name}: seal with mask and index", [_timed(seal_field, person) * 1000 for person in people], "µs"),
        Figure(f"{name}: open one value", [_timed(unseal, one["text"]) * 1000 for one in stored], "µs"),
        Figure(f"{name}: open {DAY} addresses, nothing cached", day, "ms"),
    ]


def figures(quick: bool) -> list[Figure]:
    return in_a_database_of_its_own(20_000 if quick else PARTIES)


def in_a_database_of_its_own(count: int) -> list[Figure]:
    """All figures with a mongod started for them, unless MONGODB_URI names one."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        uri, mongo = os.environ.get("MONGODB_URI"), None
        if not uri:
            mongo = Mongo(base / "mongo", port=free_port(), log_path=base / "mongod.log")
            mongo.start()
            uri = mongo.uri_for("songda_bench")
        try:
            database.connect(uri)
            database.ensure_indexes()
            found = values()
            crypto.use(crypto.Vault.from_master(_MASTER, MongoKeys()))
            found.append(Figure(f"{count:,} parties: seal and store", [fill(count)], "parties/s", at_most=False))
            found += [
                Figure(f"{count:,} parties: find {name}", times, "ms", aim=AIM_MS)
                for name, times in searches(count).items()
            ]
            return found
        finally:
            database.disconnect()
            if mongo:
                mongo.stop()


if __name__ == "__main__":
    print(table(in_a_database_of_its_own(int(sys.argv[1]) if len(sys.argv) > 1 else PARTIES)))
