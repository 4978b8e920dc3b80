"""Every channel that is no visit: opened when the law lets it, closed with its own record and its own evidence."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence.stores import FileStore
from server.core.clock import court_day, utc_now
from server.core.errors import DomainError
from server.service import services
from server.service.actor import Actor
from server.service.models import Attempt, DocumentCopies, Effect, ServiceTask
from server.service.services.byhand import Result
from server.service.services.exhibits import Upload
from server.service.services.opening import ByHand
from tests.factories.media import small_photo
from tests.factories.service import recipient
from tests.factories.service import task as make_task

COURT = "京0102"
ANNA = Actor("p1", "送达专员甲")
NOW = utc_now()
TODAY = court_day(NOW).isoformat()
EARLIER = NOW - timedelta(hours=2)

pytestmark = pytest.mark.usefixtures("database", "clean_redis")


@dataclass(frozen=True)
class Way:
    channel: str
    result: str
    record: dict[str, Any]
    exhibits: tuple[str, ...]
    state: str
    situation: dict[str, Any] = field(default_factory=dict)
    procedure: str = "普通程序"
    note: str = ""


SIGNED = {"signed_on": TODAY, "signer": {"relation": "self", "name": "钱某"}, "fields": {"signer.name": "钱某"}}
CONSENT = {"consent": {"form": "express"}, "e_address": "given"}
SENT = {"sent_at": EARLIER.isoformat(), "arrived_at": NOW.isoformat()}
WAYS = [
    Way("pickup", "signed_recipient", {**SIGNED, "place": "court"}, ("receipt",), "served"),
    Way(
        "postal",
        "mail_signed",
        {**SIGNED, "posted_on": TODAY, "fields": {"signer.name": "钱某", "waybill": "1234567890123"}},
        ("mail_receipt",),
        "served",
    ),
    Way("entrusted", "signed_recipient", {**SIGNED, "received_on": TODAY}, ("receipt", "letter"), "served"),
    Way("forwarded", "signed_recipient", SIGNED, ("receipt",), "served", {"forwarded_for": "soldier"}),
    Way("electronic", "e_sent", SENT, ("voucher",), "served", CONSENT),
    Way(
        "telephone", "call_told", {"called_at": EARLIER.isoformat()}, ("recording",), "none", {}, "简易程序", "告知开庭"
    ),
    Way(
        "telephone",
        "call_failed",
        {"called_at": EARLIER.isoformat(), "fields": {"call_result": "no_such_number", "numbers": "010-12345678"}},
        (),
        "none",
        {},
        "简易程序",
    ),
    Way("electronic", "e_failed", {}, (), "none", CONSENT),
]


def made(way: Way) -> ServiceTask:
    return make_task(
        recipients=[recipient("钱某", situation=way.situation)],
        procedure=way.procedure,
        documents=[DocumentCopies(name="应诉通知书")],
    )


def opened(task: ServiceTask, channel: str) -> Attempt:
    asked = ByHand(task.id, task.recipients[0].id, channel, "测试", confirmed=True)
    return services.open_by_hand(court=COURT, asked=asked, actor=ANNA, now=utc_now())


def attach(attempt: Attempt, kind: str, store: FileStore) -> dict[str, Any]:
    upload = Upload(kind, "x.jpg", io.BytesIO(small_photo()))
    return services.add_exhibit(
        court=COURT, attempt_id=attempt.id, upload=upload, store=store, actor=ANNA, now=utc_now()
    )


def close(attempt: Attempt, way: Way, now: datetime | None = None) -> list[dict[str, str]]:
    entered = Result(way.result, NOW, way.record, way.note)
    _, missing = services.close_by_hand(
        court=COURT, attempt_id=attempt.id, entered=entered, actor=ANNA, now=now or utc_now()
    )
    return missing


@pytest.mark.parametrize("way", WAYS, ids=[f"{one.channel}-{one.result}" for one in WAYS])
def test_each_channel_closes_with_its_own_record_and_evidence(way: Way, tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    task = made(way)
    attempt = opened(task, way.channel)
    for kind in way.exhibits[:-1]:
        attach(attempt, kind, store)
    if way.exhibits:
        with pytest.raises(DomainError) as refusal:
            close(attempt, way)
        assert refusal.value.code == "attempt.evidence_missing"
        assert way.exhibits[-1] in [one["code"] for one in refusal.value.extra["missing"]]
        assert Attempt.objects.get(id=attempt.id).state == "open"
        attach(attempt, way.exhibits[-1], store)
    assert close(attempt, way) == []
    row = Effect.objects.get(task_id=task.id)
    assert row.state == way.state, row.text
    after = ServiceTask.objects.get(id=task.id)
    assert after.recipients[0].lock is None
    assert (after.recipients[0].state == "served") == (way.state == "served")


@pytest.mark.parametrize("fields", [{"waybil": "1"}, {"call_result": "asleep"}, {"numbers": 10}])
def test_a_field_that_is_none_and_a_word_of_no_list_are_refused_by_name(fields: dict[str, Any], tmp_path: Path) -> None:
    way = Way(
        "telephone", "call_failed", {"called_at": EARLIER.isoformat(), "fields": fields}, (), "none", {}, "简易程序"
    )
    with pytest.raises(DomainError) as caught:
        test_each_channel_closes_with_its_own_record_and_evidence(way, tmp_path)
    assert caught.value.code == "attempt.bad_record"
    assert caught.value.as_problem()["field"] == f"fields.{next(iter(fields))}"


def test_material_that_comes_late_is_judged_and_nothing_is_taken_away(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    returned = {
        "posted_on": (court_day(NOW) - timedelta(days=5)).isoformat(),
        "returned_on": TODAY,
        "return_reason": "refused",
        "refuser": {"relation": "self"},
    }
    way = Way("postal", "mail_returned", returned, (), "none")
    task = made(way)
    attempt = opened(task, "postal")
    assert [one["code"] for one in close(attempt, way)] == ["return_slip"]
    assert Effect.objects.get(task_id=task.id).status == "none"
    first = attach(attempt, "return_slip", store)
    assert attach(attempt, "return_slip", store)["_id"] == first["_id"]
    row = Effect.objects.get(task_id=task.id)
    assert (row.state, row.status) == ("deemed", "proposed"), row.text
    assert ServiceTask.objects.get(id=task.id).recipients[0].state == "awaiting"


def test_a_running_channel_given_up_leaves_an_awaited_decision_awaited(tmp_path: Path) -> None:
    task = made(WAYS[0])
    ServiceTask.objects(id=task.id).update(set__recipients__0__state="awaiting", set__recipients__0__awaits=["judge"])
    attempt = opened(task, "postal")
    services.withdraw_by_hand(court=COURT, attempt_id=attempt.id, reason="改变主意", actor=ANNA, now=utc_now())
    assert ServiceTask.objects.get(id=task.id).recipients[0].state == "awaiting"


def test_of_many_opening_at_once_exactly_one_channel_runs() -> None:
    task = made(WAYS[0])

    def grab(channel: str) -> str:
        try:
            return opened(task, channel).id
        except DomainError as refusal:
            return refusal.code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(grab, ["postal", "pickup", "entrusted"] * 2))
    assert answers.count("recipient.locked") == 5
    assert Attempt.objects(task_id=task.id).count() == 1


def test_announcement_stays_locked_without_ledger_and_judge() -> None:
    way = Way("notice", "notice_published", {}, (), "none", {"unknown_whereabouts": True})
    with pytest.raises(DomainError) as refusal:
        opened(made(way), "notice")
    assert refusal.value.code == "attempt.notice_locked"
    with pytest.raises(DomainError) as barred:
        opened(made(WAYS[0]), "notice")
    assert barred.value.code == "attempt.channel_barred"
    assert barred.value.extra["article"] == "民事诉讼法第九十五条"


def test_what_is_withdrawn_takes_nothing_more(tmp_path: Path) -> None:
    task = made(WAYS[0])
    attempt = opened(task, "pickup")
    services.withdraw_task(court=COURT, task_id=task.id, reason="撤诉", actor=ANNA, now=utc_now())
    assert Attempt.objects.get(id=attempt.id).state == "withdrawn"
    for deed in (
        lambda: close(attempt, WAYS[0]),
        lambda: attach(attempt, "receipt", FileStore(tmp_path)),
        lambda: opened(task, "postal"),
    ):
        with pytest.raises(DomainError):
            deed()
