"""Analysis on real databases: queued with the item, done once, whoever dies in between."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import pytest
from PIL import Image

from evidence.analysis import Sandbox
from evidence.analysis.limits import BUDGETS
from evidence.analysis.strokes import Point, Strokes, encode
from evidence.errors import EvidenceError
from evidence.samples import signature_strokes
from evidence.stores import FileStore
from server.accounts.models import Court, Person
from server.core import events
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.core.ids import new_id
from server.custody import analysis_tasks, decoding
from server.custody.services import analysing
from server.custody.services.analysing import LEASE, MAX_TRIES, Workshop
from server.custody.services.similar import similar
from server.dispatch.models import Visit
from server.field import services
from server.field.models import EvidenceItem
from server.field.services.evidence import Upload
from server.service.actor import Actor
from tests.factories import media
from tests.factories import visits as make

Send = Callable[..., str]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(setting=decoding._setting())
    yield made
    made.close()


@pytest.fixture
def workshop(store: FileStore, sandbox: Sandbox) -> Workshop:
    return Workshop(store, sandbox)


@pytest.fixture
def send(store: FileStore, visit: Visit, server: Person) -> Send:
    """`send(data, kind)`: held as the phone sends it; the evidence id."""
    Court(id=make.COURT, name="北京市西城区人民法院", level=4).save()

    def send(data: bytes, kind: str = "photo_door", on: Visit | None = None) -> str:
        upload = Upload(new_id(), kind, hashlib.sha256(data).hexdigest(), utc_now(), None, io.BytesIO(data))
        held = services.record_evidence(
            court=make.COURT,
            visit_id=(on or visit).id,
            actor=Actor(server.id, server.name),
            store=store,
            upload=upload,
            now=utc_now(),
        )
        return held.evidence_id

    return send


def stored(evidence_id: str) -> dict[str, Any]:
    return dict(EvidenceItem._get_collection().find_one({"_id": evidence_id}))


def put(evidence_id: str, **analysis: Any) -> None:
    change = {f"analysis.{name}": value for name, value in analysis.items()}
    EvidenceItem._get_collection().update_one({"_id": evidence_id}, {"$set": change})


def test_a_photo_is_looked_at_once_and_its_copies_lie_in_the_store(
    send: Send, workshop: Workshop, store: FileStore
) -> None:
    data = media.photo(3, width_px=2000, height_px=1500)
    evidence_id = send(data)
    assert stored(evidence_id)["analysis"]["state"] == "waiting"
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) == "done"
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) is None, "once is enough"
    item = stored(evidence_id)
    found = item["analysis"]
    assert (found["state"], found["tries"], found["concerns"]) == ("done", 1, [])
    assert set(found["copies"]) == {"thumb", "display", "marked"}
    for copy in found["copies"].values():
        with store.open(copy["store_key"]) as stream:
            kept = stream.read()
        assert hashlib.sha256(kept).hexdigest() == copy["sha256"]
        assert Image.open(io.BytesIO(kept)).size == (copy["width"], copy["height"])
    with store.open(item["store_key"]) as stream:
        assert stream.read() == data, "the original is untouched"
    assert len(found["hashes"]["bands"]) == 3
    assert "lease" not in found


def test_the_news_is_written_with_the_result(send: Send, workshop: Workshop) -> None:
    heard: list[events.Event] = []
    events.subscriptions.subscribe("evidence.analysed", heard.append)
    evidence_id = send(media.small_photo())
    analysing.analyse(evidence_id=evidence_id, workshop=workshop)
    [news] = heard
    assert news.data["evidence_id"] == evidence_id
    assert (news.data["state"], news.data["concerns"]) == ("done", [])
    assert stored(evidence_id)["outbox"] == []


def test_the_place_is_judged_when_the_file_has_been_read(send: Send, workshop: Workshop) -> None:
    events.subscriptions.subscribe("evidence.analysed", analysis_tasks.on_analysed)
    evidence_id = send(media.small_photo())
    analysing.analyse(evidence_id=evidence_id, workshop=workshop)
    assert stored(evidence_id)["place"]["verdict"] in ("agrees", "doubt", "unknown")


def test_what_cannot_be_decoded_is_broken_and_stays_as_it_came(
    send: Send, workshop: Workshop, store: FileStore
) -> None:
    head, body = media.png(Image.new("RGB", (40, 30), "red")).split(b"IDAT", 1)
    # Structure and end are there: only the pixels are not.
    data = head[:-4] + media._chunk(b"IDAT", b"no zlib") + body[body.index(b"IEND") - 4 :]
    evidence_id = send(data)
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) == "broken"
    item = stored(evidence_id)
    assert item["analysis"]["concerns"] == ["file.broken"]
    with store.open(item["store_key"]) as stream:
        assert stream.read() == data


def test_a_worker_that_died_leaves_its_item_to_the_next(send: Send, workshop: Workshop) -> None:
    evidence_id, now = send(media.small_photo()), utc_now()
    put(evidence_id, state="running", lease="dead", leased_until=now + LEASE, tries=1)
    assert analysing.sweep(now=now) == []
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) is None, "somebody is at it"
    put(evidence_id, leased_until=now - timedelta(seconds=1))
    assert analysing.sweep(now=now) == [evidence_id]
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) == "done"
    assert stored(evidence_id)["analysis"]["tries"] == 2


def test_what_killed_three_workers_is_not_given_to_a_fourth(send: Send, workshop: Workshop) -> None:
    evidence_id, now = send(media.small_photo()), utc_now()
    put(evidence_id, state="running", lease="dead", leased_until=now - LEASE, tries=MAX_TRIES)
    analysing.sweep(now=now)
    assert stored(evidence_id)["analysis"]["state"] == "failed"
    assert stored(evidence_id)["analysis"]["problem"]["code"] == "analysis.crash"
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) is None


def test_the_slow_first_worker_does_not_overwrite_the_second(send: Send, workshop: Workshop) -> None:
    evidence_id = send(media.small_photo())
    slow = analysing._claim(evidence_id, "slow", utc_now())
    assert slow is not None
    put(evidence_id, leased_until=utc_now() - timedelta(seconds=1))
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) == "done"
    assert analysing._finish(slow, "slow", {"state": "failed"}, utc_now()) is None
    assert stored(evidence_id)["analysis"]["state"] == "done"


def test_lost_messages_and_items_from_before_are_found_by_the_sweep(send: Send) -> None:
    waiting, old, fresh = (send(media.small_photo(seed)) for seed in (1, 2, 3))
    earlier = utc_now() - timedelta(hours=1)
    put(waiting, queued_at=earlier)
    EvidenceItem._get_collection().update_one(
        {"_id": old}, {"$unset": {"analysis": ""}, "$set": {"received_at": earlier}}
    )
    assert set(analysing.sweep(now=utc_now())) == {waiting, old}
    assert fresh not in analysing.sweep(now=utc_now())


def test_an_item_from_before_there_was_analysis_is_looked_at_too(send: Send, workshop: Workshop) -> None:
    evidence_id = send(media.small_photo())
    EvidenceItem._get_collection().update_one({"_id": evidence_id}, {"$unset": {"analysis": ""}})
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) == "done"


def test_a_file_that_takes_too_long_is_tried_three_times_before_it_is_broken(send: Send, store: FileStore) -> None:
    hurried = Sandbox(budgets={**BUDGETS, "photo": replace(BUDGETS["photo"], wall_s=0.001)})
    evidence_id = send(media.photo(3, width_px=2000, height_px=1500))
    asked = [analysing.analyse(evidence_id=evidence_id, workshop=Workshop(store, hurried)) for _ in range(4)]
    hurried.close()
    assert asked == ["waiting", "waiting", "broken", None]
    assert stored(evidence_id)["analysis"]["concerns"] == ["analysis.time"]


class Away:
    """A store that cannot be reached, or that has lost the original."""

    def __init__(self, code: str) -> None:
        self.code = code

    def open(self, key: str) -> BinaryIO:
        raise EvidenceError(self.code, "证据存储暂时不可用", key=key)


def test_a_store_that_is_away_costs_no_try(send: Send, workshop: Workshop, sandbox: Sandbox) -> None:
    evidence_id = send(media.small_photo())
    away = Workshop(Away("evidence.store_unavailable"), sandbox)  # type: ignore[arg-type]  # opens, and no more
    for _ in range(5):
        assert analysing.analyse(evidence_id=evidence_id, workshop=away) == "waiting"
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) == "done"
    assert stored(evidence_id)["analysis"]["tries"] == 1


def test_an_original_the_store_has_lost_is_said_so(send: Send, sandbox: Sandbox) -> None:
    evidence_id = send(media.small_photo())
    lost = Workshop(Away("evidence.not_found"), sandbox)  # type: ignore[arg-type]  # opens, and no more
    assert analysing.analyse(evidence_id=evidence_id, workshop=lost) == "failed"
    assert stored(evidence_id)["analysis"]["problem"]["code"] == "evidence.not_found"


def test_a_photo_sent_again_smaller_is_found_in_another_visit_and_a_different_one_is_not(
    send: Send, workshop: Workshop, server: Person
) -> None:
    elsewhere = make.visit(server=server)
    picture = Image.open(io.BytesIO(media.photo(4, width_px=900, height_px=700)))
    smaller = io.BytesIO()
    picture.resize((450, 350)).save(smaller, "JPEG", quality=60)
    first = send(media.photo(4, width_px=900, height_px=700))
    copy, other = send(smaller.getvalue(), on=elsewhere), send(media.photo(9, width_px=900, height_px=700))
    again = send(media.photo(4, width_px=900, height_px=700), on=elsewhere)
    for one in (first, copy, other, again):
        analysing.analyse(evidence_id=one, workshop=workshop)
    found = similar(court=make.COURT, evidence_id=first)
    assert [(one.evidence_id, one.same_bytes) for one in found] == [(again, True), (copy, False)]
    assert found[1].likely
    assert found[1].bits <= 8
    assert similar(court=make.COURT, evidence_id=other) == []
    narrowed = similar(court=make.COURT, evidence_id=first, within={"visit_id": {"$ne": elsewhere.id}})
    assert narrowed == []


def test_near_pictures_are_found_through_the_index(send: Send, workshop: Workshop, database: Any) -> None:
    evidence_id = send(media.small_photo())
    analysing.analyse(evidence_id=evidence_id, workshop=workshop)
    EvidenceItem.ensure_indexes()
    keys = stored(evidence_id)["analysis"]["hashes"]["bands"]
    query = {"court": make.COURT, "analysis.hashes.bands": {"$in": keys}}
    plan = str(EvidenceItem._get_collection().find(query).explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "analysis.hashes.bands" in plan


def test_nobody_queues_twice_what_the_event_brought_twice(
    send: Send, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(analysis_tasks.analyse, "delay", asked.append)
    evidence_id, now = send(media.small_photo()), utc_now()
    event = events.Event(new_id(), "evidence.received", make.COURT, now, {"evidence_id": evidence_id})
    analysis_tasks.on_received(event)
    analysis_tasks.on_received(event)
    assert [analysing.analyse(evidence_id=one, workshop=workshop) for one in asked] == ["done", None]


def test_times_are_kept_as_they_are(send: Send, workshop: Workshop) -> None:
    evidence_id = send(media.small_photo())
    analysing.analyse(evidence_id=evidence_id, workshop=workshop)
    found = stored(evidence_id)["analysis"]
    assert isinstance(found["done_at"], datetime)
    assert found["queued_at"] <= found["done_at"]


def test_strokes_come_beside_the_picture_of_a_signature_and_are_drawn(send: Send, workshop: Workshop) -> None:
    written = Strokes(
        600,
        300,
        tuple(
            tuple(Point(x, y, 400.0 * row + 12 * at) for at, (x, y) in enumerate(stroke))
            for row, stroke in enumerate(signature_strokes(3))
        ),
    )
    evidence_id = send(encode(written), "strokes")
    assert stored(evidence_id)["media_type"] == "application/json"
    assert analysing.analyse(evidence_id=evidence_id, workshop=workshop) == "done"
    found = stored(evidence_id)["analysis"]
    assert found["concerns"] == []
    assert found["quality"]["points"] == len(written.points)
    assert set(found["copies"]) == {"thumb", "display"}


@pytest.mark.parametrize("data", [b"{}", b'{"schema":"other"}', b"[1]", media.small_photo()])
def test_other_json_is_no_strokes_file(send: Send, data: bytes) -> None:
    with pytest.raises(DomainError) as refused:
        send(data, "strokes")
    assert refused.value.code == "evidence.strokes_invalid"
