"""What is shown of a personal value, and the one spelling that is searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.crypto import mask_address, normal_address, normal_id_number, normal_phone


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("北京市西城区人定湖北巷7号楼3单元401号", "北京市西城区人定湖北巷**"),
        ("北京市朝阳区建国路88号SOHO现代城B座1203", "北京市朝阳区建国路**"),
        ("北京市西城区示例胡同甲12号院3号楼", "北京市西城区示例胡同**"),
        ("北京市西城区西直门南大街十六号", "北京市西城区西直门南大街**"),
        ("北京市西城区三里河二区12栋", "北京市西城区三里河二区**"),
        ("四川省凉山州昭觉县某某乡某某村二组", "四川省凉山州昭觉县某某乡某某村**"),
        ("上海市静安区南京西路 1266 弄 2 号", "上海市静安区南京西路**"),
        ("北京市海淀区某某科技大厦十二层", "北京市海淀区某某科技大厦**"),
        ("北京市某大厦", "**"),
        ("", "**"),
    ],
)
def test_an_address_is_cut_to_its_street(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@given(st.text(max_size=60))
def test_a_mask_never_shows_the_number_of_a_door(address: str) -> None:
    assert not any(one.isascii() and one.isdigit() for one in mask_address(f"北京市{address}7号楼3单元401号")[3:])


@pytest.mark.parametrize(
    "written",
    [
        "19907613984",
        "+8619907613984",
        "+86 199-0761-3984",
        "0086 199 0761 3984",
        "8619907613984",
        "１９９０７６１３９８４",
    ],
)
def test_a_mobile_number_has_one_spelling(written: str) -> None:
    assert normal_phone(written) == "19907613984"


@pytest.mark.parametrize("written", ["010-83900011", "01083900011", "+86 10 8390 0011", "(010)83900011"])
def test_a_landline_has_one_spelling(written: str) -> None:
    assert normal_phone(written) == "01083900011"


def test_identity_numbers_and_addresses_have_one_spelling() -> None:
    assert normal_id_number(" 11010519900101123x ") == "11010519900101123X"
    assert normal_address("北京市 西城区　１号") == normal_address("北京市西城区1号")
