"""Identity numbers, credit codes and telephone numbers: form and check characters."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.law.identity import (
    check_credit_code,
    check_person_number,
    check_phone,
    check_resident_id,
    credit_check_character,
    resident_check_character,
)


@pytest.mark.parametrize(
    "text",
    ["11010519491231002X", "11010519491231002x", " 110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ"],
)
def test_the_example_of_the_standard_is_valid_however_it_is_typed(text: str) -> None:
    """GB 11643-1999 gives 11010519491231002X."""
    found = check_resident_id(text)

    assert (found.value, found.kind, found.ok) == ("11010519491231002X", "resident", True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("110105194912310021", "校验位"),
        ("110105194902310021", "出生日期不存在"),
        ("110105170012310029", "出生日期不合理"),
        ("990105194912310028", "地区码"),
        ("11010519491231002", "18位"),
        ("1101051949123100", "18位"),
        ("11010519491231X02X", "18位"),
    ],
)
def test_a_wrong_resident_number_says_what_is_wrong(text: str, says: str) -> None:
    found = check_resident_id(text)

    assert not found.ok
    assert says in (found.reason or "")


def test_a_birth_date_after_today_is_refused() -> None:
    first = "11010520270101001"
    number = first + resident_check_character(first)

    assert check_resident_id(number).ok
    assert not check_resident_id(number, today=date(2026, 11, 21)).ok


def test_an_old_number_of_15_digits_is_read_as_of_the_twentieth_century() -> None:
    assert check_resident_id("110105491231002").kind == "resident_15"
    assert check_resident_id("110105491231002").ok
    assert not check_resident_id("110105490231002").ok


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes_the_check_character(place: int, by: int) -> None:
    """ISO 7064 MOD 11-2 finds every single error."""
    number = "11010519491231002X"
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]

    assert not check_resident_id(wrong).ok


@pytest.mark.parametrize("text", ["91350100M000100Y43", "91350100m000100y43", "9135 0100 M000 100Y43"])
def test_the_example_of_the_credit_code_standard_is_valid(text: str) -> None:
    """GB 32100-2015 annex gives 91350100M000100Y43."""
    found = check_credit_code(text)

    assert (found.value, found.kind, found.ok) == ("91350100M000100Y43", "credit_code", True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("91350100M000100Y44", "校验位"),
        ("91350100M000100Y4", "18位"),
        ("91350100M00O100Y43", "不允许的字符"),
        ("91350100S000100Y43", "不允许的字符"),
        ("Z1350100M000100Y43", "不允许的字符"),
        ("0135010MM000100Y43", "登记管理部门"),
    ],
)
def test_a_wrong_credit_code_says_what_is_wrong(text: str, says: str) -> None:
    assert says in (check_credit_code(text).reason or "")


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
def test_a_credit_code_with_its_own_check_character_has_no_check_error(first: str) -> None:
    reason = check_credit_code(first + credit_check_character(first)).reason
    assert reason is None or "校验位" not in reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11010519491231002X", "resident"),
        ("H1234567800", "hk_macao_permit"),
        ("M12345678", "hk_macao_permit"),
        ("12345678", "taiwan_permit"),
        ("E12345678", "passport"),
        ("EA1234567", "passport"),
        ("92350100M000100Y4" + credit_check_character("92350100M000100Y4"), "credit_code"),
    ],
)
def test_a_person_may_be_named_by_any_usual_document(text: str, kind: str) -> None:
    found = check_person_number(text)

    assert (found.kind, found.ok) == (kind, True)


@pytest.mark.parametrize("text", ["110105194912310021", "91350100M000100Y43", "张三", "X", "1234567890123456789"])
def test_what_is_no_persons_number_is_refused(text: str) -> None:
    assert not check_person_number(text).ok


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("19907613984", "19907613984", "mobile"),
        ("+86 199-0761-3984", "19907613984", "mobile"),
        ("0086-19907613984", "19907613984", "mobile"),
        ("8619907613984", "19907613984", "mobile"),
        ("１９９０７６１３９８４", "19907613984", "mobile"),
        ("010-83900011", "010-83900011", "landline"),
        ("（010）83900011", "010-83900011", "landline"),
        ("01083900011", "010-83900011", "landline"),
        ("0912-3812345-801", "0912-3812345-801", "landline"),
        ("400-810-1234", "4008101234", "service_line"),
        ("12368", "12368", "service_line"),
    ],
)
def test_a_telephone_number_comes_to_its_normal_form(text: str, value: str, kind: str) -> None:
    found = check_phone(text)

    assert (found.value, found.kind, found.ok) == (value, kind, True)


@pytest.mark.parametrize(
    "text", ["1990761398", "199076139845", "12345678901", "83900011", "无", "010-1234", "=1", "", "1.99E+10"]
)
def test_what_nobody_can_call_is_refused(text: str) -> None:
    assert not check_phone(text).ok


@given(st.text())
def test_no_text_ever_breaks_a_check(text: str) -> None:
    for check in (check_resident_id, check_credit_code, check_person_number, check_phone):
        found = check(text)
        assert found.ok == (found.reason is None)
        assert not found.ok or found.kind
