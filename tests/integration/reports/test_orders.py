"""Papers somebody asks for: checked before they are promised, made once, versions kept, and whole in the store."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence.stores import FileStore, Store
from server.accounts.models import Court
from server.cases.models import Case, Party
from server.core import redis_client
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.papers.kinds import KINDS
from server.papers.seal.provider import SealedPdf
from server.reports import orders
from server.reports.forms import FORMS
from server.reports.models import Paper, PaperOrder
from server.service.actor import Actor
from server.service.models import Attempt, CourtRules, Effect, Exhibit, ServiceTask
from server.service.services import rule_sets
from tests.factories.media import small_photo
from tests.factories.service import task as make_task

COURT = "京0102"
CLERK = Actor("p1", "书记员甲")
PORTAL = "https://songda.example.cn/portal"

pytestmark = pytest.mark.usefixtures("database", "clean_redis", "live_news")

# What somebody would type for each kind, so that it can be printed.
TYPED: dict[str, dict[str, Any]] = {
    "report": {},
    "address_form": {"accepts_electronic": "yes", "mobile": "19900001234"},
    "statement": {"explanation": "三次上门均无人应答，邻居称其外出务工。"},
    "announcement": {
        "about": "complaint",
        "reason": "直接送达、邮寄送达均未果，电话无法接通",
        "gist": "请求判令被告偿还借款本金五万元及利息。",
        "evidence_days": 15,
    },
    "entrust_letter": {"to_court": "天津市河西区人民法院", "reason": "受送达人现居天津，直接送达有困难"},
    "assist_letter": {"to_organisation": "某某派出所", "items": ["户籍地址", "现住址"], "reason": "送达地址不详"},
    "notice": {"collect_at": "诉讼服务中心三号窗口", "collect_until": "2026-12-01"},
    "e_voucher": {},
    "leaving_record": {"present": ["李某乙（配偶）"], "witness_name": "孙某丙", "witness_organisation": "某某居委会"},
    "work_record": {},
    "exhaustion": {},
}


@pytest.fixture
def live_news(redis_url: str) -> Iterator[None]:
    redis_client.connect(redis_url)
    yield
    redis_client.client().close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return FileStore(tmp_path / "store")


@pytest.fixture
def task(store: Store) -> ServiceTask:
    """A task with a plaintiff and a defendant, who refused at the door, by post and electronically."""
    now = utc_now()
    Court(id=COURT, name="北京市西城区人民法院", level=4, path=["京", "京01"]).save()
    made = make_task(documents=[{"name": "起诉状副本", "copies": 1}, {"name": "应诉通知书", "copies": 1}])
    recipient = made.recipients[0]
    Case(id=made.case_id, court=COURT, number=made.case_number, kind="民事", created_at=now, updated_at=now).save()
    for number, (name, standing) in enumerate((("王某某", "原告"), (recipient.name, "被告"))):
        Party(
            court=COURT, case_id=made.case_id, identity=str(number), name=name, kind="自然人", standing=standing,
            created_at=now + timedelta(seconds=number), updated_at=now,
        ).save()  # fmt: skip
    about = {"court": COURT, "task_id": made.id, "recipient_id": recipient.id, "rule": "test", "state": "closed"}
    fields = {"refusal_reason": "称与其无关", "left_at_place": "入户门把手", "note": "当面说明来意后拒收"}
    Attempt(
        **about, channel="direct", outcome="refused_witness", opened_at=now, happened_at=now, closed_by_name="送达员甲",
        record={"fields": fields, "refuser": {"relation": "self", "name": recipient.name}},
    ).save()  # fmt: skip
    Attempt(
        **about, channel="electronic", outcome="e_sent", opened_at=now, happened_at=now,
        record={"sent_at": now, "arrived_at": now, "fields": {"kind": "sms", "address": "199****1234"}},
    ).save()  # fmt: skip
    postal = Attempt(
        **about, channel="postal", outcome="mail_returned", opened_at=now, happened_at=now,
        record={"posted_on": "2026-11-02", "returned_on": "2026-11-09", "return_reason": "nobody",
                "tried_on": ["2026-11-04"], "fields": {"waybill": "1234567890123"}},
    ).save()  # fmt: skip
    photo = small_photo()
    held = store.put(io.BytesIO(photo), max_bytes=len(photo))
    Exhibit(
        court=COURT, task_id=made.id, attempt_id=postal.id, kind="return_slip", filename="退回批条.jpg",
        media_type="image/jpeg", size=held.size, sha256=held.sha256, store_key=held.key, received_at=now, by="p1",
        by_name="书记员甲",
    ).save()  # fmt: skip
    return made


class KeptSeals:
    """A seal service that is never reached: nobody here asks for a seal, or it is down."""

    def seal(self, _pdf: bytes, /, **_: Any) -> SealedPdf:
        raise DomainError(code="seal.not_possible", status=503, title="电子印章服务无响应")


def shop(store: Store) -> orders.Workshop:
    return orders.Workshop(store, PORTAL, KeptSeals())


def ask(task: ServiceTask, kind: str, store: Store, **changes: Any) -> PaperOrder:
    given: dict[str, Any] = {
        "court": COURT,
        "task_id": task.id,
        "kind": kind,
        "recipient_id": None if FORMS[kind].about == "task" else task.recipients[0].id,
        "fields": TYPED[kind],
        "wants_seal": False,
        "workshop": shop(store),
        "actor": CLERK,
        "now": utc_now(),
    }
    return orders.ask(**{**given, **changes})


def made_of(order: PaperOrder, store: Store) -> Paper | None:
    return orders.fulfil(order_id=order.id, workshop=shop(store), now=utc_now())


def text_of(paper: Paper, store: Store) -> str:
    with store.open(paper.store_key) as stream:
        found = subprocess.run(["pdftotext", "-", "-"], input=stream.read(), capture_output=True, check=True)
    return "".join(found.stdout.decode().split())


@pytest.mark.parametrize("kind", list(FORMS))
def test_every_kind_that_is_offered_is_made_and_says_whose_it_is(kind: str, task: ServiceTask, store: Store) -> None:
    paper = made_of(ask(task, kind, store), store)
    assert paper is not None
    assert (paper.kind, paper.version, paper.task_id) == (kind, 1, task.id)
    assert paper.number.startswith(KINDS[kind].prefix)
    said = text_of(paper, store)
    assert task.recipients[0].name in said
    assert "".join(task.case_number.split()) in said
    assert "None" not in said
    steps = [one.text for one in ServiceTask.objects(id=task.id).get().steps]
    assert steps == [f"生成{KINDS[kind].title}（第1版）"]


def test_an_order_is_made_once_and_the_next_is_another_version(task: ServiceTask, store: Store) -> None:
    order = ask(task, "statement", store)
    assert orders.unmade(now=utc_now() + timedelta(minutes=1), older_than=timedelta(seconds=45)) == [order.id]
    first = made_of(order, store)
    assert made_of(order, store) is None
    assert orders.unmade(now=utc_now() + timedelta(minutes=1), older_than=timedelta(seconds=45)) == []
    second = made_of(ask(task, "statement", store), store)
    assert first is not None
    assert second is not None
    assert (first.version, second.version, first.number) == (1, 2, second.number)
    assert Paper.objects(task_id=task.id).count() == 2


def test_what_is_missing_is_said_before_anything_is_promised(task: ServiceTask, store: Store) -> None:
    def refused(kind: str, **changes: Any) -> str:
        with pytest.raises(DomainError) as caught:
            ask(task, kind, store, **changes)
        return caught.value.code

    assert refused("announcement", fields={**TYPED["announcement"], "reason": ""}) == "papers.field_missing"
    assert refused("announcement", fields={**TYPED["announcement"], "about": "summons"}) == "papers.field_missing"
    assert refused("announcement", fields={**TYPED["announcement"], "about": "party"}) == "papers.bad_field"
    assert refused("announcement", fields={**TYPED["announcement"], "seal": "x"}) == "papers.bad_field"
    assert refused("notice", workshop=orders.Workshop(store, "", KeptSeals())) == "papers.no_portal"
    assert refused("notice", fields={"collect_until": "2026-02-30"}) == "papers.bad_field"
    assert refused("entrust_letter", recipient_id=None) == "papers.recipient_needed"
    assert refused("entrust_letter", recipient_id="nobody") == "recipient.not_found"
    assert refused("entrust_letter", task_id="nothing") == "task.not_found"
    assert PaperOrder.objects.count() == 0


def test_a_record_of_leaving_needs_a_refusal(task: ServiceTask, store: Store) -> None:
    postal = Attempt.objects(channel="postal").get()
    with pytest.raises(DomainError, match="不是拒收留置") as caught:
        ask(task, "leaving_record", store, fields={"attempt_id": postal.id})
    assert caught.value.code == "papers.not_a_refusal"
    with pytest.raises(DomainError) as caught:
        ask(task, "leaving_record", store, fields={})
    assert caught.value.code == "papers.incomplete"  # nobody is named who witnessed it
    Attempt.objects(channel="direct").delete()
    with pytest.raises(DomainError) as caught:
        ask(task, "leaving_record", store)
    assert caught.value.code == "papers.no_attempt"


def test_no_announcement_is_drafted_in_simple_procedure_nor_below_the_courts_own_period(
    task: ServiceTask, store: Store
) -> None:
    CourtRules(
        court=COURT, version="1", dated="2026-01-01", thresholds={"notice_days": 45}, state="approved",
        drafted_by="p1", drafted_by_name="甲", drafted_at=utc_now(), approved_by="p2", approved_at=utc_now(),
    ).save()  # fmt: skip
    rule_sets.forget()
    paper = made_of(ask(task, "announcement", store), store)
    assert paper is not None
    assert "经过45日" in text_of(paper, store)
    ServiceTask.objects(id=task.id).update(set__procedure="简易程序")
    with pytest.raises(DomainError, match="简易程序的案件不适用公告") as caught:
        ask(task, "announcement", store)
    assert caught.value.code == "papers.unlawful"


def test_a_seal_service_that_does_not_answer_leaves_the_order_waiting(task: ServiceTask, store: Store) -> None:
    order = ask(task, "announcement", store, wants_seal=True)
    assert made_of(order, store) is None
    kept = PaperOrder.objects(id=order.id).get()
    assert (kept.state, kept.problem["code"]) == ("queued", "seal.not_possible")
    assert Paper.objects.count() == 1  # printed once; only the seal is tried again
    assert made_of(order, store) is None
    assert Paper.objects.count() == 1


def test_the_report_tells_every_channel_with_its_exhibits(task: ServiceTask, store: Store) -> None:
    paper = made_of(ask(task, "report", store), store)
    assert paper is not None
    said = text_of(paper, store)
    slip = Exhibit.objects.get()
    for wanted in ("邮寄送达", "电子送达", "直接送达", "多次投递无人", "1234567890123", "退回批条.jpg", slip.sha256):
        assert wanted in said, wanted


def test_the_report_says_what_was_decided_not_what_was_proposed_since(task: ServiceTask, store: Store) -> None:
    recipient, now = task.recipients[0], utc_now()
    decided = {
        "at": now, "by": "p9", "by_name": "钱法官", "acting_as": "judge", "what": "confirm", "reason": "",
        "state": "deemed", "served_on": "2026-11-05", "article": "民事诉讼法第八十九条", "rule_version": "1",
    }  # fmt: skip
    Effect(
        court=COURT, case_id=task.case_id, case_number=task.case_number, task_id=task.id, recipient_id=recipient.id,
        recipient_name=recipient.name, party_id=recipient.party_id, document="起诉状副本", key="起诉状副本",
        state="served", status="confirmed", served_on="2026-11-09", article="民事诉讼法第八十八条", decisions=[decided],
        created_at=now, updated_at=now,
    ).save()  # fmt: skip
    paper = made_of(ask(task, "report", store), store)
    assert paper is not None
    said = text_of(paper, store)
    assert "视为送达" in said
    assert "2026年11月5日" in said
    assert "钱法官" in said
    assert "2026年11月9日" not in said.split("证据材料清单", maxsplit=1)[0].split("送达效力", maxsplit=1)[1]


def test_a_name_no_font_can_draw_is_kept_as_the_reason(task: ServiceTask, store: Store) -> None:
    order = ask(task, "statement", store)
    ServiceTask.objects(id=task.id).update(set__recipients__0__name="赵\U00031234")
    assert made_of(order, store) is None
    kept = PaperOrder.objects(id=order.id).get()
    assert (kept.state, kept.problem["code"]) == ("failed", "papers.missing_glyph")
