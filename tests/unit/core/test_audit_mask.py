"""No personal number reaches the log, by whatever name or inside whatever text it comes."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.audit.entries import MAX_BYTES, plain
from server.core.audit.mask import HIDDEN, MAX_CHARACTERS, MAX_DEPTH, MAX_MEMBERS, masked, masked_text

PHONE = "13812345678"
ID_NUMBER = "110102199003071234"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "token",
        "csrf_token",
        "Authorization",
        "openid",
        "signature",
        "totp",
        "client_secret",
        "bind_code",
        "face_image",
        "口令",
        "验证码",
    ],
)
def test_secrets_are_hidden_by_name(name: str) -> None:
    assert masked({name: "Passw0rd", "inner": {name: ["a", "b"]}}) == {
        name: HIDDEN,
        "inner": {name: HIDDEN},
    }


def test_what_is_said_of_a_secret_is_shown() -> None:
    given_ = {"password_changed_at": "2026-11-24", "must_change_password": True, "token_count": 3, "password": None}
    assert masked(given_) == given_


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("id_number", ID_NUMBER, "110***********1234"),
        ("身份证号", ID_NUMBER, "110***********1234"),
        ("phone", PHONE, "138****5678"),
        ("phones", [PHONE, "010-12345678"], ["138****5678", "010****5678"]),
        ("mobile", 13812345678, "138****5678"),
        ("address", "北京市西城区人定湖北巷7号楼3单元401号", "北京市西城区人定湖北巷**"),
        ("email", "li.example@court.example.cn", "l***@court.example.cn"),
        ("phone", "138****5678", "138****5678"),
        ("address", "北京市西城区人定湖北巷**", "北京市西城区人定湖北巷**"),
        ("remote_addr", "203.0.113.7", "203.0.113.7"),
        ("phone_state", "bound", "bound"),
    ],
)
def test_personal_values_are_masked_by_name(name: str, value: Any, shown: Any) -> None:
    assert masked({name: value}) == {name: shown}


@pytest.mark.parametrize(
    "text",
    [
        f"请致电{PHONE}联系",
        f"电话:{PHONE}，身份证{ID_NUMBER}",
        "138 1234 5678",
        "138-1234-5678",
        "+86 13812345678",
        "+8613812345678",
        "tel13812345678x",
        "110102 19900307 123X",
        f"{ID_NUMBER}/{PHONE}",
        "１３８１２３４５６７８",
    ],
)
def test_numbers_inside_free_text_are_masked(text: str) -> None:
    shown = masked_text(text)
    assert "*" in shown
    assert "2345" not in shown
    assert "19900307" not in shown
    assert "２３４５" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "01hv5s7tv5s7tvc13812345678",
        "a" * 21 + "13812345678",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca13812345678b855"[:64],
        "（2026）京0102民初12345号",
        "2026-11-24T09:12:00.123+00:00",
        "1764000000000",
        "改派“示例”",
    ],
)
def test_ids_case_numbers_and_times_stay_readable(text: str) -> None:
    assert masked_text(text) == text


# As a body may come: any names, any nesting, numbers anywhere.
numbers = st.sampled_from([PHONE, ID_NUMBER, "15900001111", "11010219900307123X"])
texts = st.one_of(
    st.text(max_size=20),
    st.builds(
        lambda a, number, b: f"{a}{number}{b}",
        st.text("送达 ，:;ab", max_size=5),
        numbers,
        st.text("。 号", max_size=5),
    ),
    numbers,
    numbers.filter(str.isdigit).map(int),
)
bodies = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts.map(str), inner, max_size=4), max_leaves=20
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=12) | numbers, bodies, max_size=6))
def test_no_number_survives_anywhere(body: dict[str, Any]) -> None:
    shown = json.dumps(masked(body), ensure_ascii=False)
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", shown)
    assert not re.search(r"(?<!\d)\d{17}[\dX](?!\d)", shown)


def test_depth_members_and_length_are_bounded() -> None:
    deep: Any = "bottom"
    for _ in range(MAX_DEPTH * 3):
        deep = {"x": deep}
    wide = {f"m{n}": n for n in range(MAX_MEMBERS * 2)}
    shown = masked({"deep": deep, "wide": wide, "long": "送" * 100_000, "many": list(range(100_000))})
    text = json.dumps(shown, ensure_ascii=False)
    assert "bottom" not in text
    assert len(shown["wide"]) == MAX_MEMBERS + 1
    assert len(shown["many"]) == MAX_MEMBERS + 1
    assert len(shown["long"]) < MAX_CHARACTERS + 30
    assert len(text.encode()) < MAX_BYTES


def test_a_number_across_the_cut_is_not_half_shown() -> None:
    shown = masked_text("送" * (MAX_CHARACTERS - 6) + PHONE)
    assert "13812" not in shown


def test_values_of_every_kind_become_plain_ones() -> None:
    shown = masked({"at": datetime(2026, 11, 24, tzinfo=UTC), "on": date(2026, 11, 24), "raw": b"\0", "odd": object()})
    assert shown == {"at": "2026-11-24T00:00:00+00:00", "on": "2026-11-24", "raw": "<bytes>", "odd": "<object>"}
    assert plain(shown) == shown


class Sealed:
    """Stands for a document."""

    def __repr__(self) -> str:
        return PHONE


def test_what_an_object_would_say_of_itself_is_not_asked() -> None:
    assert PHONE not in json.dumps(masked({"value": Sealed(), "values": [Sealed()]}))
    assert PHONE not in json.dumps(plain({"value": Sealed()}))
