"""The proof of service (送达回证)."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.core.errors import DomainError
from server.papers.data import (
    CaseKind,
    DocumentLine,
    Manner,
    Remarks,
    Signature,
    Staff,
)
from server.papers.render import render_proof

from . import samples
from .raster import margins_are_blank

OUTCOMES = {
    "by_recipient": samples.BY_RECIPIENT,
    "by_family": samples.BY_FAMILY,
    "by_organisation": samples.BY_ORGANISATION,
    "with_witness": samples.WITH_WITNESS,
    "with_recording": samples.WITH_RECORDING,
    "nobody_home": samples.NOBODY_HOME,
}


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_every_outcome_prints_one_page_with_case_documents_and_result(outcome: dict[str, Any]) -> None:
    paper = render_proof(samples.proof(outcome))
    text = samples.text_of(paper.pdf)
    assert paper.pages == samples.pages_of(paper.pdf) == 1
    assert samples.CASE_NUMBER in text
    assert outcome["outcome_label"] in text
    for line in samples.DOCUMENTS:
        assert line.name in text
    assert paper.sha256 == samples.sha256(paper.pdf)


def test_the_rows_stand_in_the_order_of_the_common_form() -> None:
    text = samples.text_of(render_proof(samples.proof()).pdf)
    rows = [
        "案由",
        "案号",
        "送达文书",
        "受送达人",
        "送达地址",
        "签名或盖章",
        "代收人",
        "备考",
        "填发人",
        "注：",
    ]
    squeezed = text.replace("\u3000", "")
    places = [squeezed.index(row) for row in rows]
    assert places == sorted(places)


def test_a_family_member_signs_in_the_box_of_the_receiver() -> None:
    text = samples.text_of(render_proof(samples.proof(samples.BY_FAMILY)).pdf)
    assert "签收人：周示例" in text
    assert "夫妻（同住成年家属）" in text
    assert "受送达人本人外出不在" in text
    assert "签收情况见下栏" in text


def test_leaving_service_prints_refusal_reason_time_witness_and_place_left() -> None:
    text = samples.text_of(render_proof(samples.proof(samples.WITH_WITNESS)).pdf)
    for wanted in ("称不欠原告款项", "2026年11月24日 09:12", "郑见证", "示例社区居民委员会", "鞋柜"):
        assert wanted in text


def test_nobody_home_never_looks_signed() -> None:
    text = samples.text_of(render_proof(samples.proof(samples.NOBODY_HOME)).pdf)
    assert "未能送达" in text
    assert "受送达人未签名" in text
    assert "拒收" not in text.split("注：")[0]


def test_times_are_printed_in_the_courts_zone() -> None:
    evening = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # already the 25th in Beijing
    paper = render_proof(samples.proof(issued_at=evening))
    assert "填发日期：2026年11月25日" in samples.text_of(paper.pdf)


def test_a_naive_time_is_refused() -> None:
    naive = datetime(2026, 11, 24, 9, 12)  # noqa: DTZ001 - the naive value is what is being refused
    with pytest.raises(ValueError, match="aware"):
        render_proof(samples.proof(issued_at=naive))


def test_the_same_data_gives_the_same_bytes() -> None:
    first = render_proof(samples.proof(samples.WITH_WITNESS))
    render_proof(samples.proof(recipient_name="另一人"))
    assert render_proof(samples.proof(samples.WITH_WITNESS)).pdf == first.pdf


def test_a_new_version_gives_other_bytes() -> None:
    assert render_proof(samples.proof(version=2)).sha256 != render_proof(samples.proof()).sha256


@pytest.mark.parametrize(
    "hostile",
    [
        '#read("/etc/passwd")',
        "*粗* _斜_ $x$ @ref <label>",
        '"); #panic("x") //',
        "\\u{41} \\ #let a = 1",
        "= 标题",
    ],
)
def test_markup_in_a_name_is_printed_literally(hostile: str) -> None:
    text = samples.text_of(render_proof(samples.proof(recipient_name=hostile)).pdf)
    assert hostile in text
    assert "root:" not in text


def test_thirty_documents_and_a_very_long_address_stay_on_paper() -> None:
    documents = tuple(DocumentLine(name=f"证据材料第{n}册（含银行流水明细）", copies=n) for n in range(1, 31))
    address = "北京市西城区示例胡同甲12号院3号楼2单元501室（原示例机械厂家属院东侧平房，进南门右转）" * 8
    name = "Example-International-Holdings-" * 8
    data = samples.proof(samples.WITH_WITNESS, documents=documents, address=address, recipient_name=name)
    paper = render_proof(data)
    assert paper.pages == samples.pages_of(paper.pdf) == 2
    text = samples.text_of(paper.pdf).replace("\u200b", "").replace("\n", "")
    assert "第30册" in text
    assert name in text
    assert margins_are_blank(data)


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        (CaseKind.CIVIL, "《中华人民共和国民事诉讼法》第八十七条"),
        (CaseKind.CRIMINAL, "《中华人民共和国刑事诉讼法》第一百零七条"),
        (CaseKind.ADMINISTRATIVE, "《中华人民共和国行政诉讼法》第一百零一条"),
        (CaseKind.ENFORCEMENT, "送达执行法律文书"),
    ],
)
def test_the_foot_note_cites_the_law_of_the_case_kind(kind: CaseKind, law: str) -> None:
    text = samples.text_of(render_proof(samples.proof(case_kind=kind)).pdf).replace("\n", "")
    assert law in text


@pytest.mark.parametrize(
    ("outcome", "changes", "code", "field"),
    [
        (
            samples.BY_RECIPIENT,
            {"recipient_signature": None},
            "papers.incomplete",
            "recipient_name.signature",
        ),
        (samples.BY_FAMILY, {"receiver": None}, "papers.incomplete", "receiver.name"),
        (samples.WITH_WITNESS, {"remarks": Remarks()}, "papers.incomplete", "remarks.witness"),
        (samples.WITH_RECORDING, {"remarks": Remarks()}, "papers.incomplete", "remarks.recordings"),
        (
            samples.NOBODY_HOME,
            {"recipient_signature": samples.signature()},
            "papers.contradiction",
            "recipient_name",
        ),
        (samples.BY_RECIPIENT, {"documents": ()}, "papers.incomplete", "documents"),
    ],
)
def test_a_proof_that_claims_more_than_it_carries_is_refused(
    outcome: dict[str, Any], changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(DomainError) as caught:
        render_proof(samples.proof(outcome | changes))
    assert caught.value.code == code
    assert field in caught.value.extra["fields"]


def test_refusal_before_the_court_needs_the_signatures_of_court_staff() -> None:
    # Interpretation art. 131: judge and clerk note the situation and sign; outsourced servers cannot.
    outcome = samples.WITH_RECORDING | {"manner": Manner.REFUSED_BEFORE_COURT, "outcome_label": "到院拒签"}
    with pytest.raises(DomainError) as caught:
        render_proof(samples.proof(outcome))
    assert caught.value.extra["fields"] == ["remarks.court_staff"]
    unsigned = replace(samples.WITH_RECORDING["remarks"], court_staff=(Staff(name="孙法官", role="审判人员"),))
    with pytest.raises(DomainError) as caught:
        render_proof(samples.proof(outcome, remarks=unsigned))
    assert caught.value.extra["fields"] == ["remarks.court_staff"]
    staff = (Staff(name="孙法官", role="审判人员", signature=samples.signature(5)),)
    remarks = replace(samples.WITH_RECORDING["remarks"], court_staff=staff)
    assert "审判人员：孙法官" in samples.text_of(render_proof(samples.proof(outcome, remarks=remarks)).pdf)


def test_a_broken_signature_is_named() -> None:
    broken = Signature(image=samples.signature_png(1)[:400], signed_on=samples.SIGNED_ON)
    with pytest.raises(DomainError) as caught:
        render_proof(samples.proof(recipient_signature=broken))
    assert caught.value.code == "papers.broken_image"
    assert caught.value.extra["image"] == "受送达人签名"


def test_printing_after_a_fork_fails_at_once_instead_of_hanging() -> None:
    render_proof(samples.proof())
    child = os.fork()
    if child == 0:
        status = 1
        try:
            render_proof(samples.proof())
        except RuntimeError:
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_threads_share_the_press_without_mixing_papers() -> None:
    names = [f"当事人{n}" for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        papers = list(pool.map(lambda name: render_proof(samples.proof(recipient_name=name)), names))
    for name, paper in zip(names, papers, strict=True):
        assert f"受送达人 {name}" in samples.text_of(paper.pdf)


def test_nothing_of_a_paper_stays_on_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    render_proof(samples.proof())
    with pytest.raises(DomainError):
        render_proof(samples.proof(recipient_signature=Signature(image=b"x", signed_on=samples.SIGNED_ON)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("signature", [Signature(image=None, signed_on=samples.SIGNED_ON), Signature(image=b"x")])
def test_a_signature_without_picture_or_date_does_not_count_as_signed(signature: Signature) -> None:
    receiver = replace(samples.BY_FAMILY["receiver"], signature=signature)
    witness = replace(samples.WITH_WITNESS["remarks"].witness, signature=signature)
    remarks = replace(samples.WITH_WITNESS["remarks"], witness=witness)
    claims = {
        "recipient_name.signature": samples.proof(recipient_signature=signature),
        "receiver.signature": samples.proof(samples.BY_FAMILY, receiver=receiver),
        "remarks.witness": samples.proof(samples.WITH_WITNESS, remarks=remarks),
    }
    for field, data in claims.items():
        with pytest.raises(DomainError) as caught:
            render_proof(data)
        assert caught.value.extra["fields"] == [field]


def test_leaving_service_with_a_witness_needs_a_servers_signature() -> None:
    with pytest.raises(DomainError) as caught:
        render_proof(samples.proof(samples.WITH_WITNESS, servers=(Staff(name="李外勤"),)))
    assert caught.value.extra["fields"] == ["servers.signature"]
