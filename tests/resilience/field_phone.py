"""A server's phone at a running stack, as far as uploads need one: signed in, announcing, and what became of it all."""

from __future__ import annotations

import hashlib
import random
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pymongo

from evidence.stores import FileStore
from server.core.clock import court_day, utc_now
from server.core.ids import new_id
from server.demo.services import DATA, PASSWORD
from server.drill.desk import Desk
from server.drill.ledger import Ledger
from server.drill.phone import Phone
from tests.stack.whole import WholeStack

DAY = court_day(utc_now()).isoformat()
_SERVERS = DATA / "day-2026-11-24" / "servers.csv"


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound file on the phone, announced under `client_id`."""

    path: Path
    client_id: str
    sha256: str
    size: int

    @property
    def metadata(self) -> dict[str, str]:
        return {"visit_id": "", "client_id": self.client_id}


class FieldPhone:
    """The phone of one server of the demo court. What it captures belongs to no visit yet (L4)."""

    def __init__(self, stack: WholeStack, number: int) -> None:
        """Of the server who stands `number` from the end of the roster."""
        self._stack = stack
        manager = Desk(stack.url, Ledger(), username="manager", password=PASSWORD)
        manager.bring_in(_SERVERS, kind="servers", day=DAY)
        server = manager.day(DAY)["roster"][-1 - number]
        self._phone = Phone(
            stack.url, stack.wechat_url, Ledger(), staff_no=server["staff_no"], rng=random.Random(new_id())
        )
        court = manager.me["person"]["court"]["code"]
        self._phone.sign_in(court=court, bind_code=partial(manager.bind_code, server["server_id"]))
        for line in (manager.line, self._phone.wechat):
            line.http.close()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": str(self._phone.line.http.headers["Authorization"])}

    def close(self) -> None:
        self._phone.line.http.close()

    def record(self, folder: Path, sizes: Sequence[int], rng: random.Random) -> list[Recording]:
        """Makes sound files of about these sizes and announces all of them."""
        made = [_recorded(folder / f"{new_id()}.wav", size, rng) for size in sizes]
        items = [
            {
                "client_id": one.client_id,
                "kind": "audio",
                "sha256": one.sha256,
                "size": one.size,
                "captured_at": utc_now().isoformat(),
            }
            for one in made
        ]
        answers = self._phone.line.post("/api/phone/items", {"date": DAY, "items": items})["items"]
        assert [one["state"] for one in answers] == ["announced"] * len(made), answers
        return made

    def states(self, recordings: Sequence[Recording]) -> list[str]:
        """Where each item stands in the shift's ledger."""
        items = {one["client_id"]: one for one in self._phone.shift_ledger(DAY)["items"]}
        return [str(items[one.client_id]["state"]) for one in recordings]

    def not_as_captured(self, recordings: Sequence[Recording]) -> list[str]:
        """What is not held exactly once, byte for byte: read from MongoDB and the evidence store."""
        store, wrong = FileStore(self._stack.place.var / "evidence"), []
        with pymongo.MongoClient[dict[str, Any]](self._stack.mongodb_uri) as client:
            items = client.get_default_database().evidence_items
            for one in recordings:
                found = list(items.find({"client_id": one.client_id}))
                if len(found) != 1:
                    wrong.append(f"{one.client_id} is held {len(found)} times")
                    continue
                with store.open(found[0]["store_key"]) as stream:
                    held = hashlib.sha256(stream.read()).hexdigest()
                if not held == found[0]["sha256"] == one.sha256:
                    wrong.append(f"{one.client_id} is held with other bytes")
        return wrong


def _recorded(path: Path, size: int, rng: random.Random) -> Recording:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(rng.randbytes(size // 2 * 2))
    data = path.read_bytes()
    return Recording(path, new_id(), hashlib.sha256(data).hexdigest(), len(data))
