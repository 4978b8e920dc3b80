"""案号: what is accepted, in which normal form, with which warnings; what is refused, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law.case_numbers import CaseNumberError, case_types, normalise, parse
from tests.unit.law.properties import patient


@pytest.mark.parametrize(
    ("text", "year", "court", "special", "type_code", "number"),
    [
        ("（2026）京0102民初10265号", 2026, "京0102", "", "民初", 10265),
        ("（2026）京0102执10279号", 2026, "京0102", "", "执", 10279),
        ("（2019）最高法知民终1号", 2019, "最高法", "知", "民终", 1),
        ("（2020）最高法民申1号", 2020, "最高法", "", "民申", 1),
        ("（2020）京知民初5号", 2020, "京", "知", "民初", 5),
        ("（2018）沪01民终937号", 2018, "沪01", "", "民终", 937),
        ("（2021）兵9001民初3号", 2021, "兵9001", "", "民初", 3),
        ("（2022）最高法刑核12345678号", 2022, "最高法", "", "刑核", 12345678),
        ("（2026）京0491民特12号", 2026, "京0491", "", "民特", 12),
    ],
)
def test_a_number_within_the_grammar_is_taken_apart_without_a_warning(
    text: str, year: int, court: str, special: str, type_code: str, number: int
) -> None:
    found = parse(text)

    assert (found.year, found.court, found.special, found.type, found.number) == (
        year,
        court,
        special,
        type_code,
        number,
    )
    assert (found.text, found.warnings, found.legacy) == (text, (), False)


@pytest.mark.parametrize(
    "text",
    [
        "(2026)京0102民初10265号",
        "〔2026〕京0102民初10265号",
        "【2026】京０１０２民初１０２６５号",
        " （2026） 京0102 民初\u300010265 号\n",
        "[2026]京0102民初\u200b10265号",
    ],
)
def test_brackets_blanks_and_full_width_digits_come_to_one_normal_form(text: str) -> None:
    assert parse(text).text == "（2026）京0102民初10265号"


@pytest.mark.parametrize(
    ("text", "court", "type_code", "further", "suffix"),
    [
        ("（2026）京0102民诉前调10426号", "京0102", "民诉前调", (), ""),
        ("(2018)沪01民初937号之三", "沪01", "民初", (), "之三"),
        ("（2016）粤03民辖终3827、3828号", "粤03", "民辖终", (3828,), ""),
        ("(2014)长民二(商)初字第2459号", None, "长民二（商）初", (), ""),
        ("（2015）京0102民初字第12号", "京0102", "民初", (), ""),
        ("（2013）沪民初字第7号", None, "沪民初", (), ""),
    ],
)
def test_what_courts_write_outside_the_grammar_is_kept_as_legacy(
    text: str, court: str | None, type_code: str, further: tuple[int, ...], suffix: str
) -> None:
    found = parse(text)

    assert (found.court, found.type, found.further_numbers, found.suffix) == (court, type_code, further, suffix)
    assert found.legacy


def test_pre_filing_mediation_is_in_daily_use_and_warns_nobody() -> None:
    assert parse("（2026）京0102民诉前调10426号").warnings == ()


def test_an_unknown_type_is_a_warning_and_never_a_refusal() -> None:
    found = parse("（2026）京0102民甲乙12号")

    assert found.type == "民甲乙"
    assert "民甲乙" in found.warnings[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "为空"),
        ("京0102民初1号", "四位年度"),
        ("（26）京0102民初1号", "四位年度"),
        ("（2026）京0102民初1", "“号”结尾"),
        ("（2026）某0102民初1号", "法院代字"),
        ("（2026）京010民初1号", "法院代字位数"),
        ("（2026）京0102民初号", "案件编号"),
        ("（1890）京0102民初1号", "年度"),
        ("（2026）京0102民初123456789号", "格式"),
        ("（2026）京0102" + "民" * 80 + "1号", "过长"),
        ("（２０２６）京0102民初١号", "案件编号"),
    ],
)
def test_a_malformed_number_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(CaseNumberError) as caught:
        parse(text)

    assert says in caught.value.reason


def test_every_type_of_the_table_parses_to_itself() -> None:
    for code in case_types():
        found = parse(f"（2026）京0102{code}{'12345678' if code == '刑核' else '7'}号")  # reviews have eight digits
        assert (found.court, found.type, found.warnings) == ("京0102", code, ()), code


def test_the_class_of_case_comes_from_the_table() -> None:
    assert parse("（2026）京0102执1号").case_class == "执行"
    assert parse("（2026）京0102甲乙1号").case_class is None


@patient
@given(st.text())
def test_any_text_is_either_a_number_in_normal_form_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except CaseNumberError:
        return
    assert parse(found.text) == found
    assert found.text == normalise(text)


@pytest.mark.parametrize(
    ("text", "level", "kind", "name"),
    [
        ("（2019）最高法知民终1号", "最高", "普通", "最高人民法院"),
        ("（2020）京民终5号", "高级", "普通", "北京市高级人民法院"),
        ("（2018）沪01民终937号", "中级", "普通", None),
        ("（2026）京0102民初10265号", "基层", "普通", "北京市西城区人民法院"),
        ("（2024）津72民初3号", "中级", "海事", None),
        ("（2024）粤73知民初3号", "中级", "知识产权", None),
        ("（2024）陕7101民初3号", "基层", "铁路运输", None),
        ("（2024）黑81民终3号", "中级", "农垦", None),
        ("（2024）沪96民终3号", "中级", "普通", None),
    ],
)
def test_section_6_the_court_code_tells_level_and_kind(text: str, level: str, kind: str, name: str | None) -> None:
    court = parse(text).court_code

    assert court is not None
    assert (court.level, court.kind) == (level, kind)
    assert court.name == name


def test_section_6_courts_keep_their_code_when_the_area_code_changes() -> None:
    for text in ("（2026）陕0126民初1号", "（2026）陕0125民初1号"):
        assert parse(text).warnings == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("（2022）最高法刑核123号", "八位"),
        ("（2022）最高法01民终1号", "不带数字"),
        ("（2026）京0102民初0012号", "0开头"),
        ("（2026）京0102民甲乙丙12号", "三个字"),
    ],
)
def test_section_6_what_the_rules_do_not_foresee_is_a_warning(text: str, says: str) -> None:
    assert any(says in warning for warning in parse(text).warnings)


@pytest.mark.parametrize("number", ["请台送", "台请送", "委赔提", "刑止核", "赔辖终", "民保令", "强清", "协外引"])
def test_section_6_type_codes_of_the_list_are_known(number: str) -> None:
    assert number in case_types()


def test_old_numbers_have_no_court_code() -> None:
    assert parse("(2014)长民二(商)初字第2459号").court_code is None
