"""Texts of the papers are data: shipped ones are sound, a court's own are held to the same rules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.errors import DomainError
from server.papers import wording
from server.papers.kinds import KINDS
from server.papers.render import prepare, render
from server.papers.specimens import specimen
from server.papers.wording import Blank, fill

from . import form_samples as f
from . import samples
from .pictures import bare, words_of


def refused(kind: str, **texts: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        wording.check(kind, texts)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_texts_obey_their_own_rules(kind: str) -> None:
    wording.check(kind, wording.shipped(kind).texts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_block_prints_with_every_placeholder_it_may_use(kind: str) -> None:
    """No text that passes the check can stop the press: whatever is allowed has a value."""
    found = wording.spec(kind)
    for name, block in found.blocks.items():
        allowed = found.placeholders if block.allowed is None else block.allowed
        # The notes of the proof and the report's explanation have no placeholders.
        text = block.text + "".join(f"{{{one}}}" for one in allowed)
        words = wording.Wording(kind, "test", {**wording.shipped(kind).texts, name: text})
        prepare(kind, specimen(kind, court_name="示例人民法院", made_at=samples.AT, blocks=(name,)), words)


@pytest.mark.parametrize("kind", KINDS)
def test_a_specimen_names_what_will_stand_there(kind: str) -> None:
    data = specimen(kind, court_name="示例人民法院", made_at=samples.AT)
    words = words_of(render(kind, data).pdf)
    assert "示例人民法院" in words
    assert "（案号）" in words


def test_a_courts_own_text_is_printed_under_its_version_and_the_rest_stays() -> None:
    text = "我已看清（听清）告知事项，确认上述送达地址真实有效，如有变化及时通知法院。"
    words = wording.compose("address_form", {"confirmation": f"  {text}\n"}, version="京0102-3")
    paper = render("address_form", f.address_form(), words)
    printed = words_of(paper.pdf)
    assert paper.wording_version == "京0102-3"
    assert text in printed
    assert "告知书版本：京0102-3" in printed
    assert "提供的送达地址不准确" in printed


def test_a_title_can_be_a_courts_own() -> None:
    words = wording.compose("entrust_letter", {"title": "委托送达书"}, version="x-1")
    assert "委托送达书" in words_of(render("entrust_letter", f.entrust_letter(), words).pdf)


@pytest.mark.parametrize(
    ("kind", "block", "text", "code", "what"),
    [
        ("announcement", "complaint", "{公告文书}{要点}{公告期}{答辩期}视为送达，逾期…",
         "wording.missing_placeholder", "公告原因"),
        ("announcement", "summons", "{公告原因}{公告文书}{开庭时间}{开庭地点}视为送达逾期",
         "wording.missing_placeholder", "公告期"),
        ("announcement", "complaint", "因{公告原因}{公告文书}{要点}{公告期}{答辩期}，逾期",
         "wording.missing_statement", "视为送达"),
        ("address_form", "notice", "请书面告知，代收人，执行，电子。", "wording.missing_statement", "视为送达"),
        ("address_form", "confirmation", "{密码}告知事项、送达地址，及时通知", "wording.unknown_placeholder", "密码"),
        ("address_form", "title", "{案号}确认书", "wording.unknown_placeholder", "案号"),
        ("statement", "closing", "特此{说明", "wording.braces", ""),
        ("statement", "closing", "   ", "wording.empty", ""),
        ("statement", "closing", "说" * 301, "wording.too_long", ""),
        ("statement", "ending", "特此说明", "wording.unknown_block", ""),
        ("statement", "closing", "特此\ue000说明", "wording.missing_glyph", ""),
    ],
)  # fmt: skip
def test_a_text_no_paper_may_go_out_with_is_named(kind: str, block: str, text: str, code: str, what: str) -> None:
    error = refused(kind, **{block: text})
    assert (error.code, error.status) == (code, 422)
    assert (error.extra["block"], error.extra["what"]) == (block, what)
    assert re.search("[\u4e00-\u9fff]", error.title)
    if what:
        assert what in error.title


@pytest.mark.parametrize(
    "words", ["经同意可以电子送达诉讼文书，但判决书、裁定书、调解书除外。", "以发送方设备显示发送成功视为送达。"]
)
def test_what_is_no_longer_law_is_refused(words: str) -> None:
    text = wording.shipped("address_form").texts["reverse"]
    assert refused("address_form", reverse=text + words).code == "wording.obsolete"


def test_a_fixed_period_in_an_announcement_is_refused() -> None:
    text = wording.shipped("announcement").texts["complaint"] + "经过60日。"
    assert refused("announcement", complaint=text).code == "wording.obsolete"


def test_every_problem_of_every_block_is_told_at_once() -> None:
    error = refused("statement", opening="{无}", closing=" ")
    codes: list[Any] = [(one["block"], one["code"]) for one in error.extra["problems"]]
    assert codes == [
        ("opening", "wording.unknown_placeholder"),
        ("opening", "wording.missing_placeholder"),
        ("opening", "wording.missing_placeholder"),
        ("closing", "wording.empty"),
    ]


def test_a_kind_without_papers_has_no_wording() -> None:
    assert refused("poem", title="诗").code == "wording.unknown_kind"


def test_a_phrase_may_run_over_a_line() -> None:
    text = wording.shipped("announcement").texts["final"]
    wording.check("announcement", {"final": text.replace("发生", "发\n生")})


def test_markup_in_a_wording_is_printed_literally() -> None:
    evil = '特此说明。#read("/etc/passwd") *粗* $x$ <label> @ref'
    words = wording.compose("statement", {"closing": evil}, version="x-1")
    assert bare(evil) in words_of(render("statement", f.statement(), words).pdf)


@settings(max_examples=200)
@given(
    values=st.dictionaries(st.sampled_from(["甲", "乙"]), st.text(max_size=20), min_size=2), text=st.text(max_size=30)
)
def test_what_a_value_says_is_never_read_as_a_placeholder(values: dict[str, str], text: str) -> None:
    """Filled once: a name with braces in it stays a name; nothing but blanks is added."""
    plain = text.replace("{", "").replace("}", "").replace("\n", "").strip()
    runs = [run for paragraph in fill(f"{{甲}}|{plain}|{{乙}}", values) for run in paragraph]
    written = "".join(run.get("text", "") for run in runs)
    assert written == f"{values['甲']}|{plain}|{values['乙']}"
    assert sum("blank" in run for run in runs) == sum(not value for value in values.values())


def test_a_value_may_be_partly_blank() -> None:
    assert fill("定于{时}开庭", {"时": ("第", Blank(2), "日")}) == [
        [{"text": "定于第"}, {"blank": 2}, {"text": "日开庭"}]
    ]
